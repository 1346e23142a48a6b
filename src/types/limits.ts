/** Bounds on what consensus structures may carry. What consensus itself depends on stands in genesis. */

export const SIGNATURE_BYTES = 64
export const PUBLIC_KEY_BYTES = 33
/** Upper bound of a validator set that the codec will read: bitmaps, signature lists. */
export const VALIDATORS_MAX = 256
/** One transaction's envelope (docs/ledger.md, "Transactions"). */
export const TRANSACTION_BYTES_MAX = 128 * 1024
/** Transactions in a block, whatever genesis says. */
export const BLOCK_TRANSACTIONS_MAX = 5_000
/** Bytes of a block's transactions together. */
export const BLOCK_BODY_BYTES_MAX = 1024 * 1024
