/** BOUND: what the pool may hold, and how far ahead of its account a sender may run. */
export interface MempoolLimits {
  readonly transactionsMax: number
  /** Bytes of all envelopes together. */
  readonly bytesMax: number
  /** A nonce above the account's by more than this is refused, whoever brings it. */
  readonly nonceGapMax: number
  /** One sender's transactions that arrived over the network. */
  readonly senderTransactionsMax: number
  /** Of these, the ones that wait behind a missing nonce. */
  readonly senderQueuedMax: number
  /** How many transactions of others one newcomer may push out. */
  readonly evictionsMax: number
}

export const DEFAULT_MEMPOOL_LIMITS: MempoolLimits = {
  transactionsMax: 50_000,
  bytesMax: 64 * 1024 * 1024,
  nonceGapMax: 64,
  senderTransactionsMax: 64,
  senderQueuedMax: 16,
  evictionsMax: 64,
}
