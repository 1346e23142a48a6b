/** Who was voted in and waits for a place, in the order of appointment. */
import { encodeRlp } from '../../codec/rlp.ts'
import { type Address, idBytes } from '../../types/ids.ts'
import { writeValue } from '../storage-map.ts'
import type { Words } from '../storage-words.ts'
import { recordKey } from './system-account.ts'

const KEY = recordKey('candidates')

export function writeCandidates(words: Words, candidates: readonly Address[]): void {
  writeValue(words, KEY, encodeRlp(candidates.map(idBytes)))
}
