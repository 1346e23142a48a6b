/** How much each validator of the next epoch leads, by what it did in this one (docs/ledger.md, "Who leads"). */
import type { Validator } from '../../types/validator-set.ts'
import { leaderWeights, WEIGHT_FIRST, WEIGHT_JAILED } from '../leader-schedule.ts'
import type { WordReader } from '../storage-words.ts'
import { readCounters } from './counters.ts'
import { readStatus } from './validator-records.ts'

/** In the order of `next`: an id keeps what it earned, wherever it stands in the order. */
export function nextWeights(words: WordReader, current: readonly Validator[], next: readonly Validator[]): number[] {
  const earned = leaderWeights(readCounters(words, current.length))
  const weightOf = new Map(current.map(({ address }, index) => [address, earned[index]]))
  return next.map(({ address }) => {
    if (readStatus(words, address)?.jailed === true) return WEIGHT_JAILED
    return weightOf.get(address) ?? WEIGHT_FIRST
  })
}
