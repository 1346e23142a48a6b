/**
 * What a node asks of the network: ordered direct messages between validators, gossip, and
 * requests with one answer. Bytes in, bytes out; what they mean is decided above. Every
 * implementation (libp2p in production, the simulated network) passes the same suite.
 */
import type { Brand } from '../base/brand.ts'
import type { Rejection } from '../base/rejection.ts'
import type { Result } from '../base/result.ts'

/** A libp2p peer id in its text form. */
export type PeerId = Brand<string, 'PeerId'>

export interface KnownPeer {
  readonly peerId: PeerId
  /** Multiaddrs; names in them (dns4) are resolved anew for each dial. */
  readonly addresses: readonly string[]
  /** Direct streams run between validators only. */
  readonly validator: boolean
}

export type GossipTopic = 'transactions' | 'announcements' | 'evidence'

/** 'accept' relays; 'ignore' drops without blame; 'reject' drops and lowers the sender's score. */
export type GossipVerdict = 'accept' | 'ignore' | 'reject'

export type RequestFailure =
  | 'not-connected'
  | 'request-timeout'
  | 'request-failed'
  | 'request-too-large'
  | 'response-too-large'
  | 'request-refused'
  | 'too-many-requests'

/** Called synchronously from the network; none of them may throw. */
export interface NetworkHandlers {
  /** One message of a direct stream, in order per peer. */
  onDirect(from: PeerId, message: Uint8Array): void
  /** Called once per new gossip message. The verdict decides relaying and score. */
  onGossip(topic: GossipTopic, from: PeerId, data: Uint8Array): GossipVerdict | Promise<GossipVerdict>
  /** Undefined refuses: the peer sees `request-refused`. The answer is at most `messageBytesMax` long. */
  onRequest(from: PeerId, request: Uint8Array): Uint8Array | Promise<Uint8Array | undefined> | undefined
  /** `direct`: the direct stream is established; otherwise: a connection is. */
  onPeerUp(peer: PeerId, direct: boolean): void
  onPeerDown(peer: PeerId, direct: boolean): void
}

export interface RequestOptions {
  readonly timeoutMs: number
  readonly responseBytesMax: number
}

export interface ProtocolStats {
  readonly bytesIn: number
  readonly bytesOut: number
  readonly messagesIn: number
  readonly messagesOut: number
}

export interface NetworkStats {
  readonly peers: number
  readonly directPeers: number
  readonly bannedPeers: number
  readonly direct: ProtocolStats
  readonly gossip: ProtocolStats
  readonly requests: ProtocolStats
}

export interface Network {
  readonly peerId: PeerId
  /** @throws NetworkListenFailure */
  start(handlers: NetworkHandlers): Promise<void>
  /** Closes every connection; no handler is called afterwards. */
  stop(): Promise<void>
  /**
   * Validators (full mesh of direct streams, own redial loop) and configured peers; may change at run
   * time. A list that names this node itself as a validator is what makes it run direct streams.
   */
  setKnownPeers(peers: readonly KnownPeer[]): void
  /**
   * Queued for the direct stream; all messages of one loop tick go out in one write. False if there
   * is no stream, the message is too large, or the bounded queue is full.
   */
  sendDirect(to: PeerId, message: Uint8Array): boolean
  /** Fire and forget; nobody listening is no error. */
  publish(topic: GossipTopic, data: Uint8Array): void
  request(
    to: PeerId,
    request: Uint8Array,
    options: RequestOptions,
  ): Promise<Result<Uint8Array, Rejection<RequestFailure>>>
  connectedPeers(): readonly PeerId[]
  /** Misbehaviour: lowers the peer's score; beyond a threshold it is banned by its id for a bounded time. */
  penalise(peer: PeerId, points: number, reason: string): void
  stats(): NetworkStats
}
