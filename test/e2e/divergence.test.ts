/** A module that is not deterministic: on one replica it computes otherwise than on the others. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { encodeFunctionData, parseAbi } from 'viem'
import { afterAll, describe, expect, it } from 'vitest'
import { freshAddress, receiptFrom, wallet } from './harness/clients.ts'
import { eventually } from './harness/processes.ts'
import { useDevnet } from './harness/use-devnet.ts'

const DIVERGENT = 2
const ADDRESS = '0x0000000000000000000000000000000000002077'
const SOON_MS = 60_000
const MODULE = `
import { defineModule, parseAbi, storageKey, wordFrom } from 'tertia/module'

export default defineModule({
  name: 'fickle',
  address: '${ADDRESS}',
  abi: parseAbi(['function mark()']),
  call: {
    mark(context) {
      const isFickle = process.argv.some((argument) => argument.includes('node-${DIVERGENT}'))
      context.storage.set(storageKey(1n), wordFrom(isFickle ? 2n : 1n))
    },
  },
  view: {},
})
`

const directory = mkdtempSync(join(tmpdir(), 'tertia-module-'))
const source = join(directory, 'fickle.ts')
writeFileSync(source, MODULE)
afterAll(() => rmSync(directory, { recursive: true, force: true }))
const devnet = useDevnet('--module', source)

describe('a replica that computes otherwise than a quorum', () => {
  it('scenario 25: ends with a report of what differs, is shown as diverged, and does not start again', {
    timeout: 180_000,
  }, async () => {
    const data = encodeFunctionData({ abi: parseAbi(['function mark()']), functionName: 'mark' })
    await wallet(devnet().url(0), 0).sendTransaction({ to: ADDRESS, data, gas: 100_000n })
    const path = join(devnet().data, `node-${DIVERGENT}`, 'halted.json')
    // It is there at once, and whole when the others have said where their state differs.
    const divergence = await eventually(
      'the whole report',
      () => {
        if (!existsSync(path)) return undefined
        const report = JSON.parse(readFileSync(path, 'utf8')) as { readonly divergence: Record<string, unknown> }
        return typeof report.divergence['firstDifferingAccount'] === 'object' ? report.divergence : undefined
      },
      SOON_MS,
    )
    const { certifiedStateRoot, ownStateRoot, firstDifferingAccount } = divergence
    expect(ownStateRoot).not.toBe(certifiedStateRoot)
    expect(firstDifferingAccount).toMatchObject({ address: ADDRESS })

    const height = divergence['height'] as number
    const shown = await eventually(`v${DIVERGENT} shown as diverged`, async () => {
      const { validators } = await devnet().status(0)
      return validators.find(({ name }) => name === `v${DIVERGENT}`)?.divergedAt ?? undefined
    })
    expect(shown).toBe(height)

    const hash = await wallet(devnet().url(0), 1).sendTransaction({ to: freshAddress(), value: 1n })
    const { blockNumber } = await receiptFrom(devnet().url(0), hash, SOON_MS)
    expect(blockNumber).toBeGreaterThan(BigInt(height))

    const { code, stdout, stderr } = await devnet().launch(DIVERGENT).ended
    expect(code).toBe(78)
    expect(stdout + stderr).toContain('delete journal and state')
  })
})
