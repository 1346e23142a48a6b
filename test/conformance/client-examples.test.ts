/** The examples of docs/client.md, as they stand there, against a node that runs. */
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type SingleNode, startSingleNode } from './single-node.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const EXAMPLES = [...readFileSync(join(ROOT, 'docs/client.md'), 'utf8').matchAll(/```ts\n(.*?)```/gs)].map(
  ([, code]) => code ?? '',
)
const BALANCE = 10n ** 22n

const scratch = mkdtempSync(join(tmpdir(), 'tertia-examples-'))
let node: SingleNode

beforeAll(async () => {
  node = await startSingleNode({
    chainId: 13_371,
    alloc: { '0x70997970c51812dc3a010c7d01b50e0d17dc79c8': { balance: `0x${BALANCE.toString(16)}` } },
    // Genesis says when it was, and the first example asks for a head that is not old.
    timestamp: Math.floor(Date.now() / 1_000),
  })
}, 120_000)

afterAll(async () => {
  await node.stop()
  rmSync(scratch, { recursive: true, force: true })
})

it('are three', () => {
  expect(EXAMPLES).toHaveLength(3)
})

it.each([...EXAMPLES.entries()])('example %i prints the balance that was proven', async (index, example) => {
  const outfile = join(scratch, `example-${index}.mjs`)
  await build({
    stdin: {
      contents: example.replaceAll(/http:\/\/127\.0\.0\.1:\d+/g, node.url).replaceAll("'0x…'", `'${node.genesisHash}'`),
      loader: 'ts',
      resolveDir: ROOT,
    },
    alias: { 'tertia/client': join(ROOT, 'src/client/client.ts') },
    define: { __CANARIES__: 'false' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    outfile,
    logLevel: 'silent',
  })
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [outfile])
  expect(stdout).toContain(String(BALANCE))
  expect(stderr).toBe('')
})
