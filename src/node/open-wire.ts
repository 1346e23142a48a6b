/** The network of a node as its configuration wants it, not yet started. */
import type { Logger } from '../base/logger.ts'
import { err, ok, type Result } from '../base/result.ts'
import { isMultiaddr } from '../network/libp2p/address.ts'
import { createLibp2pNetwork } from '../network/libp2p/libp2p-network.ts'
import { NetworkListenFailure } from '../network/listen-failure.ts'
import type { KnownPeer, Network, NetworkHandlers } from '../network/port.ts'
import type { Hash } from '../types/ids.ts'
import type { NodeConfig } from './config.ts'
import { EXIT, type Refusal, refusal } from './exit-codes.ts'
import { readNetworkKey } from './keys/network-key-file.ts'
import { configuredPeers, united } from './validator-peers.ts'

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
  const unreadable = [...listen, ...announce].find((text) => !isMultiaddr(text))
  if (unreadable !== undefined)
    return err(refusal(`p2p: "${unreadable}" is no multiaddr: write /ip4/…/tcp/…, or /dns4/…/tcp/… to announce`))
  const knownPeers = united([...configured.value, ...members])
  const options = { privateKey: privateKey.value, listen, announce, genesisHash, knownPeers, privateNetwork, logger }
  const network = createLibp2pNetwork(options)
  return ok({ network, configured: configured.value })
}

/** Refused when another program holds the port: the same again may work when that has ended. */
export async function startWire(network: Network, handlers: NetworkHandlers): Promise<Result<null, Refusal>> {
  try {
    await network.start(handlers)
    return ok(null)
  } catch (error) {
    if (!(error instanceof NetworkListenFailure)) throw error
    return err(refusal(`${error.message}: stop what listens there, or choose another p2p.listen`, EXIT.retry))
  }
}
