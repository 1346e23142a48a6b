/** Modules for threads and processes of tests, which cannot run TypeScript themselves. */
import { dirname, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../../../..')

/** Bundles a module given by its path below the root. The result lies where packages are found from. */
export async function bundleModule(path: string): Promise<URL> {
  const outfile = `${root}/node_modules/.cache/tertia-tests/${process.pid}/${path.replace(/\.ts$/, '.mjs')}`
  await build({
    entryPoints: [`${root}/${path}`],
    outfile,
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    target: 'node20',
  })
  return pathToFileURL(outfile)
}
