/** Blocks and what is counted in them. An unknown block is null, never an error. */
import { type BlockId, blockNumberParameter, findBlock, findHeader, requiredBlockParameter } from '../block-id.ts'
import { defineMethod, type RpcContext, type RpcMethod } from '../method.ts'
import { asBoolean, asHash, optional, required } from '../params.ts'
import { blockJson, headerJson } from '../serializers/block.ts'
import { quantity } from '../serializers/encoding.ts'
import { blockReceiptsJson } from '../serializers/receipt.ts'

const blockHash = required('blockHash', asHash)
const withTransactions = optional('withTransactions', asBoolean, false)

function blockOrNull({ node }: RpcContext, id: BlockId, full: boolean) {
  const block = findBlock(node, id)
  return block === undefined ? null : blockJson(block, full)
}

export function headerOrNull({ node }: RpcContext, id: BlockId) {
  const found = findHeader(node, id)
  return found === undefined ? null : headerJson(found.header, found.hash)
}

function transactionCount({ node }: RpcContext, id: BlockId) {
  const block = findBlock(node, id)
  return block === undefined ? null : quantity(block.transactions.length)
}

/** Tertia has no uncles: zero for every block that there is. */
function uncleCount({ node }: RpcContext, id: BlockId) {
  return findHeader(node, id) === undefined ? null : '0x0'
}

export const ETH_BLOCK_METHODS: readonly RpcMethod[] = [
  defineMethod(
    'eth_getBlockByNumber',
    [blockNumberParameter, withTransactions],
    (context, id, full) => blockOrNull(context, id, full),
    'expensive',
  ),
  defineMethod(
    'eth_getBlockByHash',
    [blockHash, withTransactions],
    (context, hash, full) => blockOrNull(context, { by: 'hash', hash }, full),
    'expensive',
  ),
  defineMethod('eth_getHeaderByNumber', [blockNumberParameter], headerOrNull),
  defineMethod('eth_getHeaderByHash', [blockHash], (context, hash) => headerOrNull(context, { by: 'hash', hash })),
  defineMethod(
    'eth_getBlockReceipts',
    [requiredBlockParameter],
    ({ node }, id) => {
      const block = findBlock(node, id)
      return block === undefined ? null : blockReceiptsJson(block)
    },
    'expensive',
  ),
  defineMethod('eth_getBlockTransactionCountByNumber', [blockNumberParameter], transactionCount, 'expensive'),
  defineMethod(
    'eth_getBlockTransactionCountByHash',
    [blockHash],
    (context, hash) => transactionCount(context, { by: 'hash', hash }),
    'expensive',
  ),
  defineMethod('eth_getUncleCountByBlockNumber', [blockNumberParameter], uncleCount),
  defineMethod('eth_getUncleCountByBlockHash', [blockHash], (context, hash) =>
    uncleCount(context, { by: 'hash', hash }),
  ),
]
