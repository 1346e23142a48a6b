/**
 * Each setting that holds an attacker off (docs/network.md, "Hostile peers"), with the attack that
 * works without it.
 */
import { connect, type Socket } from 'node:net'
import { identify } from '@libp2p/identify'
import type { Libp2p, Stream, StreamMuxer } from '@libp2p/interface'
import { noise } from '@libp2p/noise'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { utf8 } from '../../../src/base/bytes.ts'
import { silentLogger } from '../../../src/base/logger.ts'
import { encodeFrames } from '../../../src/network/libp2p/frames.ts'
import { topicName } from '../../../src/network/libp2p/gossip.ts'
import { createLibp2pNetwork, type Libp2pNetwork } from '../../../src/network/libp2p/libp2p-network.ts'
import { networkKeyFromBytes, peerIdOfKey } from '../../../src/network/libp2p/network-key.ts'
import type { NetworkLimits } from '../../../src/network/limits.ts'
import type { KnownPeer, PeerId } from '../../../src/network/port.ts'
import { field, lengthPrefixed, message } from './gossip-frames.ts'
import { createMember, GENESIS_HASH, startLibp2pNode } from './libp2p-world.ts'
import { NetworkRecorder } from './network-recorder.ts'

const SOON = { timeout: 60_000, interval: 20 }
const DIRECT = `/tertia/${GENESIS_HASH}/direct/1`
const REQUEST = `/tertia/${GENESIS_HASH}/request/1`
const MESHSUB = '/meshsub/1.2.0'

describe('hostile peers', () => {
  const cleanups: (() => Promise<void> | void)[] = []
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
  })

  interface VictimOptions {
    readonly knownPeers?: readonly KnownPeer[]
    readonly privateNetwork?: boolean
    /** The victim gets a higher peer id than this one, and so accepts its direct streams. */
    readonly above?: PeerId
    readonly limits?: Partial<NetworkLimits>
  }

  async function victim(options: VictimOptions = {}) {
    let member = await createMember()
    while (options.above !== undefined && peerIdOfKey(member.privateKey) < options.above) member = await createMember()
    const self: KnownPeer = { peerId: peerIdOfKey(member.privateKey), addresses: [member.address], validator: true }
    const recorder = new NetworkRecorder()
    const network = createLibp2pNetwork({
      privateKey: member.privateKey,
      listen: [member.address],
      genesisHash: GENESIS_HASH,
      logger: silentLogger,
      privateNetwork: options.privateNetwork ?? false,
      knownPeers: [self, ...(options.knownPeers ?? [])],
      limits: options.limits ?? {},
    })
    await network.start(recorder)
    cleanups.push(() => network.stop())
    return { network, recorder, address: member.address, self }
  }

  /** A bare libp2p node that keeps to no rule of ours. */
  async function attacker(privateKey?: Uint8Array): Promise<Libp2p> {
    const node = await createLibp2p({
      ...(privateKey === undefined ? {} : { privateKey: networkKeyFromBytes(privateKey) }),
      transports: [tcp()],
      connectionEncrypters: [noise()],
      streamMuxers: [yamux({ maxOutboundStreams: 10_000 })],
      services: { identify: identify() },
    })
    cleanups.push(() => node.stop())
    return node
  }

  const aim = (target: { network: Libp2pNetwork; address: string }) =>
    multiaddr(`${target.address}/p2p/${target.network.peerId}`)

  async function validatorAttacker() {
    const { privateKey } = await createMember()
    const known: KnownPeer = { peerId: peerIdOfKey(privateKey), addresses: [], validator: true }
    return { node: await attacker(privateKey), known }
  }

  const closed = (stream: Stream) => vi.waitFor(() => expect(stream.status).not.toBe('open'), SOON)

  it('idle sockets do not lock an honest dial out', async () => {
    const target = await victim()
    const port = Number(target.address.split('/').at(-1))
    const sockets: Socket[] = Array.from({ length: 30 }, () => connect(port, '127.0.0.1').on('error', () => undefined))
    cleanups.push(() => {
      for (const socket of sockets) socket.destroy()
    })
    await vi.waitFor(() => expect(sockets.every((socket) => socket.readyState !== 'opening')).toBe(true), SOON)
    const honest = await attacker()
    const connection = await honest.dial(aim(target))
    expect(connection.status).toBe('open')
    await vi.waitFor(() => expect(target.network.connectedPeers()).toContain(honest.peerId.toString()), SOON)
    // And the sockets themselves do not stay.
    await vi.waitFor(() => expect(sockets.every((socket) => socket.readyState === 'closed')).toBe(true), SOON)
  })

  it('a frame that declares more than the bound ends the stream before anything is set aside', async () => {
    const { node, known } = await validatorAttacker()
    const target = await victim({ knownPeers: [known], above: known.peerId })
    const connection = await node.dial(aim(target))
    const stream = await connection.newStream(DIRECT)
    await vi.waitFor(() => {
      stream.send(encodeFrames([utf8('honest')]))
      expect(target.recorder.direct.length).toBeGreaterThan(0)
    }, SOON)
    stream.send(new Uint8Array([0x00, 0x40, 0x00, 0x01]))
    await closed(stream)
  })

  it('a peer that is no validator gets no direct stream', async () => {
    const node = await attacker()
    const target = await victim({ above: node.peerId.toString() as PeerId })
    const connection = await node.dial(aim(target))
    const stream = await connection.newStream(DIRECT)
    await closed(stream)
    expect(target.recorder.events.some((event) => event.startsWith('direct-up'))).toBe(false)
  })

  it('a peer of another network negotiates neither direct streams nor requests', async () => {
    const target = await victim()
    const connection = await (await attacker()).dial(aim(target))
    await expect(connection.newStream(DIRECT.replace('ab', 'cd'))).rejects.toThrow()
    await expect(connection.newStream(REQUEST.replace('ab', 'cd'))).rejects.toThrow()
  })

  it('one connection opens only so many streams, and honest requests pass beside them', async () => {
    const target = await victim()
    const node = await attacker()
    const connection = await node.dial(aim(target))
    const opened = await Promise.allSettled(
      Array.from({ length: 200 }, () => connection.newStream(REQUEST, { maxOutboundStreams: 10_000 })),
    )
    await vi.waitFor(() => {
      const open = opened.filter((result) => result.status === 'fulfilled' && result.value.status === 'open')
      expect(open.length).toBeLessThanOrEqual(16)
    }, SOON)
    const honest = await victim({ knownPeers: [target.self] })
    await vi.waitFor(() => expect(honest.network.connectedPeers()).toContain(target.network.peerId), SOON)
    const answer = await honest.network.request(target.network.peerId, utf8('hi'), {
      timeoutMs: 5_000,
      responseBytesMax: 10,
    })
    expect(answer).toEqual({ ok: true, value: utf8('hi') })
  })

  it('peers that ask nothing on all the streams that are served leave room for who asks', async () => {
    const target = await victim({ limits: { requestsInboundMax: 4 } })
    const connection = await (await attacker()).dial(aim(target))
    for (let stream = 0; stream < 4; stream++) await connection.newStream(REQUEST, { maxOutboundStreams: 10 })
    const honest = await victim({ knownPeers: [target.self] })
    await vi.waitFor(() => expect(honest.network.connectedPeers()).toContain(target.network.peerId), SOON)
    const options = { timeoutMs: 5_000, responseBytesMax: 10 }
    expect(await honest.network.request(target.network.peerId, utf8('hi'), options)).toEqual({
      ok: true,
      value: utf8('hi'),
    })
  })

  it('strangers share what is served to them, however many names they have; a known peer has its own', async () => {
    const member = await createMember()
    const known: KnownPeer = { peerId: peerIdOfKey(member.privateKey), addresses: [], validator: false }
    // One request each of these takes away for more than a minute.
    const target = await victim({ knownPeers: [known], limits: { requestsPerSecond: 0.01 } })
    const options = { timeoutMs: 5_000, responseBytesMax: 10 }
    const answered = async (privateKey: Uint8Array) => {
      const network = createLibp2pNetwork({
        privateKey,
        listen: [],
        genesisHash: GENESIS_HASH,
        logger: silentLogger,
        knownPeers: [target.self],
      })
      await network.start(new NetworkRecorder())
      cleanups.push(() => network.stop())
      await vi.waitFor(() => expect(network.connectedPeers()).toContain(target.network.peerId), SOON)
      return (await network.request(target.network.peerId, utf8('hi'), options)).ok
    }
    expect(await answered((await createMember()).privateKey)).toBe(true)
    expect(await answered((await createMember()).privateKey)).toBe(false)
    expect(await answered(member.privateKey)).toBe(true)
  })

  it('streams that negotiate nothing are counted, too', async () => {
    // The time limit of a negotiation would end them as well, only later.
    const target = await victim({ limits: { inboundUpgradeTimeoutMs: 600_000 } })
    const node = await attacker()
    const connection = await node.dial(aim(target))
    // Before that, streams wait for somebody to take them, and too many end the connection.
    await vi.waitFor(() => expect(target.network.connectedPeers()).toContain(node.peerId.toString()), SOON)
    const { muxer } = connection as unknown as { muxer: StreamMuxer }
    const streams = await Promise.all(Array.from({ length: 200 }, async () => muxer.createStream()))
    // The first byte of a negotiation that never goes on.
    for (const stream of streams) stream.send(new Uint8Array([19]))
    expect(streams.length).toBe(200)
    const open = () => streams.filter(({ status }) => status === 'open').length
    await vi.waitFor(() => expect(open()).toBeLessThanOrEqual(32), SOON)
    expect(open()).toBeGreaterThan(0)
  })

  it('a message on a foreign topic and a frame beyond the decode limits are not taken in', async () => {
    const target = await victim()
    const node = await attacker()
    const connection = await node.dial(aim(target))
    const topic = `/tertia/${GENESIS_HASH}/transactions`
    const stream = await connection.newStream(MESHSUB)
    const take = async (frame: Uint8Array, text: string): Promise<boolean> => {
      stream.send(lengthPrefixed(frame))
      stream.send(lengthPrefixed(message(topic, `after ${text}`)))
      await vi.waitFor(() => expect(heard(`after ${text}`)).toBe(true), SOON)
      return heard(text)
    }
    const heard = (text: string) => target.recorder.gossip.some(({ data }) => Buffer.from(data).toString() === text)
    expect(await take(message(topic, 'plain'), 'plain')).toBe(true)
    expect(await take(message('/other', 'foreign'), 'foreign')).toBe(false)
    const few = Buffer.concat([...Array.from({ length: 16 }, () => subscription('a')), message(topic, 'few')])
    expect(await take(few, 'few')).toBe(true)
    const many = Buffer.concat([...Array.from({ length: 17 }, () => subscription('a')), message(topic, 'many')])
    expect(await take(many, 'many')).toBe(false)
    const ids = Buffer.concat([ihave(topic, 5_001), message(topic, 'ids')])
    expect(await take(ids, 'ids')).toBe(false)
  })

  it('foreign topics are not even remembered', async () => {
    const node = await startLibp2pNode()
    cleanups.push(() => node.stop())
    const stream = await (await (await attacker()).dial(node.getMultiaddrs())).newStream(MESHSUB)
    const own = topicName(GENESIS_HASH, 'transactions')
    await vi.waitFor(() => {
      stream.send(lengthPrefixed(Buffer.concat([subscription('/foreign'), subscription(own)])))
      expect(node.services.gossip.getSubscribers(own).length).toBe(1)
    }, SOON)
    expect(node.services.gossip.getSubscribers('/foreign')).toEqual([])
  })

  it('gossip is spoken with scores only: nobody gets the protocol that floods without them', async () => {
    const target = await victim()
    const connection = await (await attacker()).dial(aim(target))
    await expect(connection.newStream('/floodsub/1.0.0')).rejects.toThrow()
    expect((await connection.newStream(MESHSUB)).status).toBe('open')
  })

  it('a gossip frame beyond its bound ends the gossip stream', async () => {
    const target = await victim()
    const connection = await (await attacker()).dial(aim(target))
    const stream = await connection.newStream(MESHSUB)
    const topic = topicName(GENESIS_HASH, 'transactions')
    const padded = (text: string, bytes: number) =>
      lengthPrefixed(Buffer.concat([message(topic, text), field(15, new Uint8Array(bytes))]))
    const heard = () => target.recorder.gossip.map(({ data }) => Buffer.from(data).toString())
    stream.send(padded('within', 1_000_000))
    await vi.waitFor(() => expect(heard()).toEqual(['within']), SOON)
    stream.send(padded('beyond', 1024 * 1024))
    await closed(stream)
    expect(heard()).toEqual(['within'])
  })

  it('a private network refuses everyone who is not a known peer', async () => {
    const { node, known } = await validatorAttacker()
    const target = await victim({ privateNetwork: true, knownPeers: [known] })
    await node.dial(aim(target))
    await vi.waitFor(() => expect(target.network.connectedPeers()).toEqual([known.peerId]), SOON)
    const stranger = await attacker()
    await stranger.dial(aim(target)).catch(() => undefined)
    await vi.waitFor(() => expect(stranger.getConnections()).toEqual([]), SOON)
    expect(target.network.connectedPeers()).toEqual([known.peerId])
  })

  it('strangers do not take the places of validators', async () => {
    const { node, known } = await validatorAttacker()
    const target = await victim({ knownPeers: [known] })
    for (let i = 0; i < 36; i++) await (await attacker()).dial(aim(target)).catch(() => undefined)
    await vi.waitFor(() => expect(target.network.connectedPeers().length).toBeLessThanOrEqual(32), SOON)
    await node.dial(aim(target))
    await vi.waitFor(() => expect(target.network.connectedPeers()).toContain(known.peerId), SOON)
  })

  it('a sender of rejected gossip is banned and cannot come back', async () => {
    const target = await victim()
    target.recorder.verdict = () => 'reject'
    const node = await attacker()
    const connection = await node.dial(aim(target))
    const stream = await connection.newStream(MESHSUB)
    const topic = `/tertia/${GENESIS_HASH}/transactions`
    for (let i = 0; i < 5; i++) stream.send(lengthPrefixed(message(topic, `bad ${i}`)))
    await vi.waitFor(() => expect(target.network.stats().bannedPeers).toBe(1), SOON)
    await vi.waitFor(() => expect(node.getConnections()).toEqual([]), SOON)
    await node.dial(aim(target)).catch(() => undefined)
    await vi.waitFor(() => expect(node.getConnections()).toEqual([]), SOON)
  })
})

const subscription = (topic: string) => field(1, Buffer.concat([Buffer.from([8, 1]), field(2, utf8(topic))]))
const ihave = (topic: string, count: number) =>
  field(
    3,
    field(1, Buffer.concat([field(1, utf8(topic)), ...Array.from({ length: count }, () => field(2, utf8('id')))])),
  )
