/** Hash and state root of the last 256 blocks, which later calls refer to (docs/ledger.md, "The system account"). */
import { asFixedBytes, asTuple, asUint, uintBytes } from '../../codec/fields.ts'
import { decodeRlp, encodeRlp } from '../../codec/rlp.ts'
import { type Hash, type Height, hashFromBytes, idBytes } from '../../types/ids.ts'
import { readValue, writeValue } from '../storage-map.ts'
import type { WordReader, Words } from '../storage-words.ts'
import { recordKey } from './system-account.ts'

const RING_BLOCKS = 256

export interface RingEntry {
  readonly height: Height
  readonly hash: Hash
  readonly stateRoot: Hash
}

export function writeRingEntry(words: Words, entry: RingEntry): void {
  const value = encodeRlp([uintBytes(entry.height), idBytes(entry.hash), idBytes(entry.stateRoot)])
  writeValue(words, recordKey('ring', entry.height % RING_BLOCKS), value)
}

/** Undefined for a height that the ring does not hold yet, or no longer. */
export function readRingEntry(words: WordReader, height: Height): RingEntry | undefined {
  const value = readValue(words, recordKey('ring', height % RING_BLOCKS))
  if (value.length === 0) return undefined
  const [held, hash, stateRoot] = asTuple(decodeRlp(value), 3, 'ring entry')
  if (asUint(held, 'ring.height') !== height) return undefined
  return {
    height,
    hash: hashFromBytes(asFixedBytes(hash, 32, 'ring.hash')),
    stateRoot: hashFromBytes(asFixedBytes(stateRoot, 32, 'ring.stateRoot')),
  }
}
