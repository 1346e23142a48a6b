/** A storage word: 32 bytes, big-endian; zero is absent. The trie holds its RLP without leading zeros. */
import { asBytes } from '../codec/fields.ts'
import { decodeRlp, encodeRlp } from '../codec/rlp.ts'

export const WORD_BYTES = 32
export const ZERO_WORD: Uint8Array = new Uint8Array(WORD_BYTES)

/** Undefined for zero, which is not stored. */
export function encodeWord(word: Uint8Array): Uint8Array | undefined {
  const start = word.findIndex((byte) => byte !== 0)
  return start < 0 ? undefined : encodeRlp(word.subarray(start))
}

export function decodeWord(encoding: Uint8Array): Uint8Array {
  const trimmed = asBytes(decodeRlp(encoding), 'storage word', WORD_BYTES)
  const word = new Uint8Array(WORD_BYTES)
  word.set(trimmed, WORD_BYTES - trimmed.length)
  return word
}
