import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { LevelStore } from '../../../src/storage/level/level-store.ts'
import type { StorageFailure } from '../../../src/storage/storage-failure.ts'
import { temporaryDirectory } from './temporary-directory.ts'

const KEYS = 8
const BATCHES = 60

async function open(path: string, create = false) {
  const failures: StorageFailure[] = []
  const onFailure = (failure: StorageFailure) => failures.push(failure)
  const opened = await LevelStore.open(path, { create, cacheBytes: 1 << 20, onFailure })
  if (opened.ok) onTestFinished(() => opened.value.close())
  return { opened, failures }
}

async function openGood(path: string, create = false): Promise<LevelStore> {
  const { opened } = await open(path, create)
  if (!opened.ok) throw new Error(opened.error.message)
  return opened.value
}

function key(i: number): Uint8Array {
  return new Uint8Array(20).fill(i + 1)
}

/** What batch `n` writes everywhere. */
function value(n: number): Uint8Array {
  return new Uint8Array(100).fill(n)
}

/** Every batch puts its number under all keys, in a write of its own; half are in a table, half in the log. */
async function filled(path: string): Promise<void> {
  for (const isFirst of [true, false]) {
    const store = await openGood(path, isFirst)
    for (let n = isFirst ? 1 : BATCHES / 2 + 1; n <= (isFirst ? BATCHES / 2 : BATCHES); n++) {
      store.write(Array.from({ length: KEYS }, (_, i) => ({ type: 'put', key: key(i), value: value(n) })))
      await store.flush()
    }
    await store.close()
  }
  expect(readdirSync(path).filter((name) => name.endsWith('.ldb'))).not.toHaveLength(0)
}

function copied(path: string): string {
  const copy = join(temporaryDirectory(), 'db')
  mkdirSync(copy)
  for (const file of readdirSync(path)) copyFileSync(join(path, file), join(copy, file))
  return copy
}

/** The batch that all keys agree on, or how the damage was found. */
async function outcome(path: string): Promise<number | string> {
  const { opened, failures } = await open(path)
  if (!opened.ok) return opened.error.code
  const store = opened.value
  try {
    const values = Array.from({ length: KEYS }, (_, i) => store.get(key(i)))
    const n = values[0]?.[0] ?? 0
    const expected = n === 0 ? undefined : value(n)
    expect(values).toEqual(Array.from({ length: KEYS }, () => expected))
    return n
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'StorageFailure') throw error
    expect(failures).toEqual([error])
    return 'failed'
  } finally {
    await store.close()
  }
}

describe('a LevelDB store', () => {
  test('is made only in an empty place and opened only where one is', async () => {
    const path = join(temporaryDirectory(), 'db')
    expect((await open(path)).opened).toMatchObject({ ok: false, error: { code: 'database-missing' } })
    rmSync(path, { recursive: true, force: true })
    const store = await openGood(path, true)
    expect((await open(path)).opened).toMatchObject({ ok: false, error: { code: 'database-locked' } })
    await store.close()
    expect((await open(path, true)).opened).toMatchObject({ ok: false, error: { code: 'database-exists' } })
    await (await openGood(path)).close()
  })

  test('keeps what was written when it is closed and opened again', async () => {
    const path = join(temporaryDirectory(), 'db')
    const store = await openGood(path, true)
    store.write([{ type: 'put', key: key(1), value: value(1) }])
    await store.close()
    expect((await openGood(path)).get(key(1))).toEqual(value(1))
  })

  test('shows a newer write of a key all the while the older one, and then it, go to disk', async () => {
    const store = await openGood(join(temporaryDirectory(), 'db'), true)
    const filler = Array.from({ length: 2000 }, (_, i) => ({
      type: 'put' as const,
      key: new Uint8Array(30).fill(i & 0x7f),
      value: new Uint8Array(500),
    }))
    const progress = { isFlushed: false }
    store.write([...filler, { type: 'put', key: key(1), value: value(1) }])
    store.write([...filler, { type: 'put', key: key(1), value: value(2) }])
    const flushing = store.flush().then(() => {
      progress.isFlushed = true
    })
    while (!progress.isFlushed) {
      expect(store.get(key(1))?.[0]).toBe(2)
      await new Promise((resolve) => setImmediate(resolve))
    }
    await flushing
  })

  test('counts what waits, and nothing when it is flushed', async () => {
    const store = await openGood(join(temporaryDirectory(), 'db'), true)
    store.write([{ type: 'put', key: key(1), value: value(1) }])
    expect(store.pendingBytes).toBe(120)
    await store.flush()
    expect(store.pendingBytes).toBe(0)
  })

  test('refuses to open without any one of its files', async () => {
    const path = join(temporaryDirectory(), 'db')
    await filled(path)
    for (const file of readdirSync(path).filter((name) => /^(CURRENT|MANIFEST-|\d+\.ldb)/.test(name))) {
      const copy = copied(path)
      rmSync(join(copy, file))
      expect(await outcome(copy), file).toMatch(/^(database-|failed)/)
      const empty = copied(path)
      truncateSync(join(empty, file), 0)
      expect(await outcome(empty), file).toMatch(/^(database-|failed)/)
    }
  })

  test('bytes flipped in any file are found, or cost nothing but the newest batches', async () => {
    const path = join(temporaryDirectory(), 'db')
    await filled(path)
    for (const file of readdirSync(path).filter((name) => /^(MANIFEST-|\d+\.(log|ldb))/.test(name))) {
      const bytes = readFileSync(join(path, file))
      for (let offset = 0; offset < bytes.length; offset += Math.max(1, Math.floor(bytes.length / 25))) {
        const copy = copied(path)
        const flipped = Buffer.from(bytes)
        flipped[offset] = (flipped[offset] ?? 0) ^ 0xff
        writeFileSync(join(copy, file), flipped)
        const found = await outcome(copy)
        if (typeof found === 'string') expect(found).toMatch(/^(database-|failed)/)
        else expect(found).toBeLessThanOrEqual(BATCHES)
      }
    }
  })

  test('hands a value to nobody that is stored under another key', async () => {
    const { ClassicLevel } = await import('classic-level')
    const path = join(temporaryDirectory(), 'db')
    await filled(path)
    const raw = new ClassicLevel<Uint8Array, Uint8Array>(path, { keyEncoding: 'view', valueEncoding: 'view' })
    await raw.put(key(50), (await raw.get(key(1))) ?? new Uint8Array(0))
    await raw.close()
    const { opened, failures } = await open(path)
    if (!opened.ok) throw new Error(opened.error.message)
    const store = opened.value
    expect(() => store.get(key(50))).toThrow('checksum')
    expect(failures).toMatchObject([{ code: 'DATABASE_CORRUPT' }])
    expect(() => store.get(key(1))).toThrow('checksum')
    expect(() => store.write([])).toThrow('checksum')
    await expect(store.flush()).rejects.toThrow('checksum')
  })

  test('an older batch that is gone while a newer one is there is found', async () => {
    const { ClassicLevel } = await import('classic-level')
    const path = join(temporaryDirectory(), 'db')
    await filled(path)
    const raw = new ClassicLevel<Uint8Array, Uint8Array>(path, { keyEncoding: 'view', valueEncoding: 'view' })
    await raw.del(Uint8Array.of(0xff, 0, BATCHES - 5))
    await raw.close()
    expect(await outcome(path)).toBe('database-incomplete')
  })
})
