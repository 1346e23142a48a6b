/** A transaction in the pool, with what the pool has to know about it at every turn. */
import type { SignedTransaction } from '../types/transaction.ts'
import type { Verified } from '../types/verified.ts'

/** Local: brought by a client of this node, which goes on sending it until it is final. */
export type TransactionOrigin = 'local' | 'remote'

export interface PooledTransaction {
  readonly transaction: Verified<SignedTransaction>
  /** Pays nothing and is not asked to. */
  readonly free: boolean
  /** Wei that the sender must hold for it. */
  readonly cost: bigint
  /** Order of arrival in this pool. */
  readonly arrival: number
  readonly addedAtMs: number
  origin: TransactionOrigin
  /** Wei per gas for the proposer under the pool's base fee; negative while its cap is below that. */
  priority: bigint
  /** No nonce is missing before it. */
  executable: boolean
  /** Where it stands among the heads and among the tails; meaningless while it is neither. */
  headIndex: number
  tailIndex: number
}

/** Above every price that can be expressed. */
const FREE_PRIORITY = 1n << 256n

export function costOf(transaction: SignedTransaction): bigint {
  return BigInt(transaction.gasLimit) * transaction.maxFeePerGas + transaction.value
}

export function priorityOf(transaction: SignedTransaction, free: boolean, baseFeePerGas: bigint): bigint {
  if (free) return FREE_PRIORITY
  const { maxFeePerGas, maxPriorityFeePerGas } = transaction
  const leftAboveBaseFee = maxFeePerGas - baseFeePerGas
  if (leftAboveBaseFee < maxPriorityFeePerGas) return leftAboveBaseFee
  return maxPriorityFeePerGas
}

/** The order of blocks across senders: the better price, then the earlier arrival. */
export function isBetter(a: PooledTransaction, b: PooledTransaction): boolean {
  return a.priority === b.priority ? a.arrival < b.arrival : a.priority > b.priority
}

/** The order of eviction: what waits behind a gap before what can execute, whatever it offers. */
export function isEvictedBefore(a: PooledTransaction, b: PooledTransaction): boolean {
  return a.executable === b.executable ? isBetter(b, a) : b.executable
}
