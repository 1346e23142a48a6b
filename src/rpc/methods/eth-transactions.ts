/** Transactions: sending them, finding them, and what they did. */
import { keccak256Hash } from '../../crypto/keccak.ts'
import type { FinalBlock, NodeApi } from '../../node/node-api.ts'
import type { Address, Hash } from '../../types/ids.ts'
import { findByNonce } from '../address-history.ts'
import { type BlockId, blockNumberParameter, findBlock } from '../block-id.ts'
import { RECEIPT_TIMEOUT, RpcError, rejectionError } from '../errors.ts'
import { JsonText } from '../json-text.ts'
import { defineMethod, type RpcContext, type RpcMethod } from '../method.ts'
import { asAddress, asBytes, asHash, asLenientQuantity, asQuantity, optional, required } from '../params.ts'
import { receiptJson } from '../serializers/receipt.ts'
import { minedTransactionJson, pendingTransactionJson } from '../serializers/transaction.ts'

const envelope = required('transaction', asBytes)
const transactionHash = required('transactionHash', asHash)
const index = required('index', asQuantity)

async function submit(node: NodeApi, bytes: Uint8Array): Promise<Hash> {
  const outcome = await node.submitTransaction(bytes)
  if (outcome.ok) return outcome.value
  // Sent again, even after it became final, it is no error: clients would take that for a failed transfer.
  const hash = keccak256Hash(bytes)
  const isKnown = node.pooledTransaction(hash) !== undefined || node.transactionLocation(hash) !== undefined
  if (isKnown) return hash
  throw rejectionError(outcome.error)
}

/** EIP-7966. */
async function submitAndWait(context: RpcContext, bytes: Uint8Array, timeoutMs: number | null) {
  const { node, limits, receipts } = context
  const hash = await submit(node, bytes)
  const waitMs = Math.min(timeoutMs ?? limits.receiptWaitDefaultMs, limits.receiptWaitMaxMs)
  if (await receipts.wait(hash, waitMs)) return receiptInTurn(context, hash)
  throw new RpcError(RECEIPT_TIMEOUT, `the transaction was accepted but is not final yet`, hash)
}

function locate(node: NodeApi, hash: Hash): { readonly block: FinalBlock; readonly index: number } | undefined {
  const location = node.transactionLocation(hash)
  const block = location && node.blockByHeight(location.height)
  return location && block && { block, index: location.index }
}

function transactionOrNull(node: NodeApi, hash: Hash) {
  const found = locate(node, hash)
  if (found !== undefined) return minedTransactionJson(found.block, found.index)
  const pooled = node.pooledTransaction(hash)
  return pooled === undefined ? null : pendingTransactionJson(pooled)
}

/** Null unless it is final. */
function receiptInTurn({ node, work }: RpcContext, hash: Hash): Promise<JsonText> {
  return work.run(() => {
    const found = locate(node, hash)
    return new JsonText(JSON.stringify(found === undefined ? null : receiptJson(found.block, found.index)))
  })
}

/**
 * Not so one behind a nonce gap, or without a quorum: it may be replaced while the answer waits, and
 * a client that has not seen it in the pool by then never recognises what took its place.
 */
function isComing(node: NodeApi, hash: Hash): boolean {
  const pooled = node.pooledTransaction(hash)
  return pooled !== undefined && pooled.nonce < node.pendingNonce(pooled.sender) && node.status().live
}

/**
 * A transaction that can be executed is final in a moment, and the answer waits for it: clients that
 * hear "not yet" look again at the next block only, and on an idle network theirs was the last.
 */
async function receiptOf(context: RpcContext, hash: Hash) {
  const { node, limits, receipts } = context
  if (receipts.hasRoom && isComing(node, hash)) await receipts.wait(hash, limits.receiptHoldMs)
  return receiptInTurn(context, hash)
}

/** What holds the place of a nonce, final or in the pool: so viem recognises a replacement that it did not see coming. */
async function transactionOfNonce(context: RpcContext, sender: Address, nonce: number) {
  const { node } = context
  const pooled = node.pooledTransactions().find((each) => each.sender === sender && each.nonce === nonce)
  if (pooled !== undefined) return pendingTransactionJson(pooled)
  const hash = await findByNonce(context, sender, nonce)
  return hash === undefined ? null : transactionOrNull(node, hash)
}

function transactionAt(node: NodeApi, id: BlockId, position: number) {
  const block = findBlock(node, id)
  return block?.transactions[position] === undefined ? null : minedTransactionJson(block, position)
}

export const ETH_TRANSACTION_METHODS: readonly RpcMethod[] = [
  defineMethod('eth_sendRawTransaction', [envelope], ({ node }, bytes) => submit(node, bytes)),
  defineMethod(
    'eth_sendRawTransactionSync',
    [envelope, optional('timeoutMs', asLenientQuantity, null)],
    submitAndWait,
    'waiting',
  ),
  defineMethod(
    'eth_getTransactionByHash',
    [transactionHash],
    ({ node }, hash) => transactionOrNull(node, hash),
    'expensive',
  ),
  defineMethod('eth_getTransactionReceipt', [transactionHash], receiptOf, 'waiting'),
  defineMethod(
    'eth_getTransactionByBlockNumberAndIndex',
    [blockNumberParameter, index],
    ({ node }, id, position) => transactionAt(node, id, position),
    'expensive',
  ),
  defineMethod(
    'eth_getTransactionByBlockHashAndIndex',
    [required('blockHash', asHash), index],
    ({ node }, hash, position) => transactionAt(node, { by: 'hash', hash }, position),
    'expensive',
  ),
  defineMethod(
    'eth_getTransactionBySenderAndNonce',
    [required('address', asAddress), required('nonce', asLenientQuantity)],
    transactionOfNonce,
    'expensive',
  ),
]
