/** The pool of transactions that are not final yet: those that can be executed, and those behind a gap. */
import type { NodeApi } from '../../node/node-api.ts'
import type { Address } from '../../types/ids.ts'
import type { SignedTransaction } from '../../types/transaction.ts'
import { checksumAddress } from '../checksum-address.ts'
import { defineMethod, type RpcContext, type RpcMethod } from '../method.ts'
import { asAddress, required } from '../params.ts'
import { quantity } from '../serializers/encoding.ts'
import { pendingTransactionJson } from '../serializers/transaction.ts'

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

async function content<T>({ node, work }: RpcContext, shown: Shown<T>) {
  const bySender = new Map<Address, SignedTransaction[]>()
  for (const transaction of node.pooledTransactions()) {
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
  defineMethod('txpool_content', [], (context) => content(context, pendingTransactionJson), 'expensive'),
  defineMethod('txpool_inspect', [], (context) => content(context, summary), 'expensive'),
  defineMethod(
    'txpool_contentFrom',
    [required('address', asAddress)],
    ({ node }, address) => {
      const own = node.pooledTransactions().filter(({ sender }) => sender === address)
      return split(node, address, own, pendingTransactionJson)
    },
    'expensive',
  ),
]
