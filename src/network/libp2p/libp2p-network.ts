/**
 * The network port over libp2p. This file decides who may be connected and puts the parts
 * together: direct-streams, gossip, requests and dialer each do one thing.
 */
import './node20-compat.ts'
import type { Connection, ConnectionGater, Stream, PeerId as WirePeerId } from '@libp2p/interface'
import { BoundedMap } from '../../base/bounded.ts'
import { defined, invariant } from '../../base/invariant.ts'
import type { Logger } from '../../base/logger.ts'
import { rejection } from '../../base/rejection.ts'
import { err } from '../../base/result.ts'
import { DEFAULT_NETWORK_LIMITS, type NetworkLimits } from '../limits.ts'
import { NetworkListenFailure } from '../listen-failure.ts'
import type { GossipTopic, KnownPeer, Network, NetworkHandlers, NetworkStats, PeerId, RequestOptions } from '../port.ts'
import { crash } from './crash.ts'
import { Dialer } from './dialer.ts'
import { DirectStreams } from './direct-streams.ts'
import { foreignSpeech } from './foreign.ts'
import { Gossip } from './gossip.ts'
import { KnownPeers } from './known-peers.ts'
import { networkKeyFromBytes, peerIdOfKey } from './network-key.ts'
import { createNode, type Libp2pNode } from './options.ts'
import { Penalties } from './penalties.ts'
import { RequestClient, RequestServer } from './requests.ts'
import { surplusOf } from './strangers.ts'
import { Traffic } from './traffic.ts'

/** A connection of that age without a gossip stream of ours has lost it: gossipsub opens none anew. */
const GOSSIP_STREAM_GRACE_MS = 10_000
const FOREIGN_MAX = 1_024
const GOSSIP_PROTOCOL_PREFIX = '/meshsub/'

export interface Libp2pNetworkConfig {
  /** Protobuf bytes, see network-key.ts. */
  readonly privateKey: Uint8Array
  /** Multiaddrs; empty for a node that only dials. */
  readonly listen: readonly string[]
  /** Multiaddrs told to peers instead of those listened on. */
  readonly announce?: readonly string[]
  readonly genesisHash: string
  readonly knownPeers: readonly KnownPeer[]
  /** Refuse everyone who is not a known peer. */
  readonly privateNetwork?: boolean
  readonly logger: Logger
  readonly limits?: Partial<NetworkLimits>
}

/** What exists between start and stop. */
interface Running {
  readonly node: Libp2pNode
  readonly handlers: NetworkHandlers
  readonly gossip: Gossip
  readonly dialer: Dialer
  readonly direct: DirectStreams
  readonly server: RequestServer
  ticker: NodeJS.Timeout | undefined
}

/** Made by `createLibp2pNetwork`. */
export class Libp2pNetwork implements Network {
  readonly peerId: PeerId
  readonly #config: Libp2pNetworkConfig
  readonly #limits: NetworkLimits
  readonly #logger: Logger
  readonly #penalties: Penalties
  readonly #client: RequestClient
  readonly #traffic = { direct: new Traffic(), gossip: new Traffic(), requests: new Traffic() }
  readonly #up = new Set<PeerId>()
  /** Known peers of another network of which the log has told. */
  readonly #foreign = new BoundedMap<PeerId, true>(FOREIGN_MAX)
  /** Strangers that left since the last tick. */
  readonly #gone = new Map<PeerId, WirePeerId>()
  #known: KnownPeers
  #running: Running | undefined

  constructor(config: Libp2pNetworkConfig) {
    this.peerId = peerIdOfKey(config.privateKey)
    this.#config = config
    this.#limits = { ...DEFAULT_NETWORK_LIMITS, ...config.limits }
    this.#logger = config.logger
    this.#penalties = new Penalties(this.#limits)
    this.#client = new RequestClient(this.#protocol('request'), this.#limits)
    this.#known = new KnownPeers(config.knownPeers)
  }

  async start(handlers: NetworkHandlers): Promise<void> {
    invariant(this.#running === undefined, 'the network is started once')
    const { privateKey, listen, announce = [], genesisHash } = this.#config
    const node = await createNode({
      privateKey: networkKeyFromBytes(privateKey),
      listen,
      announce,
      genesisHash,
      limits: this.#limits,
      gater: this.#gater(),
      scoreOf: (peer) => -this.#penalties.points(peer, performance.now()),
    })
    const running = this.#assemble(node, handlers)
    this.#running = running
    // One microtask later libp2p's own listeners have the connection in their books.
    node.addEventListener('connection:open', ({ detail }) => queueMicrotask(() => this.#admit(running, detail)))
    node.addEventListener('peer:disconnect', ({ detail }) => this.#lost(running, detail))
    node.addEventListener('peer:identify', ({ detail }) =>
      this.#identified(node, idOf(detail.peerId), detail.protocols),
    )
    const streamLimits = { maxInboundStreams: 4, maxOutboundStreams: 4 }
    await node.handle(
      this.#protocol('direct'),
      (stream, { remotePeer }) => running.direct.accept(idOf(remotePeer), stream),
      streamLimits,
    )
    const { requestsInboundPerPeerMax: maxInboundStreams, requestsOutboundPerPeerMax } = this.#limits
    const inFlightMax = { maxInboundStreams, maxOutboundStreams: 2 * requestsOutboundPerPeerMax }
    await node.handle(
      this.#protocol('request'),
      (stream, { remotePeer }) => this.#serve(running, remotePeer, stream),
      inFlightMax,
    )
    await startListening(node, listen)
    running.gossip.start()
    this.#applyKnownPeers(running)
    running.ticker = setInterval(() => this.#tick(running), this.#limits.tickMs)
  }

  async stop(): Promise<void> {
    const running = this.#running
    if (running === undefined) return
    this.#running = undefined
    clearInterval(running.ticker)
    running.dialer.stop()
    running.direct.stop()
    await running.node.stop()
    this.#up.clear()
  }

  setKnownPeers(peers: readonly KnownPeer[]): void {
    this.#known = new KnownPeers(peers)
    if (this.#running !== undefined) this.#applyKnownPeers(this.#running)
  }

  sendDirect(to: PeerId, message: Uint8Array): boolean {
    const taken = this.#running?.direct.send(to, message) ?? false
    if (taken) this.#traffic.direct.sent(message.length)
    return taken
  }

  publish(topic: GossipTopic, data: Uint8Array): void {
    if (this.#running === undefined) return
    this.#traffic.gossip.sent(data.length)
    this.#running.gossip.publish(topic, data)
  }

  async request(to: PeerId, request: Uint8Array, options: RequestOptions): ReturnType<Network['request']> {
    const connection = this.#running === undefined ? undefined : connectionsOf(this.#running.node, to).at(-1)
    if (connection === undefined) return err(rejection('not-connected', `no connection to ${to}`, 'ignore'))
    this.#traffic.requests.sent(request.length)
    const answer = await this.#client.request(connection, to, request, options)
    if (answer.ok) this.#traffic.requests.received(answer.value.length)
    return answer
  }

  connectedPeers(): readonly PeerId[] {
    return [...this.#up]
  }

  /** Where it listens, with the port that was chosen for port 0. After `start`. */
  listenAddresses(): readonly string[] {
    return defined(this.#running, 'a running network')
      .node.getMultiaddrs()
      .map((address) => address.toString())
  }

  penalise(peer: PeerId, points: number, reason: string): void {
    if (!this.#penalties.add(peer, points, performance.now())) return
    this.#logger.warn('peer banned', { peer, reason, banMs: this.#limits.banMs })
    if (this.#running !== undefined) dropPeer(this.#running.node, peer, `banned: ${reason}`)
  }

  stats(): NetworkStats {
    return {
      peers: this.#up.size,
      directPeers: this.#running?.direct.size ?? 0,
      bannedPeers: this.#penalties.bannedCount(performance.now()),
      direct: this.#traffic.direct.stats(),
      gossip: this.#traffic.gossip.stats(),
      requests: this.#traffic.requests.stats(),
    }
  }

  /** Peers of another network fail to negotiate it. */
  #protocol(name: string): string {
    return `/tertia/${this.#config.genesisHash}/${name}/1`
  }

  #assemble(node: Libp2pNode, handlers: NetworkHandlers): Running {
    const { genesisHash } = this.#config
    const limits = this.#limits
    const logger = this.#logger
    const traffic = this.#traffic
    const isRunning = (): boolean => this.#running?.node === node
    return {
      node,
      handlers,
      gossip: new Gossip(node.services.gossip, {
        genesisHash,
        limits,
        logger,
        onGossip: (topic, from, data) => (isRunning() ? handlers.onGossip(topic, from, data) : 'ignore'),
        onReceived: (bytes) => traffic.gossip.received(bytes),
        isKnown: (peer) => this.#known.has(peer),
        penalise: (peer, points, reason) => this.penalise(peer, points, reason),
      }),
      dialer: new Dialer({
        limits,
        logger,
        dial: (address, signal) => node.dial(address, { signal }),
        isConnected: (peer) => connectionsOf(node, peer).length > 0,
      }),
      direct: new DirectStreams({
        self: this.peerId,
        protocol: this.#protocol('direct'),
        limits,
        logger,
        connectionsOf: (peer) => connectionsOf(node, peer),
        dropPeer: (peer, reason) => dropPeer(node, peer, reason),
        onMessage: (from, message) => {
          traffic.direct.received(message.length)
          if (isRunning()) handlers.onDirect(from, message)
        },
        onUp: (peer) => isRunning() && handlers.onPeerUp(peer, true),
        onDown: (peer) => isRunning() && handlers.onPeerDown(peer, true),
      }),
      server: new RequestServer(
        limits,
        (from, request) => (isRunning() ? handlers.onRequest(from, request) : undefined),
        (requestBytes, responseBytes) => {
          traffic.requests.received(requestBytes)
          traffic.requests.sent(responseBytes)
        },
        (peer) => this.#known.has(peer),
      ),
      ticker: undefined,
    }
  }

  /** Asked once the peer has proved its id, in both directions. */
  #gater(): ConnectionGater {
    const deny = (peer: WirePeerId): boolean => {
      const id = idOf(peer)
      return (
        this.#penalties.isBanned(id, performance.now()) ||
        (this.#config.privateNetwork === true && !this.#known.has(id))
      )
    }
    return { denyDialPeer: deny, denyInboundEncryptedConnection: deny, denyOutboundEncryptedConnection: deny }
  }

  #applyKnownPeers({ node, gossip, dialer, direct }: Running): void {
    node.services.connectionLimit.setMaxConnections(this.#known.connectionsMax(this.#limits))
    gossip.setDirectPeers(this.#known.fellowValidators(this.peerId))
    direct.setValidators(this.#known.validators)
    dialer.setTargets(this.#known.targets(this.peerId))
    if (this.#config.privateNetwork !== true) return
    for (const peer of this.#up) if (!this.#known.has(peer)) dropPeer(node, peer, 'no longer a known peer')
  }

  #admit(running: Running, connection: Connection): void {
    const { node, handlers, dialer, direct } = running
    const peer = idOf(connection.remotePeer)
    if (this.#running !== running || connection.status !== 'open') return
    const strangers = this.#strangersOf(node)
    const surplus = strangers.length > this.#limits.strangersMax ? surplusOf(strangers) : undefined
    surplus?.abort(new Error('no room for strangers'))
    if (surplus === connection) return
    const connections = connectionsOf(node, peer)
    for (const surplus of connections.slice(0, -this.#limits.connectionsPerPeerMax)) {
      surplus.abort(new Error('too many connections of one peer'))
    }
    dialer.connected(peer)
    if (!this.#up.has(peer)) {
      this.#up.add(peer)
      handlers.onPeerUp(peer, false)
    }
    direct.connected(peer)
  }

  /** One of another network is of no use, and would count as a peer. */
  #identified(node: Libp2pNode, peer: PeerId, protocols: readonly string[]): void {
    const foreign = foreignSpeech(protocols, this.#protocol('request'))
    const wasForeign = this.#foreign.has(peer)
    if (foreign === null) {
      this.#foreign.delete(peer)
      return
    }
    // Strangers may come and go as they like: they fill no log.
    if (this.#known.has(peer) && !wasForeign) {
      this.#foreign.set(peer, true)
      this.#logger.warn('peer of another network', { peer, because: foreign })
    }
    dropPeer(node, peer, 'of another network')
  }

  #lost({ node, handlers, dialer }: Running, remotePeer: WirePeerId): void {
    if (this.#running?.node !== node) return
    const peer = idOf(remotePeer)
    if (!this.#known.has(peer)) this.#gone.set(peer, remotePeer)
    if (this.#up.delete(peer)) handlers.onPeerDown(peer, false)
    dialer.disconnected(peer)
  }

  #strangersOf(node: Libp2pNode): Connection[] {
    return openConnections(node).filter(({ remotePeer }) => !this.#known.has(idOf(remotePeer)))
  }

  #serve({ server }: Running, remotePeer: WirePeerId, stream: Stream): void {
    server.serve(idOf(remotePeer), stream).catch(crash)
  }

  #tick({ node, dialer, direct }: Running): void {
    direct.tick()
    dialer.tick()
    this.#forgetStrangers(node)
    this.#mendGossip(node)
  }

  /** libp2p remembers everyone it ever met. Not at once: its parts look the peer up when it leaves. */
  #forgetStrangers(node: Libp2pNode): void {
    for (const [peer, remotePeer] of this.#gone) {
      if (this.#up.has(peer)) continue
      node.peerStore
        .delete(remotePeer)
        .catch((error: unknown) => this.#logger.debug('peer not forgotten', { peer, error: String(error) }))
    }
    this.#gone.clear()
  }

  #mendGossip(node: Libp2pNode): void {
    const openedBeforeMs = Date.now() - GOSSIP_STREAM_GRACE_MS
    for (const peer of this.#up) {
      const connections = connectionsOf(node, peer)
      if (connections.some((connection) => connection.timeline.open > openedBeforeMs || carriesGossip(connection)))
        continue
      dropPeer(node, peer, 'lost its gossip stream')
    }
  }
}

/** Throws when the key is no key; addresses are parsed by `start`. */
export function createLibp2pNetwork(config: Libp2pNetworkConfig): Libp2pNetwork {
  return new Libp2pNetwork(config)
}

/** libp2p tells of each address with a stack; what the operating system said is the first line of it. */
async function startListening(node: Libp2pNode, listen: readonly string[]): Promise<void> {
  try {
    await node.start()
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'UnsupportedListenAddressesError') throw error
    const [, reason = 'libp2p takes none of these addresses'] = /Error: (.+)/.exec(error.message) ?? []
    throw new NetworkListenFailure(`cannot listen on ${listen.join(', ')}: ${reason}`, { cause: error })
  }
}

function idOf(peer: WirePeerId): PeerId {
  return peer.toString() as PeerId
}

/** Oldest first. */
function openConnections(node: Libp2pNode): Connection[] {
  return node.getConnections().filter(({ status }) => status === 'open')
}

function connectionsOf(node: Libp2pNode, peer: PeerId): Connection[] {
  return openConnections(node).filter(({ remotePeer }) => idOf(remotePeer) === peer)
}

function dropPeer(node: Libp2pNode, peer: PeerId, reason: string): void {
  for (const connection of connectionsOf(node, peer)) connection.abort(new Error(reason))
}

function carriesGossip(connection: Connection): boolean {
  return connection.streams.some(
    ({ direction, protocol }) => direction === 'outbound' && protocol.startsWith(GOSSIP_PROTOCOL_PREFIX),
  )
}
