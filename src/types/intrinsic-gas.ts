/**
 * The gas that a transaction pays before it does anything: yellow paper section 6.2 with the prices
 * of EIP-2028 and EIP-2930. One function for admission, execution and estimates.
 */
import type { TransactionFields } from './transaction.ts'

export const TRANSACTION_GAS = 21_000
const ZERO_BYTE_GAS = 4
const NONZERO_BYTE_GAS = 16
const ACCESS_LIST_ADDRESS_GAS = 2_400
const ACCESS_LIST_STORAGE_KEY_GAS = 1_900

export function intrinsicGas(transaction: Pick<TransactionFields, 'data' | 'accessList'>): number {
  let gas = TRANSACTION_GAS
  for (const byte of transaction.data) gas += byte === 0 ? ZERO_BYTE_GAS : NONZERO_BYTE_GAS
  for (const entry of transaction.accessList) {
    gas += ACCESS_LIST_ADDRESS_GAS + ACCESS_LIST_STORAGE_KEY_GAS * entry.storageKeys.length
  }
  return gas
}
