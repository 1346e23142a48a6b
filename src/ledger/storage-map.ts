/**
 * A map from 32-byte keys to byte strings of any length, in the words of an account's storage.
 *
 * The layout is Solidity's for a `mapping(bytes32 => bytes)` in slot 0, so a value is proven by
 * `eth_getProof` and found with `cast index bytes32 <key> 0`:
 * - p = keccak256(key ‖ 0³²) is the value's slot;
 * - up to 31 bytes: the bytes from the left, 2·length in the last byte;
 * - longer: 2·length + 1 in slot p, the bytes in the slots keccak256(p), keccak256(p) + 1, …
 *
 * No key can be chosen so that its slots meet another's. The empty string is absence.
 */
import { bigIntToFixedBytes, bytesToBigInt, EMPTY_BYTES } from '../base/bytes.ts'
import { invariant } from '../base/invariant.ts'
import { keccak256 } from '../crypto/keccak.ts'
import { type Hash, hashFromBytes } from '../types/ids.ts'
import type { WordReader, Words } from './storage-words.ts'
import { WORD_BYTES, ZERO_WORD } from './word.ts'

const SHORT_BYTES_MAX = WORD_BYTES - 1
const SLOT_MASK = (1n << 256n) - 1n

export function readValue(words: WordReader, key: Uint8Array): Uint8Array {
  const slot = slotOf(key)
  const head = words.read(hashFromBytes(slot))
  const length = lengthOf(head)
  if (length <= SHORT_BYTES_MAX) return length === 0 ? EMPTY_BYTES : head.slice(0, length)
  const value = new Uint8Array(length)
  for (const [index, chunk] of chunkSlots(slot, length).entries()) {
    const offset = index * WORD_BYTES
    value.set(words.read(chunk).subarray(0, length - offset), offset)
  }
  return value
}

/** The empty string removes. What a longer value before left over is cleared. */
export function writeValue(words: Words, key: Uint8Array, value: Uint8Array): void {
  const slot = slotOf(key)
  const head = hashFromBytes(slot)
  const lengthBefore = lengthOf(words.read(head))
  words.write(head, headOf(value))
  const chunks = chunkSlots(slot, value.length)
  for (const [index, chunk] of chunks.entries()) {
    const word = new Uint8Array(WORD_BYTES)
    word.set(value.subarray(index * WORD_BYTES, (index + 1) * WORD_BYTES))
    words.write(chunk, word)
  }
  for (const chunk of chunkSlots(slot, lengthBefore).slice(chunks.length)) words.write(chunk, ZERO_WORD)
}

function slotOf(key: Uint8Array): Uint8Array {
  invariant(key.length === WORD_BYTES, 'a storage key has 32 bytes')
  const preimage = new Uint8Array(2 * WORD_BYTES)
  preimage.set(key)
  return keccak256(preimage)
}

function headOf(value: Uint8Array): Uint8Array {
  if (value.length > SHORT_BYTES_MAX) return bigIntToFixedBytes(BigInt(2 * value.length + 1), WORD_BYTES)
  const head = new Uint8Array(WORD_BYTES)
  head.set(value)
  head[SHORT_BYTES_MAX] = 2 * value.length
  return head
}

function lengthOf(head: Uint8Array): number {
  const last = head[SHORT_BYTES_MAX] as number
  return last % 2 === 0 ? last / 2 : Number((bytesToBigInt(head) - 1n) / 2n)
}

/** None for a value that fits beside its length. */
function chunkSlots(slot: Uint8Array, length: number): Hash[] {
  if (length <= SHORT_BYTES_MAX) return []
  const first = bytesToBigInt(keccak256(slot))
  return Array.from({ length: Math.ceil(length / WORD_BYTES) }, (_, index) =>
    hashFromBytes(bigIntToFixedBytes((first + BigInt(index)) & SLOT_MASK, WORD_BYTES)),
  )
}
