/** Transactions as clients read them: pending ones have null for their place, final ones pay their effective price. */
import { defined } from '../../base/invariant.ts'
import type { FinalBlock } from '../../node/node-api.ts'
import { timestampOf } from '../../types/header.ts'
import type { SignedTransaction, TransactionFields } from '../../types/transaction.ts'
import { bytesQuantity, data, quantity } from './encoding.ts'

export function minedTransactionJson(block: FinalBlock, index: number) {
  const transaction = defined(block.transactions[index], 'the transaction of the block')
  const receipt = defined(block.receipts[index], 'the receipt of the transaction')
  return {
    blockHash: block.hash,
    blockNumber: quantity(block.header.height),
    blockTimestamp: quantity(timestampOf(block.header)),
    transactionIndex: quantity(index),
    ...contentJson(transaction, receipt.effectiveGasPrice),
  }
}

export function pendingTransactionJson(transaction: SignedTransaction) {
  return {
    blockHash: null,
    blockNumber: null,
    blockTimestamp: null,
    transactionIndex: null,
    ...contentJson(transaction, transaction.maxFeePerGas),
  }
}

/** What is to be signed. */
export function unsignedTransactionJson(fields: TransactionFields) {
  const { type } = fields
  return {
    type: quantity(type),
    chainId: quantity(fields.chainId),
    nonce: quantity(fields.nonce),
    to: fields.to,
    gas: quantity(fields.gasLimit),
    ...(type === 2 ? feeCaps(fields) : { gasPrice: quantity(fields.maxFeePerGas) }),
    value: quantity(fields.value),
    input: data(fields.data),
    ...(type !== 0 && { accessList: fields.accessList }),
  }
}

function feeCaps({ maxFeePerGas, maxPriorityFeePerGas }: TransactionFields) {
  return { maxFeePerGas: quantity(maxFeePerGas), maxPriorityFeePerGas: quantity(maxPriorityFeePerGas) }
}

function contentJson(transaction: SignedTransaction, gasPrice: bigint) {
  const { type, chainId, yParity, signature } = transaction
  return {
    ...unsignedTransactionJson(transaction),
    hash: transaction.hash,
    from: transaction.sender,
    gasPrice: quantity(gasPrice),
    ...(type !== 0 && { yParity: quantity(yParity) }),
    v: quantity(type === 0 ? BigInt(chainId) * 2n + 35n + BigInt(yParity) : yParity),
    r: bytesQuantity(signature.subarray(0, 32)),
    s: bytesQuantity(signature.subarray(32, 64)),
  }
}
