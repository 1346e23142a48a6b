/** Receipts with their logs. */
import { defined } from '../../base/invariant.ts'
import type { FinalBlock } from '../../node/node-api.ts'
import { timestampOf } from '../../types/header.ts'
import { data, quantity } from './encoding.ts'
import { logJson } from './log.ts'

export function receiptJson(block: FinalBlock, index: number) {
  return serialize(block, index, logsBefore(block, index))
}

export function blockReceiptsJson(block: FinalBlock) {
  let firstLogIndex = 0
  return block.receipts.map((receipt, index) => {
    const json = serialize(block, index, firstLogIndex)
    firstLogIndex += receipt.logs.length
    return json
  })
}

function serialize(block: FinalBlock, index: number, firstLogIndex: number) {
  const transaction = defined(block.transactions[index], 'the transaction of the receipt')
  const receipt = defined(block.receipts[index], 'the receipt of the transaction')
  const height = block.header.height
  const place = {
    blockHash: block.hash,
    height,
    timestamp: timestampOf(block.header),
    transactionHash: transaction.hash,
    transactionIndex: index,
  }
  return {
    type: quantity(receipt.type),
    status: quantity(receipt.status),
    transactionHash: transaction.hash,
    transactionIndex: quantity(index),
    blockHash: block.hash,
    blockNumber: quantity(height),
    from: transaction.sender,
    to: transaction.to,
    contractAddress: null,
    gasUsed: quantity(receipt.gasUsed),
    cumulativeGasUsed: quantity(receipt.cumulativeGasUsed),
    effectiveGasPrice: quantity(receipt.effectiveGasPrice),
    logsBloom: data(receipt.logsBloom),
    logs: receipt.logs.map((log, offset) => logJson({ log, ...place, logIndex: firstLogIndex + offset })),
  }
}

function logsBefore(block: FinalBlock, index: number): number {
  let count = 0
  for (let i = 0; i < index; i++) count += block.receipts[i]?.logs.length ?? 0
  return count
}
