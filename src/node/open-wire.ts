/** The network of a node as its configuration wants it, not yet started. */
import type { Logger } from '../base/logger.ts'
import { err, ok, type Result } from '../base/result.ts'
import { createLibp2pNetwork } from '../network/libp2p/libp2p-network.ts'
import type { KnownPeer, Network } from '../network/port.ts'
import type { Hash } from '../types/ids.ts'
import type { NodeConfig } from './config.ts'
import { type Refusal, refusal } from './exit-codes.ts'
import { readNetworkKey } from './network-key-file.ts'
import { configuredPeers } from './validator-peers.ts'

export interface Wire {
  readonly network: Network
  /** Of the configuration. */
  readonly configured: readonly KnownPeer[]
}

/** `members`: of the network, as a state names them. */
export function openWire(
  { p2p }: NodeConfig,
  genesisHash: Hash,
  members: readonly KnownPeer[],
  logger: Logger,
): Result<Wire, Refusal> {
  const configured = configuredPeers(p2p.peers)
  if (!configured.ok) return err(refusal(configured.error.message))
  const privateKey = readNetworkKey(p2p.keyPath)
  if (!privateKey.ok) return privateKey
  const { listen, announce, private: privateNetwork } = p2p
  const knownPeers = [...configured.value, ...members]
  const options = { privateKey: privateKey.value, listen, announce, genesisHash, knownPeers, privateNetwork, logger }
  const network = createLibp2pNetwork(options)
  return ok({ network, configured: configured.value })
}
