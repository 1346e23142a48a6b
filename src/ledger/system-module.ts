/**
 * The module that is part of the ledger itself. Its account is the network's, so what it reads and
 * writes are the records of ledger/system, and it knows the rules of its chain. Anybody else's module
 * is made by `defineModule` and gets none of it.
 */
import type { Abi } from 'abitype'
import type { ModuleRules } from './governance-rules.ts'
import type { CallContext, ModuleDefinition, ViewContext } from './module.ts'
import { type Module, moduleOf } from './module-interface.ts'
import type { WordReader, Words } from './storage-words.ts'

export interface SystemViewContext<A extends Abi> extends ViewContext<A> {
  /** The module's own storage, paid for like any. */
  readonly words: WordReader
  readonly rules: ModuleRules
}

export interface SystemCallContext<A extends Abi> extends CallContext<A> {
  readonly words: Words
  readonly rules: ModuleRules
  /** For work that calldata and storage do not pay for. */
  charge(gas: number): void
}

export function defineSystemModule<const A extends Abi>(
  definition: ModuleDefinition<A, SystemCallContext<A>, SystemViewContext<A>>,
): Module {
  const { name, address, abi, call, view } = definition
  return moduleOf({ name, address, abi, implementations: { ...call, ...view }, isSystem: true })
}
