/** Recorded reality: a validator that is killed and started again, and its replay from the recording alone. */
import { appendFileSync, copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Hex } from 'viem'
import { expect, it } from 'vitest'
import { asUint } from '../../src/codec/fields.ts'
import { RecordWriter, readRecords } from '../../src/node/recording/record-file.ts'
import { freshAddress, receiptFrom, wallet } from './harness/clients.ts'
import { eventually, tertia } from './harness/processes.ts'
import { rpc } from './harness/raw-rpc.ts'
import { useDevnet } from './harness/use-devnet.ts'

const devnet = useDevnet()
const RECORDED = 3

interface ReplayedBlock {
  readonly session: number
  readonly height: number
  readonly hash: Hex
  readonly stateRoot: Hex
}

async function transfer(via: number, count: number): Promise<void> {
  const sender = wallet(devnet().url(via), via)
  for (let sent = 0; sent < count; sent++) {
    const hash = await sender.sendTransaction({ to: freshAddress(), value: 1n })
    await receiptFrom(devnet().url(via), hash, 30_000)
  }
}

/** From now on the replica records what comes in, whoever starts it. */
function recordFrom(config: string, file: string): void {
  writeFileSync(config, JSON.stringify({ ...(JSON.parse(readFileSync(config, 'utf8')) as object), recordPath: file }))
}

/** The same recording, but for the state root of its last block; answers that block's height. */
async function alterLastStateRoot(from: string, to: string): Promise<number> {
  const read = readRecords(from)
  const writer = RecordWriter.open(to, () => undefined)
  if (!read.ok || !writer.ok) throw new Error('the recording cannot be copied')
  const { entries } = read.value
  const last = entries.findLastIndex(({ kind }) => kind === 'final')
  for (const [index, entry] of entries.entries())
    writer.value.append(
      index === last ? { ...entry, fields: [...entry.fields.slice(0, 2), new Uint8Array(32)] } : entry,
    )
  await writer.value.close()
  return asUint(entries[last]?.fields[0], 'height')
}

async function replay(file: string): Promise<{ blocks: readonly ReplayedBlock[]; code: number | null; error: string }> {
  const { code, stdout, stderr } = await tertia(['replay', file, '--json']).ended
  const blocks = stdout
    .split('\n')
    .flatMap((line) => (line.includes('stateRoot') ? [JSON.parse(line) as ReplayedBlock] : []))
  return { blocks, code, error: stderr }
}

it('a replay reaches the state that the node had, at every height, through a kill and a change of its key', {
  timeout: 240_000,
}, async () => {
  const file = join(devnet().directory, 'recording')
  await transfer(0, 2)
  await devnet().kill(RECORDED)
  recordFrom(join(devnet().data, `node-${RECORDED}`, 'node.json'), file)
  await devnet().restart(RECORDED)
  await transfer(RECORDED, 4)
  // What is written behind the node's back is on disk soon.
  await eventually('some of the recording', () => (readFileSync(file).length > 10_000 ? true : undefined))
  await devnet().kill(RECORDED)
  await transfer(0, 2)
  await devnet().restart(RECORDED)
  await transfer(RECORDED, 2)
  const rotated = await tertia(['validator', 'rotate', '--data', join(devnet().data, `node-${RECORDED}`)]).ended
  expect(rotated).toMatchObject({ code: 0, stderr: '' })
  await eventually('its votes with the new key', async () => {
    await transfer(RECORDED, 1)
    const { height } = await devnet().status(0)
    return new RegExp(`#${height} epoch=2 .*signers=✓{4}`).test(devnet().log(0)) || undefined
  })
  const { height } = await devnet().status(RECORDED)
  await devnet().kill(RECORDED)

  const { blocks, code, error } = await replay(file)
  expect({ code, error }).toEqual({ code: 0, error: '' })
  expect(new Set(blocks.map(({ session }) => session))).toEqual(new Set([1, 2]))
  expect(blocks.at(-1)?.height).toBeGreaterThanOrEqual(height - 1)
  for (const block of blocks) {
    const header = await rpc<{ hash: Hex; stateRoot: Hex }>(devnet().url(0), 'eth_getBlockByNumber', [
      `0x${block.height.toString(16)}`,
      false,
    ])
    expect(header).toMatchObject({ hash: block.hash, stateRoot: block.stateRoot })
  }

  // A torn end is no difference; a record that says otherwise is one, and it is named.
  const torn = `${file}.torn`
  copyFileSync(file, torn)
  appendFileSync(torn, Uint8Array.of(0, 0, 1, 0, 7))
  expect((await replay(torn)).code).toBe(0)
  const altered = `${file}.altered`
  const wrongHeight = await alterLastStateRoot(file, altered)
  const { code: difference, error: named } = await replay(altered)
  expect(difference).toBe(1)
  expect(named).toMatch(
    new RegExp(`^tertia: the replay differs: session 2, .* another state root at height ${wrongHeight}\n$`),
  )
})
