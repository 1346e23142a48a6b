/**
 * How often changes of keys may end an epoch. Nobody votes on them, and evidence is judged by the latest epochs
 * alone: without a bound, who has lied changes its key with each block until the lie is of no kept epoch any more.
 */
import { asList, asUint, uintBytes } from '../../codec/fields.ts'
import { decodeRlp, encodeRlp } from '../../codec/rlp.ts'
import type { Height } from '../../types/ids.ts'
import type { GovernanceRules } from '../governance-rules.ts'
import { readValue, writeValue } from '../storage-map.ts'
import type { WordReader, Words } from '../storage-words.ts'
import { KEPT_EPOCHS } from './kept-epochs.ts'
import { recordKey } from './system-account.ts'

const KEY = recordKey('keyChanges')

/** Half of those that evidence is judged by, in as many blocks as a proposal is open: so evidence has these at least. */
export function mayChangeKeys(words: WordReader, governance: GovernanceRules, height: Height): boolean {
  const epochsMax = Math.floor(governance.ageEpochsMax / 2)
  const before = readHeights(words).at(-epochsMax)
  return before === undefined || height - before >= governance.proposalBlocksMax
}

/** The block at this height ends its epoch, since keys change with it. */
export function writeKeyChange(words: Words, height: Height): void {
  // BOUND: as many as are looked at.
  const heights = [...readHeights(words), height].slice(-KEPT_EPOCHS / 2)
  writeValue(words, KEY, encodeRlp(heights.map(uintBytes)))
}

/** In their order. */
function readHeights(words: WordReader): Height[] {
  const value = readValue(words, KEY)
  if (value.length === 0) return []
  return asList(decodeRlp(value), 'keyChanges', KEPT_EPOCHS / 2).map((item) => asUint(item, 'keyChanges.height'))
}
