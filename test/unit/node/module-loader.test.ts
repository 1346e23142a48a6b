import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, beforeEach, expect, it, onTestFinished } from 'vitest'
import { buildIfStale } from '../../../scripts/build.js'

type ModuleLoader = typeof import('../../../src/node/module-loader.ts')

const SOURCE = `
  import { defineModule, parseAbi } from 'tertia/module'
  interface Sum { readonly value: bigint }
  export default defineModule({
    name: 'adder',
    address: '0x0000000000000000000000000000000000002001',
    abi: parseAbi(['function add(uint256 a, uint256 b) view returns (uint256)']),
    call: {},
    view: { add: (_, [a, b]): bigint => (({ value: a + b }) as Sum).value },
  })
`
const ADDRESS = '0x0000000000000000000000000000000000002001' as never

// What users write imports the built `tertia/module`, so the loader that is tested is the built one too.
let loader: ModuleLoader
let directory: string

beforeAll(async () => {
  await buildIfStale()
  loader = (await import(new URL('../../../dist/node/module-loader.js', import.meta.url).href)) as ModuleLoader
})

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tertia-module-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
})

function write(name: string, source: string): { path: string; sha256: string } {
  const path = join(directory, name)
  writeFileSync(path, source)
  return { path, sha256: createHash('sha256').update(source).digest('hex') }
}

const load = (path: string) => loader.loadModuleFile(path, join(directory, 'scratch'))
const places = (given: readonly string[] = []) => ({ base: directory, given, scratch: join(directory, 'scratch') })

it('makes a module of a TypeScript file and names its hash', async () => {
  const { path, sha256 } = write('adder.ts', SOURCE)
  const loaded = await load(path)
  if (!loaded.ok) throw new Error(loaded.error.message)
  expect(loaded.value).toMatchObject({ sha256, module: { name: 'adder', address: ADDRESS } })
  const [add] = loaded.value.module.functions.values()
  expect(add?.implementation({} as never, [2n, 3n] as never)).toBe(5n)
})

it('finds the sources that genesis names beside it, or among the given files by their hash', async () => {
  const { path, sha256 } = write('adder.ts', SOURCE)
  const listed = (source: string) => [{ name: 'adder', address: ADDRESS, source, sha256 }]
  for (const found of [
    await loader.loadModules(listed('adder.ts'), places()),
    await loader.loadModules(listed('elsewhere.ts'), places([path])),
  ])
    expect(found).toMatchObject({ ok: true, value: [{ name: 'adder' }] })
})

it('refuses a module whose name could not name a file', async () => {
  const { path } = write('adder.ts', SOURCE.replace("'adder'", "'../adder'"))
  expect(await load(path)).toMatchObject({
    ok: false,
    error: { message: expect.stringContaining('"../adder": letters and digits') as string },
  })
})

it('refuses a source whose hash is not that of genesis before it runs', async () => {
  write('adder.ts', 'globalThis.wasRun = true')
  const listed = [{ name: 'adder', address: ADDRESS, source: 'adder.ts', sha256: '0'.repeat(64) }]
  const found = await loader.loadModules(listed, places())
  expect(found).toMatchObject({ ok: false, error: { exitCode: 78 } })
  expect(found).toMatchObject({
    error: { message: expect.stringMatching(/has SHA-256 .*, genesis wants 0{64}/) as string },
  })
  expect(globalThis).not.toHaveProperty('wasRun')
})

it.each([
  [
    'imports a file that the hash does not cover',
    "import './other.ts'",
    /imports "\.\/other\.ts": a module may import/,
  ],
  ['imports what Node offers', "import 'node:fs'", /imports "node:fs"/],
  ['does not parse', 'export default {', /cannot be compiled: .*adder\.ts/],
  ['fails when it is loaded', "throw new Error('no luck')", /cannot be loaded: no luck/],
  ['exports no module', 'export const one = 1', /has no module as its default export/],
])('refuses a source that %s', async (_, source, message) => {
  const loaded = await load(write('adder.ts', source).path)
  expect(loaded).toMatchObject({
    ok: false,
    error: { exitCode: 78, message: expect.stringMatching(message) as string },
  })
})

it('says which file is missing', async () => {
  const path = join(directory, 'absent.ts')
  expect(await load(path)).toMatchObject({ error: { message: `cannot read ${path}: there is no such file` } })
})
