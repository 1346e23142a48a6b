/** The final blocks that are kept decoded. */
import { WeightedMap } from '../base/bounded.ts'
import type { FinalBlock } from '../types/final-block.ts'
import type { Height } from '../types/ids.ts'
import type { Receipt } from '../types/receipt.ts'
import type { SignedTransaction } from '../types/transaction.ts'

/** BOUND: blocks, and the bytes of heap that all of them take. */
const BLOCKS_MAX = 256
const HEAP_BYTES_MAX = 112 * 1024 * 1024

/** What a transfer takes with its receipt, measured. */
const TRANSFER_BYTES = 3_500
/** Of an address or a hash as text, with the object that it is in. */
const TEXT_BYTES = 128

export function blockCache(): WeightedMap<Height, FinalBlock> {
  return new WeightedMap({
    entriesMax: BLOCKS_MAX,
    weightMax: HEAP_BYTES_MAX,
    weightOf: ({ transactions, receipts }) => sum(transactions, transactionBytes) + sum(receipts, logBytes),
  })
}

/** The envelope is there twice: in the block, and for the transaction alone. */
function transactionBytes({ envelope, accessList }: SignedTransaction): number {
  return TRANSFER_BYTES + 2 * envelope.length + sum(accessList, ({ storageKeys }) => textBytes(1 + storageKeys.length))
}

function logBytes({ logs }: Receipt): number {
  return sum(logs, ({ topics, data }) => textBytes(1 + topics.length) + data.length)
}

function textBytes(count: number): number {
  return count * TEXT_BYTES
}

function sum<T>(items: readonly T[], weightOf: (item: T) => number): number {
  return items.reduce((total, item) => total + weightOf(item), 0)
}
