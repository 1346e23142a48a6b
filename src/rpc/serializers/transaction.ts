/** Transactions as clients read them: pending ones have null for their place, final ones pay their effective price. */
import { defined } from '../../base/invariant.ts'
import type { FinalBlock } from '../../node/node-api.ts'
import { timestampOf } from '../../types/header.ts'
import type { SignedTransaction } from '../../types/transaction.ts'
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

function contentJson(transaction: SignedTransaction, gasPrice: bigint) {
  const { type, chainId, yParity, signature } = transaction
  return {
    type: quantity(type),
    hash: transaction.hash,
    from: transaction.sender,
    to: transaction.to,
    nonce: quantity(transaction.nonce),
    gas: quantity(transaction.gasLimit),
    gasPrice: quantity(gasPrice),
    ...(type === 2 && {
      maxFeePerGas: quantity(transaction.maxFeePerGas),
      maxPriorityFeePerGas: quantity(transaction.maxPriorityFeePerGas),
    }),
    value: quantity(transaction.value),
    input: data(transaction.data),
    ...(type !== 0 && { accessList: transaction.accessList, yParity: quantity(yParity) }),
    chainId: quantity(chainId),
    v: quantity(type === 0 ? BigInt(chainId) * 2n + 35n + BigInt(yParity) : yParity),
    r: bytesQuantity(signature.subarray(0, 32)),
    s: bytesQuantity(signature.subarray(32, 64)),
  }
}
