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
import { BoundedMap } from '../base/bounded.ts'
import { bigIntToFixedBytes, bytesToBigInt, EMPTY_BYTES, type Hex, toHex } from '../base/bytes.ts'
import { invariant } from '../base/invariant.ts'
import { keccak256 } from '../crypto/keccak.ts'
import { type Hash, hashFromBytes, idBytes } from '../types/ids.ts'
import type { WordReader, Words } from './storage-words.ts'
import { WORD_BYTES, ZERO_WORD } from './word.ts'

const SHORT_BYTES_MAX = WORD_BYTES - 1
const SLOT_MASK = (1n << 256n) - 1n
/** BOUND: keys whose slots are remembered, and slots of each: together at most some 4 MiB. */
const LAYOUTS_MAX = 1024
const KEPT_CHUNKS_MAX = 32

/** Where the value of a key lies. */
interface Layout {
  readonly head: Hash
  /** The first of the slots of a long value, as far as they were needed. */
  chunks: readonly Hash[]
}

const layouts = new BoundedMap<Hex, Layout>(LAYOUTS_MAX)

export function readValue(words: WordReader, key: Uint8Array): Uint8Array {
  const layout = layoutOf(key)
  const head = words.read(layout.head)
  const length = lengthOf(head)
  if (length <= SHORT_BYTES_MAX) return length === 0 ? EMPTY_BYTES : head.slice(0, length)
  const value = new Uint8Array(length)
  for (const [index, chunk] of chunkSlots(layout, length).entries()) {
    const offset = index * WORD_BYTES
    value.set(words.read(chunk).subarray(0, length - offset), offset)
  }
  return value
}

/** The empty string removes. What a longer value before left over is cleared. */
export function writeValue(words: Words, key: Uint8Array, value: Uint8Array): void {
  const layout = layoutOf(key)
  const lengthBefore = lengthOf(words.read(layout.head))
  words.write(layout.head, headOf(value))
  const chunks = chunkSlots(layout, value.length)
  for (const [index, chunk] of chunks.entries()) {
    const word = new Uint8Array(WORD_BYTES)
    word.set(value.subarray(index * WORD_BYTES, (index + 1) * WORD_BYTES))
    words.write(chunk, word)
  }
  for (const chunk of chunkSlots(layout, lengthBefore).slice(chunks.length)) words.write(chunk, ZERO_WORD)
}

function layoutOf(key: Uint8Array): Layout {
  invariant(key.length === WORD_BYTES, 'a storage key has 32 bytes')
  const id = toHex(key)
  let layout = layouts.get(id)
  if (layout === undefined) {
    const preimage = new Uint8Array(2 * WORD_BYTES)
    preimage.set(key)
    layout = { head: hashFromBytes(keccak256(preimage)), chunks: [] }
    layouts.set(id, layout)
  }
  return layout
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
function chunkSlots(layout: Layout, length: number): readonly Hash[] {
  if (length <= SHORT_BYTES_MAX) return []
  const count = Math.ceil(length / WORD_BYTES)
  if (layout.chunks.length >= count) return layout.chunks.slice(0, count)
  const first = bytesToBigInt(keccak256(idBytes(layout.head)))
  const slots = Array.from({ length: count }, (_, index) =>
    hashFromBytes(bigIntToFixedBytes((first + BigInt(index)) & SLOT_MASK, WORD_BYTES)),
  )
  if (count <= KEPT_CHUNKS_MAX) layout.chunks = slots
  return slots
}
