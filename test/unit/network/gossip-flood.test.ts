/** Peers that gossip without end, in frames that cost nothing to send: others are heard beside them, and what a sender has too much of waits. */
import { identify } from '@libp2p/identify'
import { noise } from '@libp2p/noise'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { silentLogger } from '../../../src/base/logger.ts'
import { topicName } from '../../../src/network/libp2p/gossip.ts'
import { GossipPace } from '../../../src/network/libp2p/gossip-pace.ts'
import { createLibp2pNetwork } from '../../../src/network/libp2p/libp2p-network.ts'
import { networkKeyFromBytes, peerIdOfKey } from '../../../src/network/libp2p/network-key.ts'
import { DEFAULT_NETWORK_LIMITS } from '../../../src/network/limits.ts'
import type { PeerId } from '../../../src/network/port.ts'
import { lengthPrefixed, message } from './gossip-frames.ts'
import { createMember, GENESIS_HASH } from './libp2p-world.ts'
import { NetworkRecorder } from './network-recorder.ts'

const SOON = { timeout: 60_000, interval: 20 }
const MESHSUB = '/meshsub/1.2.0'
const TOPIC = topicName(GENESIS_HASH, 'transactions')

const unwanted = (count: number) =>
  lengthPrefixed(Buffer.concat(Array.from({ length: count }, () => message('-', '-'))))

describe('a flood of gossip', () => {
  const cleanups: (() => Promise<void> | void)[] = []
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
  })

  async function victim(known: PeerId) {
    const { privateKey, address } = await createMember()
    const recorder = new NetworkRecorder()
    const network = createLibp2pNetwork({
      privateKey,
      listen: [address],
      genesisHash: GENESIS_HASH,
      logger: silentLogger,
      knownPeers: [{ peerId: known, addresses: [], validator: false }],
      limits: { gossipPartsPerSecond: 100 },
    })
    await network.start(recorder)
    cleanups.push(() => network.stop())
    const heard = () => recorder.gossip.map(({ data }) => Buffer.from(data).toString())
    return { address: multiaddr(`${address}/p2p/${network.peerId}`), heard }
  }

  async function gossiper(address: Multiaddr, privateKey?: Uint8Array) {
    const node = await createLibp2p({
      ...(privateKey === undefined ? {} : { privateKey: networkKeyFromBytes(privateKey) }),
      transports: [tcp()],
      connectionEncrypters: [noise()],
      streamMuxers: [yamux()],
      services: { identify: identify() },
    })
    cleanups.push(() => node.stop())
    return (await node.dial(address)).newStream(MESHSUB)
  }

  // Each fits into the window of a stream, and is more than is taken in minutes.
  it.each([
    ['frames without anything in them', new Uint8Array(20_000)],
    ['messages that nobody takes', Buffer.concat(Array.from({ length: 20 }, () => unwanted(1_000)))],
  ])('of %s is read in its time, and others are heard meanwhile', async (_, flood) => {
    const { privateKey } = await createMember()
    const { address, heard } = await victim(peerIdOfKey(privateKey))
    const hostile = await gossiper(address, privateKey)
    const honest = await gossiper(address)
    honest.send(lengthPrefixed(message(TOPIC, 'there')))
    hostile.send(lengthPrefixed(message(TOPIC, 'there, too')))
    await vi.waitFor(() => expect(heard()).toHaveLength(2), SOON)
    hostile.send(Buffer.concat([flood, lengthPrefixed(message(TOPIC, 'behind the flood'))]))
    await vi.waitFor(() => expect(hostile.writeBufferLength).toBe(0), SOON)
    honest.send(lengthPrefixed(message(TOPIC, 'beside the flood')))
    await vi.waitFor(() => expect(heard()).toContain('beside the flood'), SOON)
    expect(heard()).not.toContain('behind the flood')
  })

  it('of many strangers costs no more than that of one, and takes nothing from a known peer', () => {
    const known = 'known' as PeerId
    const pace = new GossipPace(DEFAULT_NETWORK_LIMITS, (peer) => peer === known, 0)
    const { gossipPartsPerSecond } = DEFAULT_NETWORK_LIMITS
    const taken = { strangers: 0, known: 0 }
    for (let ms = 0; ms < 1_000; ms += 10) {
      for (let stranger = 0; stranger < 10; stranger++)
        for (let frame = 0; frame < 50; frame++)
          if (pace.take(`stranger ${stranger}` as PeerId, 1, ms)) taken.strangers += 1
      for (let frame = 0; frame < 30; frame++) if (pace.take(known, 1, ms)) taken.known += 1
    }
    // One second's worth was saved up.
    expect(taken.strangers).toBeLessThanOrEqual(2 * gossipPartsPerSecond)
    expect(taken.known).toBe(3_000)
  })
})
