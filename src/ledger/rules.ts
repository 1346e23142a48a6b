/** What a network's genesis fixes for the execution of its blocks. */
import type { Genesis } from '../types/genesis.ts'
import type { ModuleRegistry } from './module-registry.ts'

export interface LedgerRules {
  readonly chainId: number
  /** 0 = an epoch ends only when its validators change. */
  readonly epochBlocksMax: number
  readonly epochMsMin: number
  readonly modules: ModuleRegistry
}

export function ledgerRules(genesis: Genesis, modules: ModuleRegistry): LedgerRules {
  const { epochBlocksMax, epochMsMin } = genesis.consensus
  return { chainId: genesis.chainId, epochBlocksMax, epochMsMin, modules }
}
