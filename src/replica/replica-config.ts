/** What is fixed about a replica before it runs. */
import type { LedgerRules } from '../ledger/rules.ts'
import type { Genesis } from '../types/genesis.ts'
import type { Hash } from '../types/ids.ts'
import type { EpochReader } from './epoch-context.ts'
import type { RecoveredChain } from './recovered-chain.ts'

export interface ReplicaConfig {
  readonly genesis: Genesis
  readonly genesisHash: Hash
  readonly rules: LedgerRules
  /** How the state's word on an epoch is read, and which validator this node is. */
  readonly epochs: EpochReader
  readonly recovered: RecoveredChain
}
