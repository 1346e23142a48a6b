/** A genesis file with all that it takes to build block 0 and know its hash: what it says and the modules it names. */
import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { err, ok, type Result } from '../base/result.ts'
import { parseGenesis } from '../ledger/genesis/parse-genesis.ts'
import { type ModuleRegistry, moduleRegistry } from '../ledger/module-registry.ts'
import type { Genesis } from '../types/genesis.ts'
import { type Refusal, refusal } from './exit-codes.ts'
import { loadModules } from './module-loader.ts'
import { systemReason } from './system-reason.ts'

export interface GenesisFile {
  /** As it stands in the file. */
  readonly text: string
  readonly genesis: Genesis
  readonly registry: ModuleRegistry
}

/**
 * @param modules files that may stand for module sources, besides those beside the genesis file.
 * @param scratch directory for compiled modules.
 */
export async function readGenesisFile(
  path: string,
  modules: readonly string[],
  scratch: string,
): Promise<Result<GenesisFile, Refusal>> {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    return err(refusal(`cannot read the genesis ${path}: ${systemReason(error)}`))
  }
  const genesis = parseGenesis(text)
  if (!genesis.ok) return err(refusal(`${path}: ${genesis.error.message}`))
  const listed = genesis.value.modules
  const own = await loadModules(listed, { base: dirname(resolve(path)), given: modules, scratch })
  if (!own.ok) return err(refusal(`${path}: ${own.error.message}`))
  const registry = moduleRegistry(listed, own.value)
  if (!registry.ok) return err(refusal(`${path}: ${registry.error.message}`))
  return ok({ text, genesis: genesis.value, registry: registry.value })
}
