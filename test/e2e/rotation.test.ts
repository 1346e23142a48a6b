/** A validator takes another key while transfers go on: its node makes it, and signs with it without a restart. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Hex } from 'viem'
import { expect, it, onTestFinished } from 'vitest'
import { freshAddress, receiptFrom, wallet } from './harness/clients.ts'
import { eventually, tertia } from './harness/processes.ts'
import { useDevnet } from './harness/use-devnet.ts'

const ROTATING = 1
const PERIOD_MS = 50
const TIMEOUT_MS = 120_000

const devnet = useDevnet()

/** Transfers of one account, one after another, until it is told to stop; then their hashes. */
function load(): () => Promise<readonly Hex[]> {
  const stopping = new AbortController()
  const sending = (async () => {
    const hashes: Hex[] = []
    for (let nonce = 0; !stopping.signal.aborted; nonce++) {
      const transfer = { to: freshAddress(), value: 1n, gas: 21_000n, nonce }
      hashes.push(await wallet(devnet().url(0), 0).sendTransaction(transfer))
      await sleep(PERIOD_MS)
    }
    return hashes
  })()
  const stop = (): Promise<readonly Hex[]> => {
    stopping.abort()
    return sending
  }
  onTestFinished(async () => {
    await stop()
  })
  return stop
}

function keyFile(name: string): string {
  return join(devnet().data, `node-${ROTATING}`, 'keys', name)
}

interface Rotated {
  readonly path: string
  readonly consensusKey: Hex
}

async function rotate(): Promise<Rotated> {
  const args = ['validator', 'rotate', '--data', join(devnet().data, `node-${ROTATING}`), '--json']
  const { code, stdout, stderr } = await tertia(args).ended
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return JSON.parse(stdout) as Rotated
}

/** Until a block of this epoch is final with its vote to commit. */
async function votesIn(epoch: number): Promise<void> {
  const signed = new RegExp(`epoch=${epoch} .*signers=[✓✗]{4}(?!.*missing=\\S*v${ROTATING})`)
  await eventually(`v${ROTATING} votes in epoch ${epoch}`, () => signed.test(devnet().log(0)) || undefined)
  expect(await devnet().status(ROTATING)).toMatchObject({ role: 'validator', epoch, reason: null })
}

it('signs with each key in its epochs only, and loses nothing', { timeout: TIMEOUT_MS }, async () => {
  const stop = load()
  await votesIn(1)
  const first = await rotate()
  expect(first.path).toBe(keyFile('consensus-2.json'))
  await votesIn(2)
  const oldRecord = readFileSync(keyFile('consensus.json.signing'))
  const second = await rotate()
  expect(second.path).toBe(keyFile('consensus-3.json'))
  expect(second.consensusKey).not.toBe(first.consensusKey)
  await votesIn(3)

  // What was changed is put away, and needs no record any more; the node finds the key in force by itself.
  await devnet().kill(ROTATING)
  const shelved = readFileSync(keyFile('consensus-2.json.signing'))
  await devnet().restartAsPrinted(ROTATING)
  await votesIn(3)
  await eventually('a vote after the restart', async () => {
    const { height } = await devnet().status(0)
    return new RegExp(`#${height} epoch=3 .*signers=✓{4}`).test(devnet().log(0)) || undefined
  })

  const hashes = await stop()
  for (const hash of hashes) expect((await receiptFrom(devnet().url(ROTATING), hash)).status).toBe('success')
  expect(readFileSync(keyFile('consensus.json.signing'))).toEqual(oldRecord)
  expect(readFileSync(keyFile('consensus-2.json.signing'))).toEqual(shelved)
  expect(existsSync(keyFile('consensus-4.json'))).toBe(false)
  for (const node of [0, 1, 2, 3]) expect(devnet().log(node)).not.toMatch(/EVIDENCE|contradict/)
})
