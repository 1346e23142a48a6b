/**
 * Loads modules that users wrote: one TypeScript or JavaScript file each, which may import
 * `tertia/module` and nothing else, so that the SHA-256 in genesis covers all that will run.
 */
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { err, ok, type Result } from '../base/result.ts'
import { isModuleName } from '../ledger/genesis/members.ts'
import type { Module } from '../ledger/module-interface.ts'
import type { GenesisModule } from '../types/genesis.ts'
import { type Refusal, refusal } from './exit-codes.ts'
import { systemReason } from './system-reason.ts'

const MODULE_API = 'tertia/module'
const MODULE_API_URL = new URL('../ledger/module.js', import.meta.url)

export interface ModuleFile {
  readonly module: Module
  /** Of the source as it lies on disk, lower-case hexadecimal. */
  readonly sha256: string
}

export interface ModulePlaces {
  /** Directory that `source` in genesis is relative to. */
  readonly base: string
  /** Files that may stand for a source besides: chosen by their hash. */
  readonly given: readonly string[]
  /** Directory for what is made of the sources. */
  readonly scratch: string
}

/** The modules that genesis names by their source, each checked against its hash. */
export async function loadModules(
  listed: readonly GenesisModule[],
  places: ModulePlaces,
): Promise<Result<readonly Module[], Refusal>> {
  const modules: Module[] = []
  for (const { name, source, sha256 } of listed) {
    if (source === undefined || sha256 === undefined) continue
    const path = places.given.find((file) => hashOfFile(file) === sha256) ?? resolve(places.base, source)
    const loaded = await loadModuleFile(path, places.scratch, sha256)
    if (!loaded.ok) return err(refusal(`module ${name}: ${loaded.error.message}`))
    modules.push(loaded.value.module)
  }
  return ok(modules)
}

/** @param sha256 what the source must have. */
export async function loadModuleFile(
  path: string,
  scratch: string,
  sha256?: string,
): Promise<Result<ModuleFile, Refusal>> {
  let source: Buffer
  try {
    source = readFileSync(path)
  } catch (error) {
    return err(refusal(`cannot read ${path}: ${systemReason(error)}`))
  }
  const actual = hashOf(source)
  if (sha256 !== undefined && actual !== sha256)
    return err(
      refusal(`${path} has SHA-256 ${actual}, genesis wants ${sha256}: use the file that genesis was made with`),
    )
  const code = await compile(path, source.toString('utf8'))
  if (!code.ok) return code
  return evaluate(path, writeProgram(resolve(scratch), actual, code.value), actual)
}

async function compile(path: string, source: string): Promise<Result<string, Refusal>> {
  // Only who has modules of their own waits for the compiler to load.
  const { build } = await import('esbuild')
  const foreign: string[] = []
  try {
    const { outputFiles } = await build({
      stdin: { contents: source, sourcefile: basename(path), resolveDir: dirname(resolve(path)), loader: 'ts' },
      bundle: true,
      format: 'esm',
      platform: 'node',
      target: 'node20',
      logLevel: 'silent',
      write: false,
      plugins: [
        {
          name: 'module-api-only',
          setup: (build) => {
            build.onResolve({ filter: /.*/ }, ({ path: imported }) => {
              if (imported !== MODULE_API) foreign.push(imported)
              return { path: MODULE_API_URL.href, external: true }
            })
          },
        },
      ],
    })
    const [other] = foreign
    if (other !== undefined) return err(refusal(`${path} imports "${other}": a module may import "${MODULE_API}" only`))
    return ok(outputFiles[0]?.text ?? '')
  } catch (error) {
    const [first] = (error instanceof Error ? error.message : String(error)).split('\n').slice(1)
    return err(refusal(`${path} cannot be compiled: ${first ?? 'esbuild failed'}`))
  }
}

/** Named by the hash of its source, and in one step: replicas that share a directory do no harm to each other. */
function writeProgram(scratch: string, sha256: string, code: string): string {
  const program = join(scratch, `${sha256}.mjs`)
  const draft = `${program}.${process.pid}`
  mkdirSync(scratch, { recursive: true })
  writeFileSync(draft, code)
  renameSync(draft, program)
  return program
}

async function evaluate(path: string, program: string, sha256: string): Promise<Result<ModuleFile, Refusal>> {
  try {
    const exports = (await import(pathToFileURL(program).href)) as { readonly default?: unknown }
    if (!isModule(exports.default))
      return err(refusal(`${path} has no module as its default export: export default defineModule({ … })`))
    const { name } = exports.default
    if (!isModuleName(name))
      return err(refusal(`${path}: its module is named ${JSON.stringify(name)}: letters and digits, at most 32`))
    return ok({ module: exports.default, sha256 })
  } catch (error) {
    return err(refusal(`${path} cannot be loaded: ${error instanceof Error ? error.message : String(error)}`))
  }
}

function isModule(value: unknown): value is Module {
  return typeof value === 'object' && value !== null && 'name' in value && 'address' in value && 'functions' in value
}

/** SHA-256, lower-case hexadecimal; undefined when it cannot be read. */
export function hashOfFile(path: string): string | undefined {
  try {
    return hashOf(readFileSync(path))
  } catch {
    return undefined
  }
}

function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
