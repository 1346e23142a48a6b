/**
 * Gossip over gossipsub without signatures (each payload carries its own). Verdicts are the
 * node's; a rejected message costs its sender points, and points are all of a peer's score.
 * Source: libp2p gossipsub specification v1.1/v1.2.
 *
 * The message id covers the topic too: hashed alone, data sent to the wrong topic first would be
 * "already seen" when it arrives on the right one.
 */
import { createHash } from 'node:crypto'
import {
  type GossipSub,
  gossipsub,
  type Message,
  StrictNoSign,
  TopicValidatorResult,
} from '@chainsafe/libp2p-gossipsub'
import type { Stream, PeerId as WirePeerId } from '@libp2p/interface'
import { invariant } from '../../base/invariant.ts'
import type { Logger } from '../../base/logger.ts'
import type { NetworkLimits } from '../limits.ts'
import { PeerBudgets } from '../peer-budgets.ts'
import type { GossipTopic, GossipVerdict, NetworkHandlers, PeerId } from '../port.ts'
import { type GossipFrame, GossipPace } from './gossip-pace.ts'

const TOPICS: readonly GossipTopic[] = ['transactions', 'announcements', 'evidence']
const HEARTBEAT_MS = 1_000
const SEEN_MS = 120_000
const RETAIN_SCORE_MS = 60_000

/** Topic names carry the genesis hash, so networks that meet by accident do not mix. @internal */
export function topicName(genesisHash: string, topic: GossipTopic): string {
  return `/tertia/${genesisHash}/${topic}`
}

/** The libp2p service. `scoreOf` is minus the points of a peer. */
export function gossipService(genesisHash: string, limits: NetworkLimits, scoreOf: (peer: PeerId) => number) {
  return gossipsub({
    globalSignaturePolicy: StrictNoSign,
    allowedTopics: TOPICS.map((topic) => topicName(genesisHash, topic)),
    msgIdFn: ({ topic, data }) => createHash('sha256').update(topic).update(data).digest().subarray(0, 20),
    maxInboundDataLength: limits.gossipFrameBytesMax,
    maxOutboundBufferSize: limits.sendQueueBytesMax,
    decodeRpcLimits: {
      maxSubscriptions: limits.gossipFrameSubscriptionsMax,
      maxMessages: limits.gossipFrameMessagesMax,
      maxControlMessages: limits.gossipFrameControlsMax,
      maxIhaveMessageIDs: limits.gossipFrameIdsMax,
      maxIwantMessageIDs: limits.gossipFrameIdsMax,
      maxIdontwantMessageIDs: limits.gossipFrameIdsMax,
      maxPeerInfos: 0,
    },
    doPX: false,
    fallbackToFloodsub: false,
    floodPublish: false,
    batchPublish: true,
    allowPublishToZeroTopicPeers: true,
    ignoreDuplicatePublishError: true,
    emitSelf: false,
    tagMeshPeers: false,
    maxInboundStreams: 4,
    maxOutboundStreams: 4,
    heartbeatInterval: HEARTBEAT_MS,
    seenTTL: SEEN_MS,
    scoreParams: {
      appSpecificScore: (peer) => scoreOf(peer as PeerId),
      appSpecificWeight: 1,
      IPColocationFactorWeight: 0,
      retainScore: RETAIN_SCORE_MS,
    },
    scoreThresholds: {
      gossipThreshold: -limits.banPoints / 4,
      publishThreshold: -limits.banPoints / 2,
      // Close to the ban, so that it is the ban that ends it.
      graylistThreshold: -limits.banPoints * 0.9,
    },
  })
}

export interface GossipPorts {
  readonly genesisHash: string
  readonly limits: NetworkLimits
  readonly logger: Logger
  readonly onGossip: NetworkHandlers['onGossip']
  readonly onReceived: (bytes: number) => void
  isKnown(peer: PeerId): boolean
  penalise(peer: PeerId, points: number, reason: string): void
}

export class Gossip {
  readonly #pubsub: GossipSub
  readonly #ports: GossipPorts
  readonly #messages: PeerBudgets
  readonly #bytes: PeerBudgets
  #pendingVerdicts = 0

  constructor(pubsub: GossipSub, ports: GossipPorts) {
    this.#pubsub = pubsub
    this.#ports = ports
    this.#messages = new PeerBudgets(ports.limits.gossipMessagesPerSecond)
    this.#bytes = new PeerBudgets(ports.limits.gossipBytesPerSecond)
    readAtPace(pubsub, new GossipPace(ports.limits, (peer) => ports.isKnown(peer), performance.now()))
  }

  /** Once libp2p has started. */
  start(): void {
    for (const topic of TOPICS) {
      const name = topicName(this.#ports.genesisHash, topic)
      this.#pubsub.topicValidators.set(name, (from, message) => this.#judge(topic, from.toString() as PeerId, message))
      this.#pubsub.subscribe(name)
    }
  }

  publish(topic: GossipTopic, data: Uint8Array): void {
    const { genesisHash, limits, logger } = this.#ports
    invariant(data.length <= limits.gossipBytesMax, 'a gossip message is within its bound')
    this.#pubsub
      .publish(topicName(genesisHash, topic), data)
      .catch((error: unknown) => logger.debug('publish failed', { topic, error: String(error) }))
  }

  /**
   * Direct peers get every message and are never dropped for their score. It has to be mutual
   * (gossipsub refuses to graft a direct peer), hence validators among themselves only.
   */
  setDirectPeers(peers: ReadonlySet<PeerId>): void {
    const direct = directSetOf(this.#pubsub)
    for (const peer of direct) if (!peers.has(peer as PeerId)) direct.delete(peer)
    for (const peer of peers) direct.add(peer)
  }

  #judge(topic: GossipTopic, from: PeerId, message: Message): TopicValidatorResult | Promise<TopicValidatorResult> {
    const { limits, onGossip, onReceived } = this.#ports
    onReceived(message.data.length)
    if (message.data.length > limits.gossipBytesMax) return this.#apply(from, 'reject')
    if (!this.#withinBudget(from, message.data.length)) {
      this.#ports.penalise(from, limits.floodPoints, 'gossip beyond the budget')
      return TopicValidatorResult.Ignore
    }
    if (this.#pendingVerdicts >= limits.gossipPendingVerdictsMax) return TopicValidatorResult.Ignore
    // A copy: the data is a view of the whole frame, which nobody should keep alive.
    const verdict = onGossip(topic, from, new Uint8Array(message.data))
    return typeof verdict === 'string' ? this.#apply(from, verdict) : this.#applyLater(from, verdict)
  }

  async #applyLater(from: PeerId, verdict: Promise<GossipVerdict>): Promise<TopicValidatorResult> {
    this.#pendingVerdicts += 1
    try {
      return this.#apply(from, await verdict)
    } finally {
      this.#pendingVerdicts -= 1
    }
  }

  #apply(from: PeerId, verdict: GossipVerdict): TopicValidatorResult {
    if (verdict === 'accept') return TopicValidatorResult.Accept
    if (verdict === 'ignore') return TopicValidatorResult.Ignore
    this.#ports.penalise(from, this.#ports.limits.rejectPoints, 'gossip rejected')
    return TopicValidatorResult.Reject
  }

  #withinBudget(from: PeerId, bytes: number): boolean {
    const nowMs = performance.now()
    return this.#messages.spend(from, 1, nowMs) && this.#bytes.spend(from, bytes, nowMs)
  }
}

/** The set is an option at creation only, but the router reads it anew each time: so validators may come and go. */
function directSetOf(pubsub: GossipSub): Set<unknown> {
  const direct: unknown = 'direct' in pubsub ? pubsub.direct : undefined
  invariant(direct instanceof Set, 'gossipsub keeps its direct peers in a set')
  return direct
}

interface Reader {
  readonly streamsInbound: ReadonlyMap<string, { readonly rawStream: Stream }>
  pipePeerReadStream(peer: WirePeerId, frames: AsyncIterable<GossipFrame>): Promise<void>
}

/** Before it has started. Its own reader takes whatever comes, and there is no option. */
function readAtPace(pubsub: GossipSub, pace: GossipPace): void {
  const reader: object = pubsub
  invariant(isReader(reader), 'gossipsub notes its streams and reads them by a method')
  const read = reader.pipePeerReadStream.bind(pubsub)
  reader.pipePeerReadStream = (peer, frames) => {
    const id = peer.toString() as PeerId
    const stream = reader.streamsInbound.get(id)?.rawStream
    invariant(stream !== undefined, 'a stream is noted before it is read')
    return read(peer, pace.paced(id, frames, stream))
  }
}

function isReader(pubsub: object): pubsub is Reader {
  return 'streamsInbound' in pubsub && 'pipePeerReadStream' in pubsub
}
