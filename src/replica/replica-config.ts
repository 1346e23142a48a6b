/** What is fixed about a replica before it runs. */
import type { LedgerRules } from '../ledger/rules.ts'
import type { PeerId } from '../network/port.ts'
import type { Genesis } from '../types/genesis.ts'
import type { Address, Hash } from '../types/ids.ts'
import type { SafetyRecord } from '../types/safety-record.ts'
import type { ValidatorSet } from '../types/validator-set.ts'
import type { RecoveredChain } from './recovered-chain.ts'

export interface ReplicaConfig {
  readonly genesis: Genesis
  readonly genesisHash: Hash
  readonly rules: LedgerRules
  readonly validators: ValidatorSet
  /** The block that the epoch of `validators` builds on. */
  readonly rootHash: Hash
  /** Leader of view v = schedule[v mod length]. */
  readonly schedule: readonly number[]
  /** By index in the validator set. */
  readonly validatorPeers: readonly PeerId[]
  /** Null for an observer. */
  readonly self: { readonly index: number; readonly address: Address } | null
  /** Null for an observer. */
  readonly safetyRecord: SafetyRecord | null
  readonly recovered: RecoveredChain
}
