/** What a replica is configured with, from genesis and from what lies on disk: the same for a node that runs and one that is replayed. */
import type { Recoverer } from '../crypto/secp256k1.ts'
import type { GenesisBlock } from '../ledger/genesis/genesis-block.ts'
import type { ModuleRegistry } from '../ledger/module-registry.ts'
import { ledgerRules } from '../ledger/rules.ts'
import type { EpochReader } from '../replica/epoch-context.ts'
import type { OpenedChain } from '../replica/open-replica.ts'
import type { ReplicaConfig } from '../replica/replica-config.ts'
import type { Genesis } from '../types/genesis.ts'
import { parsePeer } from './validator-peers.ts'

/** A network, as its genesis file and block 0 have it. */
export interface GenesisNetwork {
  readonly genesis: Genesis
  readonly registry: ModuleRegistry
  readonly block: GenesisBlock
}

/** A validator is reached by the peer id that its address ends with. */
export function epochReader({ faultModel }: Genesis, consensusKeys: EpochReader['consensusKeys']): EpochReader {
  return { faultModel, consensusKeys, peerOf: ({ peer }) => parsePeer(peer, true)?.peerId ?? null }
}

export function planReplica(
  { genesis, registry, block }: GenesisNetwork,
  chain: OpenedChain,
  recoverer: Recoverer,
  consensusKeys: EpochReader['consensusKeys'],
): ReplicaConfig {
  const genesisHash = block.block.hash
  const rules = ledgerRules(genesis, registry, genesisHash, recoverer)
  return { genesis, genesisHash, rules, epochs: epochReader(genesis, consensusKeys), recovered: chain.recovered }
}
