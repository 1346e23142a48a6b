/** What a replica is configured with, from genesis and from what lies on disk: the same for a node that runs and one that is replayed. */
import { err, ok, type Result } from '../base/result.ts'
import type { Recoverer } from '../crypto/secp256k1.ts'
import type { GenesisBlock } from '../ledger/genesis/genesis-block.ts'
import type { ModuleRegistry } from '../ledger/module-registry.ts'
import { ledgerRules } from '../ledger/rules.ts'
import type { KnownPeer } from '../network/port.ts'
import { type EpochReader, epochAtTip } from '../replica/epoch-context.ts'
import type { OpenedChain } from '../replica/open-replica.ts'
import type { ReplicaConfig } from '../replica/replica-config.ts'
import type { Genesis } from '../types/genesis.ts'
import { type Refusal, refusal } from './exit-codes.ts'
import { parsePeer, planPeers } from './validator-peers.ts'

/** A network, as its genesis file and block 0 have it. */
export interface GenesisNetwork {
  readonly genesis: Genesis
  readonly registry: ModuleRegistry
  readonly block: GenesisBlock
}

export interface PlannedReplica {
  readonly config: ReplicaConfig
  readonly knownPeers: readonly KnownPeer[]
}

/** A validator is reached by the peer id that its address ends with. */
export function epochReader({ faultModel }: Genesis, consensusKey: Uint8Array | null): EpochReader {
  return { faultModel, consensusKey, peerOf: ({ peer }) => parsePeer(peer, true)?.peerId ?? null }
}

/** @param consensusKey 33 bytes; null for a node that never signs. */
export function planReplica(
  network: GenesisNetwork,
  chain: OpenedChain,
  recoverer: Recoverer,
  consensusKey: Uint8Array | null,
  configuredPeers: readonly string[],
): Result<PlannedReplica, Refusal> {
  const { genesis, registry, block } = network
  const genesisHash = block.block.hash
  const epochs = epochReader(genesis, consensusKey)
  const peers = planPeers(epochAtTip(chain.store, epochs), configuredPeers)
  if (!peers.ok) return err(refusal(peers.error.message))
  const rules = ledgerRules(genesis, registry, genesisHash, recoverer)
  return ok({ config: { genesis, genesisHash, rules, epochs, recovered: chain.recovered }, knownPeers: peers.value })
}
