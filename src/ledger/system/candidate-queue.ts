/** Who was voted in and waits for a place, in the order of appointment. */
import { asFixedBytes, asList } from '../../codec/fields.ts'
import { decodeRlp, encodeRlp } from '../../codec/rlp.ts'
import { type Address, addressFromBytes, idBytes } from '../../types/ids.ts'
import { VALIDATORS_MAX } from '../../types/limits.ts'
import { readValue, writeValue } from '../storage-map.ts'
import type { WordReader, Words } from '../storage-words.ts'
import { recordKey } from './system-account.ts'

/** BOUND: as many as could be validators. */
export const CANDIDATES_MAX = VALIDATORS_MAX

const KEY = recordKey('candidates')

export function readCandidates(words: WordReader): Address[] {
  const value = readValue(words, KEY)
  if (value.length === 0) return []
  return asList(decodeRlp(value), 'candidates', CANDIDATES_MAX).map((item) =>
    addressFromBytes(asFixedBytes(item, 20, 'candidate')),
  )
}

export function writeCandidates(words: Words, candidates: readonly Address[]): void {
  writeValue(words, KEY, encodeRlp(candidates.map(idBytes)))
}
