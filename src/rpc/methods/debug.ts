/** What is hashed, in its own encoding: whoever has it can check the hashes and roots that the other methods state. */
import { encodeBlock } from '../../ledger/block-encoding.ts'
import { encodeReceipt } from '../../ledger/receipt-codec.ts'
import type { FinalBlock } from '../../node/node-api.ts'
import { encodeHeader } from '../../types/header.ts'
import type { Hash } from '../../types/ids.ts'
import { type BlockId, existingBlock, existingHeader, requiredBlockParameter } from '../block-id.ts'
import { defineMethod, type RpcContext, type RpcMethod } from '../method.ts'
import { asHash, required } from '../params.ts'
import { data } from '../serializers/encoding.ts'

function ofBlock(name: string, encode: (block: FinalBlock) => unknown): RpcMethod {
  const handler = ({ node }: RpcContext, id: BlockId) => encode(existingBlock(node, id))
  return defineMethod(name, [requiredBlockParameter], handler, 'expensive')
}

/** The envelope, final or pooled; null when it is neither. */
function rawTransaction({ node }: RpcContext, hash: Hash) {
  const location = node.transactionLocation(hash)
  const final = location && node.blockByHeight(location.height)?.transactions[location.index]
  const transaction = final ?? node.pooledTransaction(hash)
  return transaction === undefined ? null : data(transaction.envelope)
}

export const DEBUG_METHODS: readonly RpcMethod[] = [
  defineMethod(
    'debug_getRawHeader',
    [requiredBlockParameter],
    ({ node }, id) => data(encodeHeader(existingHeader(node, id).header)),
    'expensive',
  ),
  ofBlock('debug_getRawBlock', ({ header, transactions }) =>
    data(
      encodeBlock(
        header,
        transactions.map(({ envelope }) => envelope),
      ),
    ),
  ),
  ofBlock('debug_getRawReceipts', ({ receipts }) => receipts.map((receipt) => data(encodeReceipt(receipt)))),
  defineMethod('debug_getRawTransaction', [required('transactionHash', asHash)], rawTransaction, 'expensive'),
]
