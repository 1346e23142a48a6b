/**
 * Who governs pays nothing for it, so that nobody is priced out of a vote (docs/ledger.md, "Governance").
 * A free call still takes its gas from the block.
 */
import type { SignedTransaction } from '../types/transaction.ts'
import { GOVERNANCE_CALL_GAS } from './gas.ts'
import type { WordReader } from './storage-words.ts'
import { SYSTEM_ADDRESS } from './system/system-account.ts'
import { readRecordOfSigner } from './system/validator-records.ts'

/** BOUND: of one sender in one block; later ones pay like any call. */
export const FREE_CALLS_MAX = 8

/** BOUND: of its envelope; the longest evidence fits, and eight of them are no more than half of the smallest block. */
const FREE_CALL_BYTES_MAX = 8 * 1024

/**
 * Whether it calls `validators`, moves nothing, takes no more of a block than any call that means something, and comes
 * from a validator or a candidate that is not jailed.
 */
export function mayBeFree(transaction: SignedTransaction, words: WordReader): boolean {
  const { to, value, sender, envelope, gasLimit } = transaction
  if (to !== SYSTEM_ADDRESS || value !== 0n) return false
  if (envelope.length > FREE_CALL_BYTES_MAX || gasLimit > GOVERNANCE_CALL_GAS) return false
  const record = readRecordOfSigner(words, sender)
  return record !== undefined && record.standing !== 'removed' && !record.jailed
}
