/** What a network fixes for the execution of its blocks: its genesis, and the one rule of what a signature is. */
import type { SignatureVerifier } from '../crypto/signature-verifier.ts'
import type { Genesis } from '../types/genesis.ts'
import type { Hash } from '../types/ids.ts'
import type { ModuleRules } from './governance-rules.ts'
import type { ModuleRegistry } from './module-registry.ts'

export interface LedgerRules extends ModuleRules {
  readonly chainId: number
  /** 0 = an epoch ends only when its validators change. */
  readonly epochBlocksMax: number
  readonly epochMsMin: number
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
