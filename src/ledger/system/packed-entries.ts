/** Records of entries of one length, one behind the other: what changes one of them changes its words, and no others. */
import { concatBytes } from '../../base/bytes.ts'
import { readValue, writeValue } from '../storage-map.ts'
import type { WordReader, Words } from '../storage-words.ts'

/** In their order, each of this many bytes. */
export function readEntries(words: WordReader, key: Uint8Array, bytes: number): readonly Uint8Array[] {
  const value = readValue(words, key)
  return Array.from({ length: value.length / bytes }, (_, index) => value.slice(index * bytes, (index + 1) * bytes))
}

export function writeEntries(words: Words, key: Uint8Array, entries: readonly Uint8Array[]): void {
  writeValue(words, key, concatBytes(...entries))
}
