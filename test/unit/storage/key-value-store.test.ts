/** What every KeyValueStore owes, held by each of them. */
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, onTestFinished, test } from 'vitest'
import { toHex } from '../../../src/base/bytes.ts'
import type { KeyRange, KeyValueOperation, KeyValueStore } from '../../../src/storage/key-value-store.ts'
import { LevelStore } from '../../../src/storage/level/level-store.ts'
import { MemoryStore } from '../../../src/storage/memory/memory-store.ts'
import { temporaryDirectory } from './temporary-directory.ts'

async function levelStore(): Promise<KeyValueStore> {
  const opened = await LevelStore.open(join(temporaryDirectory(), 'db'), {
    create: true,
    cacheBytes: 1 << 20,
    onFailure: (failure) => {
      throw failure
    },
  })
  if (!opened.ok) throw new Error(opened.error.message)
  onTestFinished(() => opened.value.close())
  return opened.value
}

const IMPLEMENTATIONS: Record<string, () => Promise<KeyValueStore>> = {
  'on LevelDB': levelStore,
  'in memory': () => Promise.resolve(new MemoryStore()),
}

function put(key: number, value: number): KeyValueOperation {
  return { type: 'put', key: Uint8Array.of(key), value: Uint8Array.of(value) }
}

function del(key: number): KeyValueOperation {
  return { type: 'del', key: Uint8Array.of(key) }
}

function valueUnder(store: KeyValueStore, key: number): number | undefined {
  return store.get(Uint8Array.of(key))?.[0]
}

async function listed(store: KeyValueStore, range: KeyRange): Promise<[number | undefined, number | undefined][]> {
  const all: [number | undefined, number | undefined][] = []
  for await (const [key, value] of store.entries(range)) all.push([key[0], value[0]])
  return all
}

const ALL = { gte: Uint8Array.of(0), lt: Uint8Array.of(0xfe) }

describe.each(Object.keys(IMPLEMENTATIONS))('a key-value store %s', (name) => {
  const make = () => IMPLEMENTATIONS[name]?.() ?? levelStore()

  test('a read sees every write before it, on disk or not', async () => {
    const store = await make()
    expect(valueUnder(store, 1)).toBeUndefined()
    store.write([put(1, 10), put(2, 20)])
    expect([valueUnder(store, 1), valueUnder(store, 2)]).toEqual([10, 20])
    store.write([put(1, 11), del(2)])
    expect([valueUnder(store, 1), valueUnder(store, 2)]).toEqual([11, undefined])
    await store.flush()
    expect([valueUnder(store, 1), valueUnder(store, 2)]).toEqual([11, undefined])
    store.write([put(2, 22)])
    expect(valueUnder(store, 2)).toBe(22)
  })

  test('within one write the last operation on a key stands', async () => {
    const store = await make()
    store.write([put(1, 1), put(1, 2), del(3), put(3, 3), put(4, 4), del(4)])
    const keys = [1, 3, 4]
    expect(keys.map((key) => valueUnder(store, key))).toEqual([2, 3, undefined])
    await store.flush()
    expect(keys.map((key) => valueUnder(store, key))).toEqual([2, 3, undefined])
  })

  test('entries come in key order, with every write before, within the range and the limit', async () => {
    const store = await make()
    store.write([5, 1, 3, 200, 2].map((key) => put(key, key)))
    store.write([del(3)])
    expect(await listed(store, ALL)).toEqual([1, 2, 5, 200].map((key) => [key, key]))
    expect(await listed(store, { gte: Uint8Array.of(2), lt: Uint8Array.of(200) })).toEqual([2, 5].map((k) => [k, k]))
    expect(await listed(store, { ...ALL, limit: 2 })).toEqual([1, 2].map((key) => [key, key]))
    expect(await listed(store, { ...ALL, reverse: true, limit: 3 })).toEqual([200, 5, 2].map((key) => [key, key]))
    expect(await listed(store, { gte: Uint8Array.of(6), lt: Uint8Array.of(6) })).toEqual([])
  })

  test('empty values and keys that are beginnings of others are told apart', async () => {
    const store = await make()
    const [short, long] = [Uint8Array.of(7), Uint8Array.of(7, 0)]
    store.write([
      { type: 'put', key: short, value: new Uint8Array(0) },
      { type: 'put', key: long, value: Uint8Array.of(1) },
    ])
    await store.flush()
    expect([store.get(short), store.get(long)]).toEqual([new Uint8Array(0), Uint8Array.of(1)])
    const keys: string[] = []
    for await (const [key] of store.entries(ALL)) keys.push(toHex(key))
    expect(keys).toEqual(['0x07', '0x0700'])
  })

  test('any sequence of writes, reads and flushes agrees with a map', async () => {
    const store = await make()
    const model = new Map<number, number>()
    const operation = fc.oneof(
      fc.tuple(fc.nat(8), fc.nat(255)).map(([key, value]) => put(key, value)),
      fc.nat(8).map(del),
    )
    const step = fc.oneof(fc.array(operation, { maxLength: 5 }), fc.constant('flush' as const))
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
        for (const each of steps) {
          if (each === 'flush') await store.flush()
          else {
            store.write(each)
            for (const { type, key, ...rest } of each) {
              if (type === 'put' && 'value' in rest) model.set(key[0] ?? 0, rest.value[0] ?? 0)
              else model.delete(key[0] ?? 0)
            }
          }
          for (let key = 0; key <= 8; key++) expect(valueUnder(store, key)).toBe(model.get(key))
        }
        expect(await listed(store, ALL)).toEqual([...model].sort(([a], [b]) => a - b))
      }),
      { numRuns: 40 },
    )
  })

  test('closes more than once', async () => {
    const store = await make()
    store.write([put(1, 1)])
    await Promise.all([store.close(), store.close()])
    await store.close()
  })
})
