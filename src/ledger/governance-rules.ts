/** What a network fixes for its governance, and what the module needs that carries it out. */
import type { SignatureVerifier } from '../crypto/signature-verifier.ts'
import type { FaultModel } from '../types/fault-model.ts'
import type { Hash } from '../types/ids.ts'

/** What governance cannot change. */
export interface GovernanceRules {
  readonly faultModel: FaultModel
  /** The set never shrinks below this. */
  readonly minValidators: number
  /** How long a proposal is open; at least 100. */
  readonly proposalBlocksMax: number
  /** How long a candidate's word that it is ready holds. */
  readonly readyBlocksMax: number
  /** Evidence of an epoch longer ago than this is refused; at least 2, at most the 16 that are kept. */
  readonly ageEpochsMax: number
}

/** Apart from the other rules of the ledger, which know all modules. */
export interface ModuleRules {
  /** What binds every consensus signature, and so all evidence, to this chain. */
  readonly genesisHash: Hash
  readonly verifier: SignatureVerifier
  readonly governance: GovernanceRules
}
