/**
 * What the Otterscan explorer asks for (its API level 8). Block numbers are JSON numbers here as
 * well as quantities, receipts carry their block's time, and there are no calls inside of calls.
 */
import { defined } from '../../base/invariant.ts'
import type { FinalBlock } from '../../node/node-api.ts'
import { timestampOf } from '../../types/header.ts'
import type { Address, Hash } from '../../types/ids.ts'
import { findByNonce, type HistoryPage, pageAfter, pageBefore } from '../address-history.ts'
import { asLenientBlockNumber, existingBlock, LATEST, stateOf } from '../block-id.ts'
import { responseTooLarge } from '../errors.ts'
import { JsonList, JsonText } from '../json-text.ts'
import { defineMethod, type RpcContext, type RpcMethod } from '../method.ts'
import { asAddress, asHash, asLenientQuantity, optional, required } from '../params.ts'
import { blockJson } from '../serializers/block.ts'
import { data, quantity } from '../serializers/encoding.ts'
import { blockReceiptsJson, receiptJson } from '../serializers/receipt.ts'
import { minedTransactionJson } from '../serializers/transaction.ts'
import { headerOrNull } from './eth-blocks.ts'

const API_LEVEL = 8

const address = required('address', asAddress)
const blockNumber = required('block', asLenientBlockNumber)
const transactionHash = required('transactionHash', asHash)
const height = required('block', asLenientQuantity)
const pageSize = required('pageSize', asLenientQuantity)

function blockDetails(block: FinalBlock) {
  const { transactions, ...rest } = blockJson(block, false)
  const fees = block.receipts.map(({ gasUsed, effectiveGasPrice }) => BigInt(gasUsed) * effectiveGasPrice)
  return {
    block: { ...rest, transactionCount: transactions.length },
    issuance: { blockReward: '0x0', uncleReward: '0x0', issuance: '0x0' },
    totalFees: quantity(fees.reduce((sum, fee) => sum + fee, 0n)),
  }
}

/** Pages count from the end of the block, as in Erigon, where this API comes from. */
function blockTransactions(block: FinalBlock, page: number, size: number) {
  const end = Math.max(0, block.transactions.length - page * size)
  const start = Math.max(0, end - size)
  const full = blockJson(block, true)
  return {
    fullblock: {
      ...full,
      transactions: full.transactions.slice(start, end),
      transactionCount: block.transactions.length,
    },
    receipts: blockReceiptsJson(block)
      .slice(start, end)
      .map((receipt) => ({ ...receipt, timestamp: full.timestamp })),
  }
}

interface Ends {
  readonly firstPage: boolean
  readonly lastPage: boolean
}

async function pageJson({ node, limits, work }: RpcContext, { locations }: HistoryPage, { firstPage, lastPage }: Ends) {
  const [txs, receipts] = [new JsonList(), new JsonList()]
  await work.collect(0, locations.length, (at) => {
    const { height, index } = defined(locations[at], 'a place of the page')
    const block = defined(node.blockByHeight(height), 'the block of an index entry')
    txs.add(minedTransactionJson(block, index))
    receipts.add({ ...receiptJson(block, index), timestamp: quantity(timestampOf(block.header)) })
    if (txs.length + receipts.length > limits.responseBytesMax) throw responseTooLarge()
  })
  return new JsonText(`{"txs":${txs.text},"receipts":${receipts.text},"firstPage":${firstPage},"lastPage":${lastPage}}`)
}

/** Before block 0 means from the head on. */
async function searchBefore(context: RpcContext, of: Address, before: number, size: number) {
  const { node, limits } = context
  const end = before === 0 ? node.head().header.height + 1 : before
  const page = await pageBefore(node, of, end, Math.min(size, limits.historyPageMax))
  return pageJson(context, page, { firstPage: before === 0, lastPage: page.isEnd })
}

async function searchAfter(context: RpcContext, of: Address, after: number, size: number) {
  const { node, limits } = context
  const page = await pageAfter(node, of, after, Math.min(size, limits.historyPageMax))
  return pageJson(context, page, { firstPage: page.isEnd, lastPage: after === 0 })
}

function trace({ node }: RpcContext, hash: Hash) {
  const location = node.transactionLocation(hash)
  const transaction = location && node.blockByHeight(location.height)?.transactions[location.index]
  if (transaction === undefined) return null
  const { sender, to, value, data: input } = transaction
  return [{ type: 'CALL', depth: 0, from: sender, to, value: quantity(value), input: data(input), output: '0x' }]
}

export const OTTERSCAN_METHODS: readonly RpcMethod[] = [
  defineMethod('ots_getApiLevel', [], () => API_LEVEL),
  defineMethod('erigon_getHeaderByNumber', [blockNumber], headerOrNull),
  defineMethod(
    'ots_getBlockDetails',
    [blockNumber],
    ({ node }, id) => blockDetails(existingBlock(node, id)),
    'expensive',
  ),
  defineMethod(
    'ots_getBlockDetailsByHash',
    [required('blockHash', asHash)],
    ({ node }, hash) => blockDetails(existingBlock(node, { by: 'hash', hash })),
    'expensive',
  ),
  defineMethod(
    'ots_getBlockTransactions',
    [blockNumber, required('page', asLenientQuantity), pageSize],
    ({ node }, id, page, size) => blockTransactions(existingBlock(node, id), page, size),
    'expensive',
  ),
  defineMethod('ots_searchTransactionsBefore', [address, height, pageSize], searchBefore, 'expensive'),
  defineMethod('ots_searchTransactionsAfter', [address, height, pageSize], searchAfter, 'expensive'),
  defineMethod(
    'ots_getTransactionBySenderAndNonce',
    [address, required('nonce', asLenientQuantity)],
    findByNonce,
    'expensive',
  ),
  defineMethod(
    'ots_hasCode',
    [address, optional('block', asLenientBlockNumber, LATEST)],
    ({ node }, of, id) => stateOf(node, id).code(of).length > 0,
  ),
  defineMethod('ots_traceTransaction', [transactionHash], trace, 'expensive'),
  defineMethod('ots_getTransactionError', [transactionHash], () => '0x'),
  defineMethod('ots_getInternalOperations', [transactionHash], () => []),
  defineMethod('ots_getContractCreator', [address], () => null),
]
