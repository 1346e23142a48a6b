/** The modules of a network: those built in, and whatever a user's own files bring, as genesis lists them. */
import { type Rejection, rejection } from '../base/rejection.ts'
import { err, ok, type Result } from '../base/result.ts'
import type { GenesisModule } from '../types/genesis.ts'
import type { Address } from '../types/ids.ts'
import type { Module } from './module-interface.ts'
import { keyValue } from './modules/key-value.ts'
import { validators } from './modules/validators/validators.ts'

export type ModuleRegistry = ReadonlyMap<Address, Module>

/** Modules that a genesis names without a source. @internal */
export const BUILT_IN_MODULES: readonly Module[] = [validators, keyValue]

/**
 * `validators` is part of every network, the others are those that genesis lists.
 * `own` are the modules loaded from the files that genesis names.
 */
export function moduleRegistry(
  listed: readonly GenesisModule[],
  own: readonly Module[] = [],
): Result<ModuleRegistry, Rejection<'unknownModule'>> {
  const registry = new Map<Address, Module>([[validators.address, validators]])
  for (const { name, address, source } of listed) {
    const candidates = source === undefined ? BUILT_IN_MODULES : own
    const module = candidates.find((candidate) => candidate.name === name)
    if (module === undefined) return err(rejection('unknownModule', `module ${name}: ${reasonFor(source)}`))
    if (module.address !== address)
      return err(rejection('unknownModule', `module ${name} is at ${module.address}, genesis says ${address}`))
    if (address === validators.address && module !== validators)
      return err(rejection('unknownModule', `module ${name}: ${address} belongs to the network itself`))
    registry.set(address, module)
  }
  return ok(registry)
}

function reasonFor(source: string | undefined): string {
  if (source !== undefined) return `${source} does not export it`
  const names = BUILT_IN_MODULES.map((module) => module.name).join(', ')
  return `not built in (there are ${names}); name its file with "source"`
}
