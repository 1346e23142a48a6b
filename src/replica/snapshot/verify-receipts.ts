/** Transactions and receipts of a certified block whose state before it is not here: what its header commits to, and who sent them. */
import { type Rejection, rejection } from '../../base/rejection.ts'
import { err, ok, type Result } from '../../base/result.ts'
import { DecodeError } from '../../codec/decode-error.ts'
import { addressOfPublicKey, type Recoverer } from '../../crypto/secp256k1.ts'
import { decodeTransaction } from '../../crypto/transaction-codec.ts'
import { effectiveGasPrice } from '../../ledger/fees.ts'
import { encodeReceipt } from '../../ledger/receipt-codec.ts'
import { decodeReceipts, type KeptReceipt } from '../../storage/final-records.ts'
import { orderedTrieRoot } from '../../trie/ordered-root.ts'
import type { Block } from '../../types/block.ts'
import type { FinalBlock } from '../../types/final-block.ts'
import type { Genesis } from '../../types/genesis.ts'
import { hashFromBytes } from '../../types/ids.ts'
import type { Receipt } from '../../types/receipt.ts'
import type { SignedTransaction } from '../../types/transaction.ts'
import type { Verified } from '../../types/verified.ts'
import { checkTransaction, recoverItemOf, withSender } from '../../validation/transaction.ts'

/** `kept`: as the store of another node has them (storage/final-records.ts). */
export function verifyReceipts(
  block: Verified<Block>,
  kept: Uint8Array,
  genesis: Genesis,
  recoverer: Recoverer,
): Result<Pick<FinalBlock, 'transactions' | 'receipts'>, Rejection> {
  const decoded = readReceipts(kept)
  if (decoded === undefined) return refused('receipts that cannot be read')
  const receipts = decoded.map(({ receipt }) => receipt)
  if (hashFromBytes(orderedTrieRoot(receipts.map(encodeReceipt))) !== block.header.receiptsRoot)
    return refused('other receipts than its header names')
  const transactions: SignedTransaction[] = []
  for (const [index, envelope] of block.transactions.entries()) {
    const transaction = signedTransaction(envelope, genesis, recoverer)
    if (!transaction.ok) return transaction
    if (!isOf(transaction.value, receipts, index, block.header.baseFeePerGas))
      return refused('a receipt that is not of its transaction')
    transactions.push(transaction.value)
  }
  return ok({ transactions, receipts })
}

function signedTransaction(
  envelope: Uint8Array,
  { chainId }: Genesis,
  recoverer: Recoverer,
): Result<SignedTransaction, Rejection> {
  const decoded = decodeTransaction(envelope)
  if (!decoded.ok) return decoded
  const checked = checkTransaction(decoded.value, { chainId })
  if (!checked.ok) return checked
  const { digest, signature, yParity } = recoverItemOf(checked.value)
  const key = recoverer.recoverUncompressed(digest, signature, yParity)
  return withSender(checked.value, key === undefined ? undefined : addressOfPublicKey(key))
}

/** What a receipt has beside its consensus encoding. A call that was free paid nothing. */
function isOf(transaction: SignedTransaction, receipts: readonly Receipt[], index: number, baseFee: bigint): boolean {
  const receipt = receipts[index]
  if (receipt === undefined || receipt.type !== transaction.type) return false
  const before = receipts[index - 1]?.cumulativeGasUsed ?? 0
  const price = receipt.effectiveGasPrice
  return (
    receipt.gasUsed === receipt.cumulativeGasUsed - before &&
    (price === 0n || price === effectiveGasPrice(transaction, baseFee))
  )
}

function readReceipts(bytes: Uint8Array): readonly KeptReceipt[] | undefined {
  try {
    return decodeReceipts(bytes)
  } catch (error) {
    if (error instanceof DecodeError) return undefined
    throw error
  }
}

function refused(message: string): { readonly ok: false; readonly error: Rejection } {
  return err(rejection('badSnapshot', `its block has ${message}`))
}
