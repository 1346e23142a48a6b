/**
 * Who governs pays nothing for it, so that nobody is priced out of a vote (docs/ledger.md, "Governance").
 * A free call still takes its gas from the block.
 */
import type { SignedTransaction } from '../types/transaction.ts'
import type { WordReader } from './storage-words.ts'
import { SYSTEM_ADDRESS } from './system/system-account.ts'
import { readRecordOfSigner } from './system/validator-records.ts'

/** BOUND: of one sender in one block; later ones pay like any call. */
export const FREE_CALLS_MAX = 8

/** Whether it calls `validators`, moves nothing, and comes from a validator or a candidate that is not jailed. */
export function mayBeFree({ to, value, sender }: SignedTransaction, words: WordReader): boolean {
  if (to !== SYSTEM_ADDRESS || value !== 0n) return false
  const record = readRecordOfSigner(words, sender)
  return record !== undefined && record.standing !== 'removed' && !record.jailed
}
