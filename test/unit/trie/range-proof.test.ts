import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compareBytes, toHex } from '../../../src/base/bytes.ts'
import { keccak256 } from '../../../src/crypto/keccak.ts'
import type { Entry } from '../../../src/trie/entries.ts'
import type { KeyRange } from '../../../src/trie/key-range.ts'
import { EMPTY_ROOT, Trie } from '../../../src/trie/trie.ts'
import { verifyRange } from '../../../src/trie/verify-range.ts'
import { oracleOf } from './oracle.ts'

const LOWEST = new Uint8Array(32)
const HIGHEST = new Uint8Array(32).fill(0xff)

/** Some share long prefixes, so that there are extensions and nodes that lie inside their parents. */
const keys = fc.oneof(
  fc.nat(500).map((n) => keccak256(Uint8Array.of(n >> 8, n & 0xff))),
  fc.tuple(fc.constantFrom(0, 1, 0x10, 0xff), fc.constantFrom(0, 15, 30, 31), fc.nat(255)).map(([filler, at, byte]) => {
    const key = new Uint8Array(32).fill(filler)
    key[at] = byte
    return key
  }),
)
const values = fc.oneof(fc.uint8Array({ minLength: 1, maxLength: 4 }), fc.uint8Array({ minLength: 33, maxLength: 90 }))
const contents = fc.array(fc.tuple(keys, values), { maxLength: 120 })
const ranges = fc
  .tuple(fc.oneof(keys, fc.constant(LOWEST)), fc.oneof(keys, fc.constant(HIGHEST)))
  .map(([a, b]): KeyRange => (compareBytes(a, b) <= 0 ? { from: a, to: b } : { from: b, to: a }))

function within(trie: Trie, { from, to }: KeyRange): Entry[] {
  return [...trie.entries(from)].filter(([key]) => compareBytes(key, to) <= 0)
}

describe('range proofs', () => {
  test('what a trie holds between any two keys verifies, under the root of @ethereumjs/mpt', async () => {
    await fc.assert(
      fc.asyncProperty(contents, ranges, async (content, range) => {
        const trie = Trie.empty().update(content)
        if (content.length > 0) {
          const oracle = await oracleOf(new Map(content.map(([key, value]) => [toHex(key), value])))
          expect(toHex(trie.root())).toBe(toHex(oracle.root()))
        }
        expect(verifyRange(trie.root(), range, within(trie, range), trie.rangeProof(range))).toEqual({ ok: true })
      }),
      { numRuns: 150 },
    )
  })

  test('an entry left out, changed, added or moved is refused', () => {
    fc.assert(
      fc.property(contents, ranges, fc.nat(), keys, (content, range, position, stranger) => {
        const trie = Trie.empty().update(content)
        const entries = within(trie, range)
        const accepts = (lie: readonly Entry[]) => verifyRange(trie.root(), range, lie, trie.rangeProof(range)).ok
        if (trie.get(stranger) === undefined) {
          const more = [...entries, [stranger, Uint8Array.of(7)] as Entry].sort(([a], [b]) => compareBytes(a, b))
          expect(accepts(more)).toBe(false)
        }
        if (entries.length === 0) return
        const at = position % entries.length
        const [key, value] = entries[at] as Entry
        expect(accepts(entries.toSpliced(at, 1))).toBe(false)
        expect(accepts(entries.with(at, [key, Uint8Array.of(...value, 1)]))).toBe(false)
        expect(accepts(entries.toSpliced(at, 0, [key, value]))).toBe(false)
        expect(accepts(entries.toSpliced(at, 0, [key, value], [key, value]))).toBe(false)
        const beside = key.with(31, (key[31] as number) ^ 1)
        if (trie.get(beside) === undefined) expect(accepts(entries.with(at, [beside, value]))).toBe(false)
        if (entries.length > 1) expect(accepts(entries.toReversed())).toBe(false)
      }),
      { numRuns: 300 },
    )
  })

  test('a proof with a changed bit, a node missing, doubled or added is refused, and one of another root', () => {
    fc.assert(
      fc.property(contents, ranges, fc.nat(), fc.nat(7), (content, range, position, bit) => {
        const trie = Trie.empty().update(content)
        const entries = within(trie, range)
        const proof = trie.rangeProof(range)
        const accepts = (lie: readonly Uint8Array[]) => verifyRange(trie.root(), range, entries, lie).ok
        expect(accepts([...proof, Uint8Array.of(0x80)])).toBe(false)
        if (proof.length === 0) return
        const at = position % proof.length
        const node = (proof[at] as Uint8Array).slice()
        const byte = position % node.length
        node[byte] = (node[byte] as number) ^ (1 << bit)
        expect(accepts(proof.with(at, node))).toBe(false)
        expect(accepts(proof.toSpliced(at, 1))).toBe(false)
        expect(accepts(proof.toSpliced(at, 0, proof[at] as Uint8Array))).toBe(false)
        expect(verifyRange(keccak256(trie.root()), range, entries, proof).ok).toBe(false)
      }),
      { numRuns: 300 },
    )
  })

  test('ranges side by side that cover all keys hold the whole trie, each verified alone', () => {
    const content = Array.from(
      { length: 300 },
      (_, n): Entry => [keccak256(Uint8Array.of(n >> 8, n & 0xff)), keccak256(Uint8Array.of(n & 0xff))],
    )
    const trie = Trie.empty().update(content)
    const cuts = [0x20, 0x21, 0x80, 0xc0]
    const found = [LOWEST, ...cuts.map((first) => HIGHEST.with(0, first))].flatMap((before, i) => {
      const from = i === 0 ? LOWEST : LOWEST.with(0, (before[0] as number) + 1)
      const first = cuts[i]
      const range = { from, to: first === undefined ? HIGHEST : HIGHEST.with(0, first) }
      const entries = within(trie, range)
      expect(verifyRange(trie.root(), range, entries, trie.rangeProof(range)).ok).toBe(true)
      return entries
    })
    expect(toHex(Trie.empty().update(found).root())).toBe(toHex(trie.root()))
  })

  test('of the empty trie there is nothing to prove and nothing to hold', () => {
    const all = { from: LOWEST, to: HIGHEST }
    expect(Trie.empty().rangeProof(all)).toEqual([])
    expect(verifyRange(EMPTY_ROOT, all, [], [])).toEqual({ ok: true })
    expect(verifyRange(EMPTY_ROOT, all, [[LOWEST, Uint8Array.of(1)]], []).ok).toBe(false)
  })

  test('a range that ends before it starts or not at keys is refused', () => {
    const trie = Trie.empty().set(HIGHEST, Uint8Array.of(1))
    const proof = trie.rangeProof({ from: LOWEST, to: HIGHEST })
    for (const nodes of [[], proof]) {
      expect(verifyRange(trie.root(), { from: HIGHEST, to: LOWEST }, [], nodes).ok).toBe(false)
      expect(verifyRange(trie.root(), { from: LOWEST.subarray(1), to: HIGHEST }, [], nodes).ok).toBe(false)
      expect(verifyRange(trie.root(), { from: LOWEST, to: HIGHEST.subarray(1) }, [], nodes).ok).toBe(false)
    }
  })

  test('of a trie that holds a shorter key as well is refused: no entry could say so', () => {
    const key = new Uint8Array(32).fill(0x11)
    const trie = Trie.empty().set(key, Uint8Array.of(1)).set(key.subarray(0, 1), Uint8Array.of(2))
    for (const range of [
      { from: LOWEST, to: HIGHEST },
      { from: key, to: key },
    ])
      expect(verifyRange(trie.root(), range, [[key, Uint8Array.of(1)]], trie.rangeProof(range)).ok).toBe(false)
  })
})
