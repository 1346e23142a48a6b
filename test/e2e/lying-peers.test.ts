/** A newcomer that fetches a snapshot while peers on the real network lie to it, and it finds out which. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { defined } from '../../src/base/invariant.ts'
import { silentLogger } from '../../src/base/logger.ts'
import type { Result } from '../../src/base/result.ts'
import { createLibp2pNetwork } from '../../src/network/libp2p/libp2p-network.ts'
import { peerIdOfKey } from '../../src/network/libp2p/network-key.ts'
import type { PeerId } from '../../src/network/port.ts'
import { decodeRequest, type Request } from '../../src/network/requests.ts'
import {
  decodeManifest,
  decodeStateRecord,
  encodeManifest,
  encodeStateRecord,
} from '../../src/sync/snapshot/snapshot-records.ts'
import { createMember } from '../unit/network/libp2p-world.ts'
import { freshAddress, reader, receiptFrom, wallet } from './harness/clients.ts'
import { eventually, tertia } from './harness/processes.ts'
import { shortEpochs } from './harness/short-epochs.ts'
import { useDevnet } from './harness/use-devnet.ts'

/** Gets the true answer, and says something else or nothing. */
type Lie = (truth: Uint8Array, request: Request) => Uint8Array | Promise<Uint8Array>

interface Liar {
  readonly peerId: PeerId
  readonly address: string
  /** Who it was connected to and is no more. */
  readonly lost: readonly PeerId[]
  readonly asked: readonly Request['kind'][]
}

const NEWCOMER = 4
const TIMEOUT_MS = 240_000
const RELAY = { timeoutMs: 5_000, responseBytesMax: 4 * 1024 * 1024 }

const devnet = useDevnet(...shortEpochs(2))

const wrongAccount: Lie = (truth, { kind }) => {
  if (kind !== 'stateChunk') return truth
  const record = read(decodeStateRecord(truth))
  const [first, ...rest] = record.kind === 'chunk' ? record.chunk.entries : []
  if (record.kind !== 'chunk' || first === undefined) return truth
  const [key, value] = first
  const changed = value.with(value.length - 1, (value.at(-1) ?? 0) ^ 1)
  return encodeStateRecord({ ...record, chunk: { ...record.chunk, entries: [[key, changed], ...rest] } })
}

const higherBlock: Lie = (truth, { kind }) => {
  if (kind !== 'snapshot') return truth
  const manifest = read(decodeManifest(truth))
  const { header } = manifest.block
  return encodeManifest({ ...manifest, block: { ...manifest.block, header: { ...header, height: header.height + 9 } } })
}

const silence: Lie = (truth, { kind }) => (kind === 'stateChunk' ? new Promise(() => undefined) : truth)

function read<T>(result: Result<T, unknown>): T {
  return defined(result.ok ? result.value : undefined, 'what the truth says')
}

function peerOf(node: number): PeerId {
  return peerIdOfKey(readFileSync(join(devnet().data, `node-${node}`, 'keys', 'network.key')))
}

/** A peer that asks a validator for the truth. */
async function startLiar(lie: Lie): Promise<Liar> {
  const { privateKey, address } = await createMember()
  const { hash: genesisHash } = await reader(devnet().url(0)).getBlock({ blockNumber: 0n })
  const honest = peerOf(0)
  const known = { peerId: honest, addresses: [`/ip4/127.0.0.1/tcp/${devnet().ports.p2pPort}`], validator: false }
  const options = { privateKey, listen: [address], genesisHash, knownPeers: [known], logger: silentLogger }
  const network = createLibp2pNetwork(options)
  const lost: PeerId[] = []
  const asked: Request['kind'][] = []
  await network.start({
    onDirect: () => undefined,
    onGossip: () => 'ignore',
    onRequest: async (_, bytes) => {
      const request = read(decodeRequest(bytes))
      asked.push(request.kind)
      const truth = await network.request(honest, bytes, RELAY)
      return truth.ok ? await lie(truth.value, request) : undefined
    },
    onPeerUp: () => undefined,
    onPeerDown: (peer) => lost.push(peer),
  })
  onTestFinished(() => network.stop())
  await eventually('the connection to a validator', () => network.connectedPeers().includes(honest) || undefined)
  return { peerId: network.peerId, address: `${address}/p2p/${network.peerId}`, lost, asked }
}

it('has the whole state from the others, and has banned who lied before it ends', { timeout: TIMEOUT_MS }, async () => {
  const to = freshAddress()
  for (let sent = 0; sent < 5; sent++)
    await receiptFrom(devnet().url(0), await wallet(devnet().url(0), 0).sendTransaction({ to, value: 7n }))
  const data = join(devnet().data, `node-${NEWCOMER}`)
  await devnet().kill(NEWCOMER)
  for (const name of ['journal', 'state', 'pool']) rmSync(join(data, name), { recursive: true, force: true })

  const blamed = await Promise.all([startLiar(wrongAccount), startLiar(higherBlock)])
  const staller = await startLiar(silence)
  const peers = [...blamed, staller].map(({ address }) => address)
  const path = join(data, 'node.json')
  const config = JSON.parse(readFileSync(path, 'utf8')) as { readonly p2p: object }
  writeFileSync(path, JSON.stringify({ ...config, p2p: { ...config.p2p, peers } }))

  const fetching = tertia(['snapshot', 'fetch', '--data', data])
  const newcomer = peerOf(NEWCOMER)
  await eventually('both liars banned', () => blamed.every(({ lost }) => lost.includes(newcomer)) || undefined)
  // It still waits for what is stalled, and its end would close this connection too.
  expect(staller.lost).not.toContain(newcomer)
  const { code, stdout, stderr } = await fetching.ended
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  const named = [...stdout.matchAll(/peer (\S+) is not asked any more/g)].map(([, peer]) => peer)
  expect(new Set(named)).toEqual(new Set(blamed.map(({ peerId }) => peerId)))
  expect(staller.asked).toContain('stateChunk')

  await devnet().restart(NEWCOMER)
  await eventually('the newcomer level', async () => {
    const [own, others] = await Promise.all([devnet().status(NEWCOMER), devnet().status(0)])
    return own.stateRoot === others.stateRoot || undefined
  })
  expect(await reader(devnet().url(NEWCOMER)).getBalance({ address: to })).toBe(35n)
})
