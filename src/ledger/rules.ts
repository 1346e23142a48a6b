/** What a network fixes for the execution of its blocks: its genesis, and the one rule of what a signature is. */
import type { SignatureVerifier } from '../crypto/signature-verifier.ts'
import type { FaultModel } from '../types/fault-model.ts'
import type { Genesis } from '../types/genesis.ts'
import type { Hash } from '../types/ids.ts'
import type { ModuleRegistry } from './module-registry.ts'

/** What governance cannot change. */
export interface GovernanceRules {
  readonly faultModel: FaultModel
  /** The set never shrinks below this. */
  readonly minValidators: number
  /** How long a proposal is open. */
  readonly proposalBlocksMax: number
  /** How long a candidate's word that it is ready holds. */
  readonly readyBlocksMax: number
  /** Evidence of an epoch longer ago than this is refused; at most the 16 that are kept. */
  readonly ageEpochsMax: number
}

export interface LedgerRules {
  readonly chainId: number
  /** What binds every consensus signature, and so all evidence, to this chain. */
  readonly genesisHash: Hash
  readonly verifier: SignatureVerifier
  /** 0 = an epoch ends only when its validators change. */
  readonly epochBlocksMax: number
  readonly epochMsMin: number
  readonly governance: GovernanceRules
  readonly modules: ModuleRegistry
}

export function ledgerRules(
  genesis: Genesis,
  modules: ModuleRegistry,
  genesisHash: Hash,
  verifier: SignatureVerifier,
): LedgerRules {
  const { epochBlocksMax, epochMsMin } = genesis.consensus
  const { faultModel, minValidators } = genesis
  const { proposalBlocksMax, readyBlocksMax } = genesis.governance
  const { ageEpochsMax } = genesis.evidence
  const governance = { faultModel, minValidators, proposalBlocksMax, readyBlocksMax, ageEpochsMax }
  return { chainId: genesis.chainId, genesisHash, verifier, epochBlocksMax, epochMsMin, governance, modules }
}
