import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fromHex, toHex } from '../../../src/base/bytes.ts'
import { EMPTY_ROOT, Trie } from '../../../src/trie/trie.ts'
import { applied, histories, inKeyOrder, oracleOf, probes } from './oracle.ts'

const text = (trie: Trie) => [...trie.entries()].map(([key, value]) => [toHex(key), toHex(value)])

describe('Trie', () => {
  test('the empty trie has the root every Ethereum client knows', () => {
    expect(toHex(EMPTY_ROOT)).toBe('0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421')
    expect(Trie.empty().root()).toEqual(EMPTY_ROOT)
  })

  test('after any blocks of changes the root is that of @ethereumjs/mpt', async () => {
    await fc.assert(
      fc.asyncProperty(histories, async (history) => {
        let trie = Trie.empty()
        let content: ReadonlyMap<string, Uint8Array> = new Map()
        for (const changes of history) {
          trie = trie.update(changes)
          content = applied(content, changes)
          expect(toHex(trie.root())).toBe(toHex((await oracleOf(content)).root()))
        }
      }),
      { numRuns: 150 },
    )
  })

  test('a batch gives what its changes one by one give, and what the content alone gives', () => {
    fc.assert(
      fc.property(histories, (history) => {
        let batched = Trie.empty()
        let single = Trie.empty()
        let content: ReadonlyMap<string, Uint8Array> = new Map()
        for (const changes of history) {
          batched = batched.update(changes)
          for (const [key, value] of changes) single = value === undefined ? single.delete(key) : single.set(key, value)
          content = applied(content, changes)
        }
        const entries = [...content].map(([key, value]) => [fromHex(key), value] as const)
        expect(toHex(single.root())).toBe(toHex(batched.root()))
        expect(toHex(Trie.empty().update(entries.reverse()).root())).toBe(toHex(batched.root()))
      }),
      { numRuns: 300 },
    )
  })

  test('it does not matter after which changes the root was asked for', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(63), fc.nat(255), fc.boolean()), { maxLength: 30 }), (steps) => {
        const entry = (key: number, fill: number) => [Uint8Array.of(key), new Uint8Array(40).fill(fill)] as const
        let trie = Trie.empty().update(Array.from({ length: 64 }, (_, key) => entry(key, 1)))
        let content = applied(new Map(), [...trie.entries()])
        trie.root()
        for (const [key, fill, hashed] of steps) {
          trie = trie.update([entry(key, fill)])
          content = applied(content, [entry(key, fill)])
          if (hashed) trie.root()
        }
        const fresh = Trie.empty().update([...content].map(([key, value]) => [fromHex(key), value] as const))
        expect(toHex(trie.root())).toBe(toHex(fresh.root()))
      }),
    )
  })

  test('every version stays as it was: entries in key order, gets of present and absent keys', () => {
    fc.assert(
      fc.property(histories, fc.array(probes), (history, absent) => {
        const versions: [Trie, ReadonlyMap<string, Uint8Array>][] = [[Trie.empty(), new Map()]]
        for (const changes of history) {
          const [trie, content] = versions.at(-1) as (typeof versions)[number]
          versions.push([trie.update(changes), applied(content, changes)])
        }
        for (const [trie, content] of versions) {
          expect(text(trie)).toEqual(inKeyOrder(content))
          const keys = [...absent, ...history.flat().map(([key]) => key)]
          for (const key of keys) expect(trie.get(key)).toEqual(content.get(toHex(key)))
        }
      }),
      { numRuns: 200 },
    )
  })

  test('entries can start at any key, present or not', () => {
    fc.assert(
      fc.property(histories, probes, (history, from) => {
        const changes = history.flat()
        const expected = inKeyOrder(applied(new Map(), changes)).filter(([key]) => key >= toHex(from))
        const found = [...Trie.empty().update(changes).entries(from)]
        expect(found.map(([key, value]) => [toHex(key), toHex(value)])).toEqual(expected)
      }),
      { numRuns: 300 },
    )
  })

  test('changes that change nothing give the same trie', () => {
    fc.assert(
      fc.property(histories, probes, (history, absent) => {
        const trie = Trie.empty().update(history.flat())
        expect(trie.update([])).toBe(trie)
        expect(trie.update(trie.entries())).toBe(trie)
        if (trie.get(absent) === undefined) expect(trie.delete(absent)).toBe(trie)
      }),
      { numRuns: 300 },
    )
  })
})
