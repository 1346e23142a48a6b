import { mkdtempSync, readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { toHex } from '../../../../src/base/bytes.ts'
import { InvariantViolation } from '../../../../src/base/invariant.ts'
import { silentLogger } from '../../../../src/base/logger.ts'
import { keccak256 } from '../../../../src/crypto/keccak.ts'
import { addressOfPublicKey, createSigner, type RecoverItem } from '../../../../src/crypto/secp256k1.ts'
import { CryptoPool, type CryptoPoolOptions } from '../../../../src/node/crypto/crypto-pool.ts'
import { bundleModule } from './crypto-pool-bundle.ts'

const signers = [1, 2, 3].map((n) => createSigner(new Uint8Array(32).fill(n)))

function signed(index: number): RecoverItem & { readonly publicKey: Uint8Array } {
  const signer = signers[index % signers.length] as (typeof signers)[number]
  const digest = keccak256(Uint8Array.of(index, index >> 8))
  return { digest, ...signer.sign(digest), publicKey: signer.publicKey }
}

const unsigned = (index: number): RecoverItem => ({
  digest: keccak256(Uint8Array.of(index, index >> 8, 1)),
  signature: new Uint8Array(64),
  yParity: 0,
})

/** A worker of a few lines: for each item the "key" 04 ‖ digest ‖ zeros, after `prelude` has seen the request. */
function fakeWorker(prelude: string): URL {
  const source = `
    import { parentPort } from 'node:worker_threads'
    import { closeSync, openSync, readdirSync } from 'node:fs'
    parentPort.on('message', (request) => {
      ${prelude}
      const count = request.length / 97
      const reply = new Uint8Array(count * 65)
      for (let i = 0; i < count; i++) {
        reply[i * 65] = 4
        reply.set(request.subarray(i * 97, i * 97 + 32), i * 65 + 1)
      }
      parentPort.postMessage(reply)
    })`
  return new URL(`data:text/javascript,${encodeURIComponent(source)}`)
}

/** Dies with those requests for whose index `dies` (source text) holds; each request leaves a file in the folder. */
function dyingWorker(dies: string): { readonly url: URL; readonly requests: () => number } {
  const folder = mkdtempSync(join(tmpdir(), 'tertia-pool-'))
  const url = fakeWorker(`
    const index = readdirSync(${JSON.stringify(folder)}).length
    closeSync(openSync(${JSON.stringify(`${folder}/`)} + index, 'w'))
    if (${dies}) process.exit(9)`)
  return { url, requests: () => readdirSync(folder).length }
}

const echoed = (items: readonly RecoverItem[]): string[] => items.map((item) => `0x02${toHex(item.digest).slice(2)}`)
const hex = (keys: readonly (Uint8Array | undefined)[]): (string | undefined)[] => keys.map((key) => key && toHex(key))

const pools: CryptoPool[] = []
function createPool(options: Omit<CryptoPoolOptions, 'logger'>): CryptoPool {
  const pool = new CryptoPool({ logger: silentLogger, size: 1, ...options })
  pools.push(pool)
  return pool
}

afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.close()))
})

describe('the crypto pool', () => {
  let workerUrl: URL
  beforeAll(async () => {
    workerUrl = await bundleModule('src/node/crypto/crypto-worker.ts')
  })

  it('gives each item its own signer, in order, and nothing for what is no signature', async () => {
    const pool = createPool({ workerUrl, size: 2 })
    const good = Array.from({ length: 150 }, (_, i) => signed(i))
    const items: RecoverItem[] = [...good]
    items[70] = unsigned(70)
    items[71] = { ...signed(71), signature: new Uint8Array(65).fill(1) }
    items[72] = { ...signed(72), signature: new Uint8Array(0) }
    const isBad = (i: number): boolean => i >= 70 && i <= 72
    const keys = await pool.recoverBatch(items)
    expect(hex(keys)).toEqual(good.map((item, i) => (isBad(i) ? undefined : toHex(item.publicKey))))
    const addresses = await pool.recoverAddresses(items)
    expect(addresses).toEqual(good.map((item, i) => (isBad(i) ? undefined : addressOfPublicKey(item.publicKey))))
  })

  it('keeps apart calls that travel together', async () => {
    const pool = createPool({ workerUrl: fakeWorker('') })
    const calls = Array.from({ length: 40 }, (_, call) =>
      Array.from({ length: call * 5 }, (_, i) => unsigned(call * 256 + i)),
    )
    const answers = await Promise.all(calls.map((items) => pool.recoverBatch(items)))
    expect(answers.map(hex)).toEqual(calls.map(echoed))
  })

  it('gives the items of a dead worker to another, however often workers die between replies', async () => {
    const worker = dyingWorker('index % 2 === 0')
    const pool = createPool({ workerUrl: worker.url })
    const items = Array.from({ length: 50 }, (_, i) => unsigned(i))
    for (let round = 0; round < 4; round++) expect(hex(await pool.recoverBatch(items))).toEqual(echoed(items))
    expect(worker.requests()).toBe(8)
  })

  it('gives up items over which two workers died, and works on', async () => {
    const worker = dyingWorker('index < 2')
    const pool = createPool({ workerUrl: worker.url, pendingItemsMax: 2 })
    const items = [unsigned(1), unsigned(2)]
    await expect(pool.recoverBatch(items)).rejects.toMatchObject({ name: 'CryptoPoolFailure', code: 'crashed' })
    expect(hex(await pool.recoverBatch(items))).toEqual(echoed(items))
    expect(worker.requests()).toBe(3)
  })

  it('stops starting workers that die before they work, and says why', async () => {
    const pool = createPool({ workerUrl: new URL('data:text/javascript,throw new Error("broken build")') })
    const failure = { code: 'crashed', cause: { message: 'broken build' } }
    await expect(pool.recoverBatch([unsigned(1)])).rejects.toMatchObject(failure)
    await expect.poll(() => pool.recoverBatch([unsigned(1)]).catch(String)).toMatch(/in a row/)
  })

  it('takes no more than its bound, and takes again what it has room for', async () => {
    const pool = createPool({ workerUrl: fakeWorker(''), pendingItemsMax: 100 })
    const items = Array.from({ length: 60 }, (_, i) => unsigned(i))
    const first = pool.recoverBatch(items)
    await expect(pool.recoverBatch(items)).rejects.toMatchObject({ code: 'busy' })
    const second = pool.recoverBatch(items.slice(0, 40))
    await Promise.all([first, second])
    expect(hex(await pool.recoverBatch(items))).toEqual(echoed(items))
  })

  it('rejects what is under way when it is closed, and everything after', async () => {
    const pool = createPool({ workerUrl: fakeWorker('return') })
    const waiting = pool.recoverBatch([unsigned(1)])
    const rejected = expect(waiting).rejects.toMatchObject({ code: 'closed' })
    await pool.close()
    await rejected
    await expect(pool.recoverBatch([unsigned(2)])).rejects.toMatchObject({ code: 'closed' })
  })

  it('takes a digest of another length for our mistake and forgets the call', async () => {
    const pool = createPool({ workerUrl: fakeWorker(''), pendingItemsMax: 2 })
    const bad = { ...unsigned(1), digest: new Uint8Array(31) }
    await expect(pool.recoverBatch([bad, bad])).rejects.toThrow(InvariantViolation)
    await expect(pool.recoverBatch([unsigned(1), unsigned(2)])).resolves.toHaveLength(2)
  })
})
