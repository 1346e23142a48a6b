import { execFile } from 'node:child_process'
import { createRequire } from 'node:module'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { nobleRecoverer } from '../../../../src/crypto/backends/noble.ts'
import { chooseRecoverer, type RecovererCandidate } from '../../../../src/node/crypto/choose-recoverer.ts'
import { bundleModule } from './crypto-pool-bundle.ts'

const good: RecovererCandidate = { name: 'good', load: () => nobleRecoverer }
const wrong: RecovererCandidate = { name: 'wrong', load: () => ({ ...nobleRecoverer, recover: () => undefined }) }
const absent: RecovererCandidate = {
  name: 'absent',
  load: () => {
    throw new Error('no binding')
  },
}

interface Choice {
  readonly name: string
  readonly refused: readonly string[]
  readonly loaded: readonly string[]
}

/** Chooses in a fresh process; gives the choice and the CommonJS modules that were loaded for it. */
async function chooseElsewhere(env: NodeJS.ProcessEnv): Promise<Choice> {
  const url = await bundleModule('src/node/crypto/choose-recoverer.ts')
  const script = `
    import { createRequire } from 'node:module'
    const { chooseRecoverer } = await import('${url.href}')
    const { recoverer, refused } = await chooseRecoverer()
    const loaded = Object.keys(createRequire('${url.href}').cache)
    console.log(JSON.stringify({ name: recoverer.name, refused: refused.map(({ name }) => name), loaded }))`
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
    env: { ...process.env, ...env },
  })
  return JSON.parse(stdout) as Choice
}

describe('choosing a signature backend', () => {
  it('takes the first that loads and passes, and says why others were passed over', async () => {
    const { recoverer, refused } = await chooseRecoverer([absent, wrong, good])
    expect(recoverer).toBe(nobleRecoverer)
    expect(refused.map(({ name }) => name)).toEqual(['absent', 'wrong'])
    expect(refused[0]?.reason).toBe('no binding')
    expect(refused[1]?.reason).toMatch(/wrong key/)
  })

  it('judges no signature when nothing is fit', async () => {
    await expect(chooseRecoverer([absent, wrong])).rejects.toThrow(/absent: no binding; wrong: /)
  })

  it('prefers the native library and loads no elliptic for it', async () => {
    const { name, refused, loaded } = await chooseElsewhere({})
    expect({ name, refused }).toEqual({ name: 'native', refused: [] })
    expect(loaded.some((path) => path.includes('secp256k1'))).toBe(true)
    expect(loaded.filter((path) => path.includes('elliptic'))).toEqual([])
  })

  it('falls back to WebAssembly, not to elliptic, where there is no binding for the machine', async () => {
    const { name, refused, loaded } = await chooseElsewhere({ npm_config_arch: 'no-such-machine' })
    expect({ name, refused }).toEqual({ name: 'wasm', refused: ['native'] })
    expect(loaded.filter((path) => path.includes('elliptic'))).toEqual([])
  })

  it('would notice elliptic: the package loads it by itself when asked by its name', () => {
    const require = createRequire(import.meta.url)
    require('secp256k1/elliptic')
    expect(Object.keys(require.cache).some((path) => path.includes('elliptic'))).toBe(true)
  })
})
