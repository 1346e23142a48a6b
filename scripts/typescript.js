// Lets node run the TypeScript of this repository as it stands: node --import ./scripts/typescript.js FILE.ts
// For scripts and their worker threads only; the product runs from dist/.
import { readFile } from 'node:fs/promises'
import { register } from 'node:module'
import { fileURLToPath } from 'node:url'
import { transform } from 'esbuild'

const HOOKS = '?hooks'
if (!import.meta.url.endsWith(HOOKS)) register(import.meta.url + HOOKS)

/** @type {import('node:module').LoadHook} */
export async function load(url, context, nextLoad) {
  if (!url.startsWith('file:') || !url.endsWith('.ts')) return nextLoad(url, context)
  const path = fileURLToPath(url)
  const { code } = await transform(await readFile(path, 'utf8'), {
    loader: 'ts',
    format: 'esm',
    target: 'node20',
    define: { __CANARIES__: 'true' },
    sourcefile: path,
    sourcemap: 'inline',
  })
  return { format: 'module', source: code, shortCircuit: true }
}
