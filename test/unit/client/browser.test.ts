import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { expect, it } from 'vitest'

const ENTRY = fileURLToPath(new URL('../../../src/client/client.ts', import.meta.url))

it('runs in a browser: all that the client library imports is there without Node', async () => {
  const { metafile } = await build({
    entryPoints: [ENTRY],
    bundle: true,
    write: false,
    metafile: true,
    platform: 'browser',
    format: 'esm',
    define: { __CANARIES__: 'false' },
    logLevel: 'silent',
  })
  const inputs = Object.keys(metafile.inputs)
  expect(inputs).toContain('src/client/client.ts')
  expect(inputs.filter((path) => path.startsWith('src/node') || path.startsWith('src/rpc'))).toEqual([])
})
