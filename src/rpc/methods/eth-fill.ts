/**
 * eth_fillTransaction: in one request what a wallet asks for in four. `raw` is what has to be hashed
 * and signed. Deviation: a fee cap leaves room for a base fee twice as high, as geth's does.
 */
import { encodeTransactionForSigning } from '../../crypto/transaction-codec.ts'
import type { NodeApi } from '../../node/node-api.ts'
import type { TransactionFields, TransactionType } from '../../types/transaction.ts'
import { asCall, type CallFields, fieldsOf } from '../call-object.ts'
import { invalidParams } from '../errors.ts'
import { nextBaseFee, suggestedTip } from '../fee-suggestions.ts'
import { defineMethod, type RpcContext, type RpcMethod } from '../method.ts'
import { asBigQuantity, asQuantity, invalid, required } from '../params.ts'
import { data } from '../serializers/encoding.ts'
import { unsignedTransactionJson } from '../serializers/transaction.ts'
import { estimate } from './eth-call.ts'

interface Draft {
  readonly call: CallFields
  readonly type: TransactionType
  readonly chainId: number | null
  readonly nonce: number | null
  readonly gasPrice: bigint | null
  readonly maxFeePerGas: bigint | null
  readonly maxPriorityFeePerGas: bigint | null
}

function asDraft(value: unknown, what: string): Draft {
  const field = fieldsOf(value, what)
  const call = asCall(value, what)
  const gasPrice = field('gasPrice', asBigQuantity, null)
  const maxFeePerGas = field('maxFeePerGas', asBigQuantity, null)
  const maxPriorityFeePerGas = field('maxPriorityFeePerGas', asBigQuantity, null)
  if (gasPrice !== null && (maxFeePerGas !== null || maxPriorityFeePerGas !== null)) {
    throw invalidParams('both gasPrice and (maxFeePerGas or maxPriorityFeePerGas) specified')
  }
  const implied = gasPrice === null ? 2 : call.accessList.length > 0 ? 1 : 0
  const type = field('type', asType, implied)
  if (type !== 2 && (maxFeePerGas !== null || maxPriorityFeePerGas !== null)) {
    throw invalid(what, `type ${type} has one gas price`)
  }
  if (type === 2 && gasPrice !== null) throw invalid(what, 'type 2 has fee caps instead of a gas price')
  if (type === 0 && call.accessList.length > 0) throw invalid(what, 'type 0 has no access list')
  const chainId = field('chainId', asQuantity, null)
  return { call, type, chainId, nonce: field('nonce', asQuantity, null), gasPrice, maxFeePerGas, maxPriorityFeePerGas }
}

function asType(value: unknown, what: string): TransactionType {
  const type = asQuantity(value, what)
  if (type === 0 || type === 1 || type === 2) return type
  throw invalid(what, 'transaction type not valid')
}

function fees(node: NodeApi, draft: Draft): Pick<TransactionFields, 'maxFeePerGas' | 'maxPriorityFeePerGas'> {
  const tip = suggestedTip(node)
  if (draft.type !== 2) {
    const gasPrice = draft.gasPrice ?? nextBaseFee(node) + tip
    return { maxFeePerGas: gasPrice, maxPriorityFeePerGas: gasPrice }
  }
  const maxPriorityFeePerGas = draft.maxPriorityFeePerGas ?? lower(tip, draft.maxFeePerGas)
  const maxFeePerGas = draft.maxFeePerGas ?? 2n * nextBaseFee(node) + maxPriorityFeePerGas
  if (maxPriorityFeePerGas <= maxFeePerGas) return { maxFeePerGas, maxPriorityFeePerGas }
  throw invalidParams(`maxFeePerGas (${maxFeePerGas}) < maxPriorityFeePerGas (${maxPriorityFeePerGas})`)
}

function lower(tip: bigint, cap: bigint | null): bigint {
  return cap !== null && cap < tip ? cap : tip
}

function fill(context: RpcContext, draft: Draft) {
  const { node } = context
  const { call, type, chainId } = draft
  if (chainId !== null && chainId !== node.chainId) {
    throw invalidParams(`chainId does not match node's (have=${chainId}, want=${node.chainId})`)
  }
  const { height } = node.head().header
  const transaction: TransactionFields = {
    type,
    chainId: node.chainId,
    nonce: draft.nonce ?? node.pendingNonce(call.from),
    gasLimit: call.gasLimit ?? estimate(context, call, height),
    to: call.to,
    value: call.value,
    data: call.data,
    accessList: call.accessList,
    ...fees(node, draft),
  }
  return {
    raw: data(encodeTransactionForSigning(transaction)),
    tx: { from: call.from, ...unsignedTransactionJson(transaction) },
  }
}

export const ETH_FILL_METHODS: readonly RpcMethod[] = [
  defineMethod('eth_fillTransaction', [required('transaction', asDraft)], fill, 'expensive'),
]
