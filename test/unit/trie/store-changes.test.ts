import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { toHex } from '../../../src/base/bytes.ts'
import { MissingNodeError, type NodeSource } from '../../../src/trie/node-source.ts'
import { EMPTY_ROOT, Trie, type TrieChanges } from '../../../src/trie/trie.ts'
import { histories } from './oracle.ts'

const keyOf = (path: Uint8Array, hash: Uint8Array) => `${toHex(path)}/${toHex(hash)}`

/** A store as it is kept on disk (docs/ledger.md, "State on disk"): it knows nothing but what `changesSince` says. */
class WindowStore implements NodeSource {
  readonly nodes = new Map<string, { readonly createdHeight: number; readonly encoding: Uint8Array }>()
  readonly #stale = new Map<number, TrieChanges['stale']>()
  readonly #window: number

  constructor(window: number) {
    this.#window = window
  }

  load(path: Uint8Array, hash: Uint8Array): Uint8Array | undefined {
    return this.nodes.get(keyOf(path, hash))?.encoding
  }

  commit(createdHeight: number, changes: TrieChanges): void {
    for (const { path, hash, encoding } of changes.created)
      this.nodes.set(keyOf(path, hash), { createdHeight, encoding })
    this.#stale.set(createdHeight, changes.stale)
    // The root before this height was the last that needed what became stale at it.
    const leaving = createdHeight - this.#window + 1
    for (const { path, hash } of this.#stale.get(leaving) ?? []) {
      const held = this.nodes.get(keyOf(path, hash))
      if (held !== undefined && held.createdHeight <= leaving) this.nodes.delete(keyOf(path, hash))
    }
    this.#stale.delete(leaving)
  }
}

const text = (trie: Trie) => [...trie.entries()].map(([key, value]) => `${toHex(key)}=${toHex(value)}`)

const inOrder = (keys: readonly string[]) => keys.toSorted((a, b) => (a < b ? -1 : 1))

/** Keys of every node of a trie, found by rebuilding it from its content alone. */
function nodeKeys(trie: Trie): string[] {
  const { created } = Trie.empty().update(trie.entries()).changesSince(Trie.empty())
  return created.map(({ path, hash }) => keyOf(path, hash))
}

describe('Trie.changesSince', () => {
  test('a store kept by created and stale alone serves every root of the window and holds nothing else', () => {
    fc.assert(
      fc.property(histories, fc.integer({ min: 1, max: 4 }), fc.array(fc.nat(2)), (history, window, whims) => {
        const store = new WindowStore(window)
        const versions: { root: Uint8Array; content: string[] }[] = [{ root: EMPTY_ROOT, content: [] }]
        let trie = Trie.empty(store)
        let stored = trie
        // Twice, so that the same nodes come, go and come back.
        for (const [i, changes] of [...history, ...history].entries()) {
          const whim = whims[i % Math.max(1, whims.length)] ?? 0
          trie = trie.update(changes)
          store.commit(i + 1, trie.changesSince(stored))
          versions.push({ root: trie.root(), content: text(trie) })
          if (whim === 1) trie.unload(0)
          if (whim === 2) trie = Trie.at(trie.root(), store)
          stored = trie

          const kept = versions.slice(-window)
          const needed = new Set<string>()
          for (const { root, content } of kept) {
            const reopened = Trie.at(root, store)
            expect(text(reopened)).toEqual(content)
            for (const key of nodeKeys(reopened)) needed.add(key)
          }
          expect(new Set(store.nodes.keys())).toEqual(needed)
        }
      }),
      { numRuns: 80 },
    )
  })

  test('over several blocks it is the net of their changes', () => {
    fc.assert(
      fc.property(histories, histories, (before, between) => {
        const base = Trie.empty().update(before.flat())
        let trie = base
        for (const changes of between) trie = trie.update(changes)
        const expected = new Set(nodeKeys(trie))
        const old = new Set(nodeKeys(base))
        const changes = trie.changesSince(base)
        const keys = (list: TrieChanges['stale']) => inOrder(list.map(({ path, hash }) => keyOf(path, hash)))
        expect(keys(changes.created)).toEqual(inOrder([...expected].filter((key) => !old.has(key))))
        expect(keys(changes.stale)).toEqual(inOrder([...old].filter((key) => !expected.has(key))))
      }),
      { numRuns: 300 },
    )
  })

  test('a root that left the window answers MissingNodeError with path and hash', () => {
    const store = new WindowStore(1)
    const first = Trie.empty(store).set(Uint8Array.of(1), new Uint8Array(40).fill(1))
    store.commit(1, first.changesSince(Trie.empty()))
    const second = first.set(Uint8Array.of(1), new Uint8Array(40).fill(2))
    store.commit(2, second.changesSince(first))
    const read = () => Trie.at(first.root(), store).get(Uint8Array.of(1))
    expect(read).toThrow(MissingNodeError)
    expect(read).toThrow(toHex(first.root()))
  })
})

describe('Trie.unload', () => {
  test('frees the shared nodes of a stored trie, and tries derived from it still read everything', () => {
    const store = new WindowStore(8)
    const entries = Array.from(
      { length: 2000 },
      (_, i) => [Uint8Array.of(i >> 8, i & 255, i % 7), new Uint8Array(40).fill(i)] as const,
    )
    const base = Trie.empty(store).update(entries)
    const derived = base.set(Uint8Array.of(9, 9, 9), Uint8Array.of(1))
    store.commit(1, base.changesSince(Trie.empty()))
    expect(base.unload(Number.POSITIVE_INFINITY)).toBeGreaterThan(2000 * 40)
    expect(base.unload(100_000)).toBeLessThanOrEqual(100_000)
    for (const [key, value] of entries) {
      expect(base.get(key)).toEqual(value)
      expect(derived.get(key)).toEqual(value)
    }
    base.unload(0)
    expect(text(derived)).toHaveLength(2001)
    expect(text(Trie.empty().update(derived.entries()))).toEqual(text(derived))
  })
})
