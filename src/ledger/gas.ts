/**
 * What everything costs: constants of the protocol, the same on every network.
 *
 * Transactions cost what they cost on Ethereum at the London fork (EIP-2028, EIP-2930), so a
 * wallet's own estimate is right. Modules pay by the table below; a log costs what it costs on
 * Ethereum (Yellow Paper, appendix G). A module's own computing is free: it is code that the
 * network chose, and whatever it does is bounded by the calldata and storage it pays for.
 */
import type { AccessListEntry } from '../types/transaction.ts'

/**
 * What a node gives each call of `validators` that it sends, and the least that a block has: more than any takes, also
 * the vote that decides among 256 validators while 256 candidates wait. What is not used costs nothing.
 */
export const GOVERNANCE_CALL_GAS = 10_000_000

/**
 * BOUND: gas of a block, whatever is voted for. What takes a machine longest of it takes some seconds, and views can
 * last so long; a block that none of them has time for would be proposed again and again, and no vote could mend it.
 */
export const BLOCK_GAS_MAX = 300_000_000

const TRANSACTION_GAS = 21_000
const ZERO_BYTE_GAS = 4
const NON_ZERO_BYTE_GAS = 16
const ACCESS_LIST_ADDRESS_GAS = 2_400
const ACCESS_LIST_KEY_GAS = 1_900

/** Per slot of 32 bytes; a value of up to 31 bytes takes one, a longer one 1 + ⌈bytes / 32⌉. */
export const MODULE_GAS = {
  slotRead: 800,
  slotChanged: 5_000,
  /** From zero: it makes the state larger for good. */
  slotCreated: 10_000,
  log: 375,
  logTopic: 375,
  logByte: 8,
  /** For each check of a signature: that of Ethereum's ecrecover. */
  signatureCheck: 3_000,
} as const

/** What a transaction costs before it does anything (Yellow Paper, g0). */
export function intrinsicGas(transaction: {
  readonly data: Uint8Array
  readonly accessList: readonly AccessListEntry[]
}): number {
  let gas = TRANSACTION_GAS
  for (const byte of transaction.data) gas += byte === 0 ? ZERO_BYTE_GAS : NON_ZERO_BYTE_GAS
  for (const entry of transaction.accessList)
    gas += ACCESS_LIST_ADDRESS_GAS + entry.storageKeys.length * ACCESS_LIST_KEY_GAS
  return gas
}
