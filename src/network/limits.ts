/**
 * BOUND: every limit of the network in one place. What an outsider can make us hold or do is
 * bounded by a number in this file.
 */
export interface NetworkLimits {
  /** One message of a direct stream, one response. Refused by its declared length. */
  readonly messageBytesMax: number
  readonly requestBytesMax: number
  /** What may wait for one slow reader; beyond it the stream is reset. */
  readonly sendQueueBytesMax: number
  /** What may wait unread on one stream. */
  readonly readBufferBytesMax: number
  /** A direct stream without a byte for that many ticks is dead: an idle side sends an empty frame each tick. */
  readonly silentTicksMax: number
  readonly tickMs: number
  /** Opening a stream, a connection included. */
  readonly openTimeoutMs: number
  readonly redialDelayMsMin: number
  readonly redialDelayMsMax: number

  /** Connections of peers that are neither validators nor configured. */
  readonly strangersMax: number
  /** All connections, unless the known peers alone need more. */
  readonly connectionsMax: number
  /** A simultaneous dial leaves two; the oldest goes first. */
  readonly connectionsPerPeerMax: number
  readonly pendingInboundMax: number
  readonly inboundPerHostPerSecondMax: number
  readonly inboundUpgradeTimeoutMs: number
  /** Streams of all protocols that one connection may open towards us. */
  readonly inboundStreamsMax: number
  /** Pings of the multiplexer and beginnings of streams, of one connection: each takes up to half a millisecond. Beyond it the connection ends. */
  readonly answeredFramesPerSecond: number

  readonly gossipBytesMax: number
  /** One gossipsub frame: several messages, or control data. */
  readonly gossipFrameBytesMax: number
  readonly gossipFrameMessagesMax: number
  readonly gossipFrameSubscriptionsMax: number
  readonly gossipFrameControlsMax: number
  /** Gossipsub's own cap on what an honest peer announces or asks for at once. */
  readonly gossipFrameIdsMax: number
  readonly gossipPendingVerdictsMax: number
  readonly gossipMessagesPerSecond: number
  readonly gossipBytesPerSecond: number
  /**
   * Frames, and the messages in them, also those seen before: what comes faster is not read until later. So many of
   * each known peer, and so many of all others together.
   */
  readonly gossipPartsPerSecond: number

  readonly requestsInboundPerPeerMax: number
  readonly requestsInboundMax: number
  /** Of each known peer, and of all others together: of these each 256 KiB of an answer count as one more. */
  readonly requestsPerSecond: number
  readonly responseBytesPerSecond: number
  /** Reading the request, and later having the response read. */
  readonly requestServeTimeoutMs: number
  readonly requestsOutboundPerPeerMax: number

  readonly banPoints: number
  /** For a gossip message that the node judged 'reject'. */
  readonly rejectPoints: number
  /** For each gossip message beyond the budget. */
  readonly floodPoints: number
  /** Points are forgiven at this pace. */
  readonly penaltyPointsPerSecond: number
  readonly banMs: number
  /** Peers whose points or ban are remembered. */
  readonly penalisedPeersMax: number
}

const KIB = 1024
const MIB = 1024 * KIB

export const DEFAULT_NETWORK_LIMITS: NetworkLimits = {
  messageBytesMax: 4 * MIB,
  requestBytesMax: 64 * KIB,
  sendQueueBytesMax: 16 * MIB,
  readBufferBytesMax: 512 * KIB,
  silentTicksMax: 5,
  tickMs: 1_000,
  openTimeoutMs: 5_000,
  redialDelayMsMin: 100,
  redialDelayMsMax: 5_000,

  strangersMax: 32,
  connectionsMax: 64,
  connectionsPerPeerMax: 2,
  pendingInboundMax: 200,
  inboundPerHostPerSecondMax: 64,
  inboundUpgradeTimeoutMs: 2_000,
  inboundStreamsMax: 32,
  answeredFramesPerSecond: 200,

  gossipBytesMax: 256 * KIB,
  gossipFrameBytesMax: MIB,
  gossipFrameMessagesMax: 1_024,
  gossipFrameSubscriptionsMax: 16,
  gossipFrameControlsMax: 16,
  gossipFrameIdsMax: 5_000,
  gossipPendingVerdictsMax: 1_024,
  gossipMessagesPerSecond: 1_000,
  gossipBytesPerSecond: 16 * MIB,
  gossipPartsPerSecond: 4_000,

  requestsInboundPerPeerMax: 16,
  requestsInboundMax: 64,
  requestsPerSecond: 100,
  responseBytesPerSecond: 32 * MIB,
  requestServeTimeoutMs: 10_000,
  requestsOutboundPerPeerMax: 8,

  banPoints: 100,
  rejectPoints: 21,
  floodPoints: 0.1,
  penaltyPointsPerSecond: 1,
  banMs: 600_000,
  penalisedPeersMax: 1_024,
}
