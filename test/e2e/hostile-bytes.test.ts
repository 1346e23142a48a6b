/** Bytes without sense, to everything that listens: nothing falls over, and the network goes on. */
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { identify } from '@libp2p/identify'
import type { Libp2p, PeerId } from '@libp2p/interface'
import { noise } from '@libp2p/noise'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import { afterEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { encodeFrames } from '../../src/network/libp2p/frames.ts'
import { networkKeyFromBytes, peerIdOfKey } from '../../src/network/libp2p/network-key.ts'
import { freshAddress, receiptFrom, wallet } from './harness/clients.ts'
import { eventually, isAlive } from './harness/processes.ts'
import { rpc } from './harness/raw-rpc.ts'
import { useDevnet } from './harness/use-devnet.ts'

const devnet = useDevnet()
const REPLICAS = [0, 1, 2, 3, 4]
const LENGTHS = [1, 2, 5, 64, 1_000, 70_000]
const ROUNDS = 4
/** Replica whose key the attacker has in the end. */
const STOLEN = 3

async function expectUnharmed(replicas: readonly number[]): Promise<void> {
  for (const index of replicas) expect(isAlive(devnet().replica(index).pid), `replica ${index}`).toBe(true)
  const hash = await wallet(devnet().url(0), 0).sendTransaction({ to: freshAddress(), value: 1n })
  for (const index of replicas) {
    const receipt = await receiptFrom(devnet().url(index), hash)
    expect(receipt.status).toBe('success')
    expect(devnet().log(index)).not.toMatch(/ ERROR /)
  }
}

function networkKey(index: number): Uint8Array {
  return readFileSync(join(devnet().data, `node-${index}`, 'keys', 'network.key'))
}

describe('random bytes', () => {
  const attackers: Libp2p[] = []
  afterEach(async () => {
    for (const node of attackers.splice(0)) await node.stop()
  })

  async function attacker(key?: Uint8Array): Promise<Libp2p> {
    const node = await createLibp2p({
      ...(key === undefined ? {} : { privateKey: networkKeyFromBytes(key) }),
      transports: [tcp()],
      connectionEncrypters: [noise()],
      streamMuxers: [yamux()],
      services: { identify: identify() },
    })
    attackers.push(node)
    return node
  }

  async function dial(node: Libp2p, index: number): Promise<PeerId> {
    const peer = peerIdOfKey(networkKey(index))
    const address = multiaddr(`/ip4/127.0.0.1/tcp/${devnet().ports.p2pPort + index}/p2p/${peer}`)
    return (await node.dial(address)).remotePeer
  }

  /** All that the peer says it speaks, once it has said it. */
  function protocolsOf(node: Libp2p, peer: PeerId): Promise<readonly string[]> {
    return eventually('the protocols of the peer', async () => {
      const { protocols } = await node.peerStore.get(peer)
      return protocols.some((name) => name.endsWith('/direct/1')) ? protocols : undefined
    })
  }

  /** Streams that the peer refuses or resets are what is hoped for. */
  async function throwAt(node: Libp2p, index: number, protocol: string, bytes: Uint8Array): Promise<void> {
    try {
      const peer = await dial(node, index)
      const [connection] = node.getConnections(peer)
      const stream = await connection?.newStream(protocol, { signal: AbortSignal.timeout(2_000) })
      stream?.send(bytes)
      await stream?.close({ signal: AbortSignal.timeout(2_000) })
    } catch {
      // Banned, or out of budget.
    }
  }

  it('on every protocol that a node speaks change nothing', async () => {
    const node = await attacker()
    for (const index of REPLICAS) {
      const protocols = await protocolsOf(node, await dial(node, index))
      for (const name of [/\/request\/1$/, /^\/meshsub\//, /^\/ipfs\/id\//, /^\/ipfs\/ping\//])
        expect(protocols).toContainEqual(expect.stringMatching(name))
      for (const protocol of protocols)
        for (const length of LENGTHS) {
          await throwAt(node, index, protocol, randomBytes(length))
          await throwAt(node, index, protocol, encodeFrames([randomBytes(length)]))
        }
    }
    await expectUnharmed(REPLICAS)
  })

  it('on the bare socket between nodes change nothing', async () => {
    for (const index of REPLICAS)
      for (const length of LENGTHS) await throwAtSocket(devnet().ports.p2pPort + index, randomBytes(length))
    await expectUnharmed(REPLICAS)
  })

  it('on RPC, as socket, body and message, change nothing', async () => {
    for (const index of REPLICAS) {
      const url = devnet().url(index)
      for (const length of LENGTHS) {
        await throwAtSocket(Number(new URL(url).port), randomBytes(length))
        await throwAtWebSocket(url, randomBytes(length))
        const headers = { 'Content-Type': 'application/json' }
        const answer = await fetch(url, { method: 'POST', headers, body: new Uint8Array(randomBytes(length)) })
        expect(await answer.json()).toHaveProperty('error.code')
        const raw = `0x${randomBytes(length).toString('hex')}`
        await expect(rpc(url, 'eth_sendRawTransaction', [raw])).rejects.toThrow('eth_sendRawTransaction: ')
      }
    }
    await expectUnharmed(REPLICAS)
  })

  it('from a validator whose key was stolen change nothing for the others', async () => {
    await devnet().kill(STOLEN)
    const node = await attacker(networkKey(STOLEN))
    const others = REPLICAS.filter((index) => index !== STOLEN)
    for (const index of others) {
      const protocols = await protocolsOf(node, await dial(node, index))
      for (let round = 0; round < ROUNDS; round++)
        for (const protocol of protocols)
          for (const length of LENGTHS) await throwAt(node, index, protocol, encodeFrames([randomBytes(length)]))
    }
    await expectUnharmed(others)
  })
})

function throwAtSocket(port: number, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.end(bytes))
    socket.setTimeout(3_000, () => socket.destroy())
    socket
      .resume()
      .on('error', () => socket.destroy())
      .on('close', () => resolve())
  })
}

async function throwAtWebSocket(url: string, bytes: Uint8Array): Promise<void> {
  const socket = new WebSocket(url.replace('http', 'ws'))
  const closed = new Promise((resolve) => socket.once('close', resolve))
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject))
  socket.on('error', () => undefined)
  socket.send(bytes, { binary: true })
  socket.send(Buffer.from(bytes).toString('latin1'))
  await sleep(10)
  socket.terminate()
  await closed
}
