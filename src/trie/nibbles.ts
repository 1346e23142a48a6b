/**
 * Paths in the trie: one nibble per byte, and their packed form in node encodings
 * (Ethereum Yellow Paper, appendix C, "hex-prefix encoding").
 */
import { invariant } from '../base/invariant.ts'

export function toNibbles(key: Uint8Array): Uint8Array {
  const nibbles = new Uint8Array(2 * key.length)
  for (let i = 0; i < key.length; i++) {
    const byte = key[i] as number
    nibbles[2 * i] = byte >> 4
    nibbles[2 * i + 1] = byte & 15
  }
  return nibbles
}

/** The inverse of `toNibbles`; values exist only at whole bytes. */
export function fromNibbles(nibbles: Uint8Array): Uint8Array {
  invariant(nibbles.length % 2 === 0, 'a key has whole bytes')
  const key = new Uint8Array(nibbles.length / 2)
  for (let i = 0; i < key.length; i++) key[i] = ((nibbles[2 * i] as number) << 4) | (nibbles[2 * i + 1] as number)
  return key
}

/** How many nibbles `a` from `offset` on has in common with `b`. */
export function commonPrefixLength(a: Uint8Array, offset: number, b: Uint8Array): number {
  const length = Math.min(a.length - offset, b.length)
  let shared = 0
  while (shared < length && a[offset + shared] === b[shared]) shared += 1
  return shared
}

/** Whether `a` from `offset` on is exactly `b`. */
export function suffixEquals(a: Uint8Array, offset: number, b: Uint8Array): boolean {
  return a.length - offset === b.length && commonPrefixLength(a, offset, b) === b.length
}

/** Undefined when the bytes are not the one canonical form of a path. */
export function unpackPath(packed: Uint8Array): { readonly path: Uint8Array; readonly terminal: boolean } | undefined {
  const first = packed[0]
  if (first === undefined || first > 0x3f) return undefined
  const odd = (first & 0x10) !== 0
  if (!odd && (first & 0x0f) !== 0) return undefined
  return {
    path: toNibbles(packed)
      .subarray(odd ? 1 : 2)
      .slice(),
    terminal: (first & 0x20) !== 0,
  }
}
