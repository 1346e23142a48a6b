/** Blocks and headers with every field that some client cannot do without. */
import type { FinalBlock } from '../../node/node-api.ts'
import { EMPTY_OMMERS_HASH, encodeExtraData, type Header, timestampOf } from '../../types/header.ts'
import { type Hash, ZERO_HASH } from '../../types/ids.ts'
import { data, quantity } from './encoding.ts'
import { minedTransactionJson } from './transaction.ts'

export function headerJson(header: Header, hash: Hash) {
  return {
    number: quantity(header.height),
    hash,
    parentHash: header.parentHash,
    nonce: '0x0000000000000000',
    mixHash: ZERO_HASH,
    sha3Uncles: EMPTY_OMMERS_HASH,
    logsBloom: data(header.logsBloom),
    transactionsRoot: header.transactionsRoot,
    stateRoot: header.stateRoot,
    receiptsRoot: header.receiptsRoot,
    miner: header.miner,
    difficulty: '0x0',
    totalDifficulty: '0x0',
    extraData: data(encodeExtraData(header.consensus)),
    gasLimit: quantity(header.gasLimit),
    gasUsed: quantity(header.gasUsed),
    timestamp: quantity(timestampOf(header)),
    baseFeePerGas: quantity(header.baseFeePerGas),
  }
}

export function blockJson(block: FinalBlock, withTransactions: boolean) {
  return {
    ...headerJson(block.header, block.hash),
    size: quantity(block.sizeBytes),
    uncles: [],
    transactions: withTransactions
      ? block.transactions.map((_, index) => minedTransactionJson(block, index))
      : block.transactions.map((transaction) => transaction.hash),
  }
}
