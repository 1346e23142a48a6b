/** Material and the oracle that the trie's tests share. */
import { createMPT, type MerklePatriciaTrie } from '@ethereumjs/mpt'
import * as fc from 'fast-check'
import { fromHex, toHex } from '../../../src/base/bytes.ts'
import { encodeRlp } from '../../../src/codec/rlp.ts'

export type TestChange = readonly [key: Uint8Array, value: Uint8Array | undefined]

/** What the trie must contain after `changes`, by the plainest means there is. */
export function applied(content: ReadonlyMap<string, Uint8Array>, changes: readonly TestChange[]) {
  const next = new Map(content)
  for (const [key, value] of changes) {
    if (value === undefined || value.length === 0) next.delete(toHex(key))
    else next.set(toHex(key), value)
  }
  return next
}

export function inKeyOrder(content: ReadonlyMap<string, Uint8Array>): [string, string][] {
  return [...content].map(([key, value]): [string, string] => [key, toHex(value)]).sort(([a], [b]) => (a < b ? -1 : 1))
}

export async function oracleOf(content: ReadonlyMap<string, Uint8Array>): Promise<MerklePatriciaTrie> {
  const oracle = await createMPT()
  for (const [key, value] of content) await oracle.put(fromHex(key), value)
  return oracle
}

/** Short values stay inline in their parents, long ones make nodes of their own. */
const values = fc.oneof(
  fc.uint8Array({ minLength: 1, maxLength: 4 }),
  fc.uint8Array({ minLength: 1, maxLength: 80 }),
  fc.constant(Uint8Array.of(0)),
)

/** 32 bytes that often share long prefixes and differ early, late or in the middle. */
const fixedKeys = fc
  .tuple(fc.constantFrom(0, 1, 2, 16, 0x1f, 0xff), fc.nat(2), fc.constantFrom(0, 1, 15, 30, 31), fc.nat(255))
  .map(([first, filler, at, byte]) => {
    const key = new Uint8Array(32).fill(filler)
    key[0] = first
    key[at] = byte
    return key
  })

/** Keys of which some are prefixes of others, as the indices of a list are not but storage keys may be. */
const anyKeys = fc.oneof(
  fc.nat(300).map((index) => encodeRlp(index === 0 ? new Uint8Array(0) : fromHex(evenHex(index)))),
  fc.array(fc.constantFrom(0, 1, 0x10, 0x11, 0xff), { maxLength: 5 }).map((bytes) => Uint8Array.from(bytes)),
)

function evenHex(value: number): string {
  const text = value.toString(16)
  return `0x${text.length % 2 === 0 ? text : `0${text}`}`
}

function changesOver(keys: fc.Arbitrary<Uint8Array>, size: number): fc.Arbitrary<TestChange[]> {
  return fc.array(fc.tuple(keys, fc.option(values, { nil: undefined, freq: 2 })), { maxLength: size })
}

/** Blocks of changes; all keys of a run are of one kind. */
export const histories: fc.Arbitrary<TestChange[][]> = fc.oneof(
  fc.array(changesOver(fixedKeys, 12), { minLength: 1, maxLength: 12 }),
  fc.array(changesOver(anyKeys, 12), { minLength: 1, maxLength: 12 }),
)
export const probes: fc.Arbitrary<Uint8Array> = fc.oneof(fixedKeys, anyKeys)
