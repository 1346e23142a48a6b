import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bytesEqual, toHex } from '../../../../src/base/bytes.ts'
import { keccak256 } from '../../../../src/crypto/keccak.ts'
import {
  cutChunk,
  HIGHEST_KEY,
  LOWEST_KEY,
  type StateChunk,
  verifyChunk,
} from '../../../../src/sync/snapshot/state-chunk.ts'
import type { Entry } from '../../../../src/trie/entries.ts'
import { Trie } from '../../../../src/trie/trie.ts'

function stateOf(size: number): Trie {
  const content = Array.from({ length: size }, (_, n): Entry => {
    const key = keccak256(Uint8Array.of(n >> 8, n & 0xff))
    return [key, keccak256(key)]
  })
  return Trie.empty().update(content)
}

/** As a newcomer does who knows the root alone. */
function fetched(trie: Trie, bytesMax: number): { readonly entries: Entry[]; readonly chunks: number } {
  const root = trie.root()
  const entries: Entry[] = []
  let chunks = 0
  for (let from: Uint8Array | undefined = LOWEST_KEY; from !== undefined; chunks += 1) {
    const chunk = cutChunk(trie, from, bytesMax)
    const verified = verifyChunk({ root, from, until: HIGHEST_KEY, bytesMax }, chunk)
    if (!verified.ok) throw new Error(verified.error.message)
    entries.push(...chunk.entries)
    from = verified.value.next
  }
  return { entries, chunks }
}

describe('chunks of the state', () => {
  test('give the state again, whatever its size and theirs', () => {
    fc.assert(
      fc.property(fc.nat(400), fc.integer({ min: 1, max: 4000 }), (size, bytesMax) => {
        const trie = stateOf(size)
        const { entries, chunks } = fetched(trie, bytesMax)
        expect(toHex(Trie.empty().update(entries).root())).toBe(toHex(trie.root()))
        expect(chunks).toBe(Math.max(1, Math.ceil(size / Math.max(1, Math.floor(bytesMax / 64)))))
      }),
      { numRuns: 60 },
    )
  })

  test('go on after a key that ends in the highest bytes, and reach the highest key', () => {
    const keys = [
      LOWEST_KEY,
      LOWEST_KEY.with(31, 0xff),
      LOWEST_KEY.with(30, 1),
      HIGHEST_KEY.with(31, 0xfe),
      HIGHEST_KEY,
    ]
    const trie = Trie.empty().update(keys.map((key) => [key, Uint8Array.of(1)] as const))
    expect(fetched(trie, 1).entries.map(([key]) => toHex(key))).toEqual(keys.map(toHex))
  })

  const trie = stateOf(100)
  const request = { root: trie.root(), from: LOWEST_KEY, until: HIGHEST_KEY, bytesMax: 1000 }
  const chunk = cutChunk(trie, LOWEST_KEY, 1000)
  const verdict = (lie: StateChunk) => {
    const verified = verifyChunk(request, lie)
    return verified.ok ? 'accepted' : `${verified.error.code}: ${verified.error.message}`
  }

  test('that were not asked for are refused, true as they are', () => {
    const elsewhere = HIGHEST_KEY.with(0, 0x10)
    expect(verdict(cutChunk(trie, elsewhere, 1000))).toBe('invalid-chunk: the chunk begins elsewhere')
    expect(verdict(cutChunk(trie, LOWEST_KEY, 2000))).toBe('invalid-chunk: the chunk is larger than was asked for')
  })

  test('that lead no further are refused, true as they are', () => {
    const range = { from: LOWEST_KEY, to: LOWEST_KEY }
    const empty = { range, entries: [], proof: trie.rangeProof(range) }
    expect(verdict(empty)).toBe('invalid-chunk: the chunk does not end at an entry')
  })

  test('end where they were asked to, and go no further', () => {
    const until = chunk.range.to
    const cut = cutChunk(trie, LOWEST_KEY, 10_000, until)
    expect(cut.range.to).toEqual(until)
    expect(verifyChunk({ ...request, until }, cut)).toEqual({ ok: true, value: { next: undefined } })
    const beyond = verifyChunk(
      { ...request, until: until.with(31, (until[31] ?? 0) ^ 1), bytesMax: 10_000 },
      cutChunk(trie, LOWEST_KEY, 2000),
    )
    expect(beyond).toMatchObject({ ok: false, error: { message: 'the chunk goes beyond what was asked for' } })
  })

  test('that hide the end of the state, or of another state, are refused', () => {
    expect(verdict(chunk)).toBe('accepted')
    const cutShort = { ...chunk, range: { from: LOWEST_KEY, to: HIGHEST_KEY } }
    expect(verdict(cutShort)).toMatch(/^invalid-range/)
    const other = cutChunk(stateOf(101), LOWEST_KEY, 1000)
    expect(bytesEqual(other.range.to, LOWEST_KEY)).toBe(false)
    expect(verdict(other)).toMatch(/^invalid-range/)
  })
})
