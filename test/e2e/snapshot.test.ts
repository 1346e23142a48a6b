/** A node that begins with the state of the chain instead of its history. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { freshAddress, reader, receiptFrom, wallet } from './harness/clients.ts'
import { eventually, tertia } from './harness/processes.ts'
import { rpc } from './harness/raw-rpc.ts'
import { shortEpochs } from './harness/short-epochs.ts'
import { SnapshotPeer } from './harness/snapshot-peer.ts'
import { useDevnet } from './harness/use-devnet.ts'

const OBSERVER = 4
const SOON_MS = 60_000
/** So that there are sets to be proven. */
const EPOCH_BLOCKS = 2
/** Of a fetch (src/node/snapshot/peer-source.ts). */
const LANES = 16
const PARTS_BEFORE_KILL = 40

const devnet = useDevnet(...shortEpochs(EPOCH_BLOCKS))

async function transfers(count: number): Promise<`0x${string}`> {
  const to = freshAddress()
  for (let sent = 0; sent < count; sent++) {
    const hash = await wallet(devnet().url(0), 0).sendTransaction({ to, value: 7n })
    await receiptFrom(devnet().url(0), hash, SOON_MS)
  }
  return to
}

function dropChain(data: string): void {
  for (const name of ['journal', 'state', 'pool']) rmSync(join(data, name), { recursive: true, force: true })
}

async function observerLevel(): Promise<void> {
  await eventually(
    'the observer level',
    async () => {
      const [own, others] = await Promise.all([devnet().status(OBSERVER), devnet().status(0)])
      return own.height === others.height && own.stateRoot === others.stateRoot ? true : undefined
    },
    SOON_MS,
  )
}

describe('a snapshot', () => {
  it('of a stopped node lets it begin with the state, follow the chain, and say what is not here', {
    timeout: 300_000,
  }, async () => {
    const paid = await transfers(3)
    await observerLevel()
    const data = join(devnet().data, `node-${OBSERVER}`)
    const file = join(devnet().directory, 'chain.snapshot')

    await devnet().kill(OBSERVER)
    const exported = await tertia(['snapshot', 'export', '--data', data, '--to', file, '--json']).ended
    expect(exported).toMatchObject({ code: 0, stderr: '' })
    const { height, stateRoot, epoch } = JSON.parse(exported.stdout) as {
      readonly height: number
      readonly stateRoot: string
      readonly epoch: number
    }
    expect(epoch).toBeGreaterThan(1)

    const occupied = await tertia(['snapshot', 'import', file, '--data', data]).ended
    expect(occupied).toMatchObject({ code: 78 })
    expect(occupied.stderr).toContain('holds a chain already')

    dropChain(data)
    const bytes = readFileSync(file)
    for (const at of [40, 500, Math.floor(bytes.length / 2), bytes.length - 40]) {
      const wrong = Buffer.from(bytes)
      wrong.writeUInt8(wrong.readUInt8(at) ^ 1, at)
      writeFileSync(`${file}.wrong`, wrong)
      const { code, stderr } = await tertia(['snapshot', 'import', `${file}.wrong`, '--data', data]).ended
      expect({ at, code, isRefused: stderr.includes('is refused') }).toEqual({ at, code: 78, isRefused: true })
    }
    writeFileSync(`${file}.short`, bytes.subarray(0, -1))
    expect((await tertia(['snapshot', 'import', `${file}.short`, '--data', data]).ended).stderr).toContain(
      'ends in the middle',
    )
    expect(['journal', 'state', 'snapshot.draft'].filter((name) => existsSync(join(data, name)))).toEqual([])

    const imported = await tertia(['snapshot', 'import', file, '--data', data]).ended
    expect(imported).toMatchObject({ code: 0, stderr: '' })
    expect(imported.stdout).toContain(stateRoot)

    const more = await transfers(2)
    await devnet().restart(OBSERVER)
    await observerLevel()
    expect((await devnet().status(OBSERVER)).height).toBeGreaterThan(height)
    const client = reader(devnet().url(OBSERVER))
    expect(await client.getBalance({ address: paid })).toBe(21n)
    expect(await client.getBalance({ address: more })).toBe(14n)
    expect((await client.getBlock({ blockNumber: BigInt(height) })).stateRoot).toBe(stateRoot)
    await expect(rpc(devnet().url(OBSERVER), 'eth_getBlockByNumber', ['0x1', false])).rejects.toThrow('history pruned')
    const fees = rpc(devnet().url(OBSERVER), 'eth_feeHistory', ['0x400', 'latest', []])
    expect(await fees).toMatchObject({ oldestBlock: `0x${height.toString(16)}` })
  })

  it('of a running node is the end of its newest epoch, and lets a newcomer begin as well', {
    timeout: 300_000,
  }, async () => {
    const paid = await transfers(3)
    const file = join(devnet().directory, 'running.snapshot')
    const command = ['snapshot', 'export', '--data', join(devnet().data, 'node-0'), '--to', file]
    const refused = await tertia([...command, '--height', '1']).ended
    expect(refused).toMatchObject({ code: 75 })
    expect(refused.stderr).toContain('leave out --height')
    const { epoch } = await devnet().status(0)
    const exported = await tertia([...command, '--json']).ended
    expect(exported).toMatchObject({ code: 0, stderr: '' })
    expect(JSON.parse(exported.stdout)).toMatchObject({ epoch: epoch - 1 })

    const data = join(devnet().data, `node-${OBSERVER}`)
    await devnet().kill(OBSERVER)
    dropChain(data)
    const imported = await tertia(['snapshot', 'import', file, '--data', data]).ended
    expect(imported).toMatchObject({ code: 0, stderr: '' })
    await devnet().restart(OBSERVER)
    await observerLevel()
    expect(await reader(devnet().url(OBSERVER)).getBalance({ address: paid })).toBe(21n)
  })

  it('from the peers of a running network lets a newcomer begin with its newest epoch', {
    timeout: 300_000,
  }, async () => {
    const paid = await transfers(3)
    const data = join(devnet().data, `node-${OBSERVER}`)
    const occupied = await tertia(['snapshot', 'fetch', '--data', data]).ended
    expect(occupied).toMatchObject({ code: 75 })
    await devnet().kill(OBSERVER)
    dropChain(data)
    const { epoch } = await devnet().status(0)
    const fetched = await tertia(['snapshot', 'fetch', '--data', data, '--json']).ended
    expect(fetched).toMatchObject({ code: 0, stderr: '' })
    const lines = fetched.stdout.trim().split('\n')
    const begun = JSON.parse(lines.at(-1) ?? '') as { readonly height: number }
    expect(fetched.stdout).toContain(`up to epoch ${epoch - 1}`)
    expect(fetched.stdout).toMatch(/accounts in [\d.]+ MiB from [2-4] peer\(s\)/)

    await transfers(2)
    await devnet().restart(OBSERVER)
    await observerLevel()
    const client = reader(devnet().url(OBSERVER))
    expect(await client.getBalance({ address: paid })).toBe(21n)
    await expect(client.getBlock({ blockNumber: BigInt(begun.height) })).resolves.toBeDefined()
    await expect(rpc(devnet().url(OBSERVER), 'eth_getBlockByNumber', ['0x1', false])).rejects.toThrow('history pruned')
  })

  it('is gone on with after a kill, from what was proven and stored before', { timeout: 300_000 }, async () => {
    await transfers(3)
    const file = join(devnet().directory, 'end.snapshot')
    const exported = await tertia(['snapshot', 'export', '--data', join(devnet().data, 'node-0'), '--to', file]).ended
    expect(exported).toMatchObject({ code: 0, stderr: '' })
    // Nobody else serves it, and no epoch ends.
    for (const node of [0, 1, 2, 3, OBSERVER]) await devnet().kill(node)
    const data = join(devnet().data, `node-${OBSERVER}`)
    dropChain(data)
    const peer = await SnapshotPeer.serve(file)
    const path = join(data, 'node.json')
    const config = JSON.parse(readFileSync(path, 'utf8')) as { readonly p2p: object }
    writeFileSync(path, JSON.stringify({ ...config, p2p: { ...config.p2p, peers: [peer.address] } }))

    const bytes = peer.bytesOfState(LANES)
    peer.partsLeft = PARTS_BEFORE_KILL
    const killed = tertia(['snapshot', 'fetch', '--data', data])
    await eventually('all parts given that there are', () => peer.isSilent || undefined, SOON_MS)
    killed.child.kill('SIGKILL')
    await killed.ended
    expect(['journal', 'state'].filter((name) => existsSync(join(data, name)))).toEqual([])
    const before = peer.bytesGiven
    expect(before).toBeLessThan(bytes)

    peer.partsLeft = Number.POSITIVE_INFINITY
    const fetched = await tertia(['snapshot', 'fetch', '--data', data]).ended
    expect(fetched).toMatchObject({ code: 0, stderr: '' })
    expect(fetched.stdout).toMatch(/going on behind [1-9]\d* accounts/)
    expect(peer.bytesGiven - before).toBeLessThan(bytes)

    const own = join(devnet().directory, 'own.snapshot')
    expect(await tertia(['snapshot', 'export', '--data', data, '--to', own]).ended).toMatchObject({ code: 0 })
    expect(readFileSync(own).equals(readFileSync(file))).toBe(true)
    expect(existsSync(join(data, 'snapshot.draft'))).toBe(false)
  })
})
