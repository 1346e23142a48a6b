/**
 * How libp2p is set up, and why: TCP, Noise, Yamux, identify, ping and gossipsub, nothing that finds,
 * relays or maps. Each setting that holds an attacker off has a test that fails without it.
 */
import { identify } from '@libp2p/identify'
import type { ConnectionGater, PrivateKey } from '@libp2p/interface'
import { noise } from '@libp2p/noise'
import { ping } from '@libp2p/ping'
import { tcp } from '@libp2p/tcp'
import { createLibp2p } from 'libp2p'
import type { NetworkLimits } from '../limits.ts'
import type { PeerId } from '../port.ts'
import { gossipService } from './gossip.ts'
import { boundedYamux } from './muxer.ts'

const PING_INTERVAL_MS = 10_000
const PING_TIMEOUT_MS = 10_000

export interface Libp2pSetup {
  readonly privateKey: PrivateKey
  readonly listen: readonly string[]
  readonly announce: readonly string[]
  readonly genesisHash: string
  readonly limits: NetworkLimits
  readonly gater: ConnectionGater
  readonly scoreOf: (peer: PeerId) => number
}

interface ConnectionLimit {
  setMaxConnections(connections: number): void
}

export type Libp2pNode = Awaited<ReturnType<typeof createNode>>

/** Created, not started. */
export function createNode({ privateKey, listen, announce, genesisHash, limits, gater, scoreOf }: Libp2pSetup) {
  return createLibp2p({
    start: false,
    privateKey,
    addresses: { listen: [...listen], announce: [...announce] },
    nodeInfo: { name: 'tertia', version: '1', userAgent: 'tertia' },
    transports: [tcp({ backlog: limits.pendingInboundMax })],
    connectionEncrypters: [noise()],
    streamMuxers: [boundedYamux(limits)],
    connectionGater: gater,
    connectionManager: {
      maxConnections: limits.connectionsMax,
      maxIncomingPendingConnections: limits.pendingInboundMax,
      inboundConnectionThreshold: limits.inboundPerHostPerSecondMax,
      inboundUpgradeTimeout: limits.inboundUpgradeTimeoutMs,
      inboundStreamProtocolNegotiationTimeout: limits.inboundUpgradeTimeoutMs,
      dialTimeout: limits.openTimeoutMs,
      addressDialTimeout: limits.openTimeoutMs,
    },
    connectionMonitor: {
      pingInterval: PING_INTERVAL_MS,
      pingTimeout: { minTimeout: PING_TIMEOUT_MS, maxTimeout: PING_TIMEOUT_MS },
    },
    services: {
      identify: identify({ maxInboundStreams: 2, maxOutboundStreams: 2 }),
      ping: ping({ maxInboundStreams: 2, maxOutboundStreams: 2 }),
      gossip: gossipService(genesisHash, limits, scoreOf),
      /** Lets the connection limit follow the known peers. */
      connectionLimit: ({ connectionManager }: { connectionManager: ConnectionLimit }) => connectionManager,
    },
  })
}
