/** The pool of transactions that are not final yet: those that can be executed, and those behind a gap. */
import type { NodeApi } from '../../node/node-api.ts'
import type { Address } from '../../types/ids.ts'
import type { SignedTransaction } from '../../types/transaction.ts'
import { checksumAddress } from '../checksum-address.ts'
import { responseTooLarge } from '../errors.ts'
import { defineMethod, type RpcContext, type RpcMethod } from '../method.ts'
import { asAddress, required } from '../params.ts'
import { quantity } from '../serializers/encoding.ts'
import { pendingTransactionJson } from '../serializers/transaction.ts'

/** Of the JSON of a transaction, the names of its fields and what its envelope does not hold. */
const FIELDS_LENGTH_MIN = 300

type ByNonce<T> = Record<string, T>
type Shown<T> = (transaction: SignedTransaction) => T

/** One sender's, before and behind the first nonce that is missing. */
function split<T>(node: NodeApi, sender: Address, own: readonly SignedTransaction[], shown: Shown<T>) {
  const gap = node.pendingNonce(sender)
  const ordered = [...own].sort((a, b) => a.nonce - b.nonce)
  const byNonce = (part: readonly SignedTransaction[]): ByNonce<T> =>
    Object.fromEntries(part.map((transaction) => [transaction.nonce, shown(transaction)]))
  return {
    pending: byNonce(ordered.filter(({ nonce }) => nonce < gap)),
    queued: byNonce(ordered.filter(({ nonce }) => nonce >= gap)),
  }
}

/** A pool holds several times what an answer may: that is told before any of it is written. */
function fitting({ limits }: RpcContext, transactions: readonly SignedTransaction[]) {
  // What an envelope holds is shown in hex.
  const least = transactions.reduce((sum, { envelope }) => sum + 2 * envelope.length + FIELDS_LENGTH_MIN, 0)
  if (least > limits.responseBytesMax) throw responseTooLarge()
  return transactions
}

async function content<T>({ node, work }: RpcContext, pooled: readonly SignedTransaction[], shown: Shown<T>) {
  const bySender = new Map<Address, SignedTransaction[]>()
  for (const transaction of pooled) {
    const own = bySender.get(transaction.sender)
    if (own === undefined) bySender.set(transaction.sender, [transaction])
    else own.push(transaction)
  }
  const pending: Record<string, ByNonce<T>> = {}
  const queued: Record<string, ByNonce<T>> = {}
  let sliceStartMs = performance.now()
  for (const [sender, own] of bySender) {
    const parts = split(node, sender, own, shown)
    const key = checksumAddress(sender)
    if (Object.keys(parts.pending).length > 0) pending[key] = parts.pending
    if (Object.keys(parts.queued).length > 0) queued[key] = parts.queued
    sliceStartMs = await work.breathe(sliceStartMs)
  }
  return { pending, queued }
}

/** As geth words it. */
function summary({ to, value, gasLimit, maxFeePerGas }: SignedTransaction): string {
  return `${checksumAddress(to)}: ${value} wei + ${gasLimit} gas × ${maxFeePerGas} wei`
}

export const TXPOOL_METHODS: readonly RpcMethod[] = [
  defineMethod('txpool_status', [], ({ node }) => {
    const { pending, queued } = node.poolStatus()
    return { pending: quantity(pending), queued: quantity(queued) }
  }),
  defineMethod(
    'txpool_content',
    [],
    (context) => content(context, fitting(context, context.node.pooledTransactions()), pendingTransactionJson),
    'expensive',
  ),
  defineMethod(
    'txpool_inspect',
    [],
    (context) => content(context, context.node.pooledTransactions(), summary),
    'expensive',
  ),
  defineMethod(
    'txpool_contentFrom',
    [required('address', asAddress)],
    (context, address) => {
      const { node } = context
      const own = node.pooledTransactions().filter(({ sender }) => sender === address)
      return split(node, address, fitting(context, own), pendingTransactionJson)
    },
    'expensive',
  ),
]
