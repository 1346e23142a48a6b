/** Calls that change nothing: views of modules, and what a transaction would cost. */
import type { Height } from '../../types/ids.ts'
import { blockParameter, heightOf } from '../block-id.ts'
import { asCall, type CallFields, runCall } from '../call-object.ts'
import { defineMethod, type RpcContext, type RpcMethod } from '../method.ts'
import { required } from '../params.ts'
import { data, quantity } from '../serializers/encoding.ts'

const call = required('call', asCall)

/** Gas that the call takes. */
export function estimate({ node, limits }: RpcContext, fields: CallFields, at: Height): number {
  return runCall(limits, at, fields, (height, request) => node.estimateGas(height, request)).gasUsed
}

export const ETH_CALL_METHODS: readonly RpcMethod[] = [
  defineMethod(
    'eth_call',
    [call, blockParameter],
    ({ node, limits }, fields, block) =>
      data(runCall(limits, heightOf(node, block), fields, (height, request) => node.call(height, request)).data),
    'expensive',
  ),
  defineMethod(
    'eth_estimateGas',
    [call, blockParameter],
    (context, fields, block) => quantity(estimate(context, fields, heightOf(context.node, block))),
    'expensive',
  ),
  // There is no storage that a list could name in advance: the one that was given is the cheapest to keep.
  defineMethod(
    'eth_createAccessList',
    [call, blockParameter],
    (context, fields, block) => ({
      accessList: fields.accessList,
      gasUsed: quantity(estimate(context, fields, heightOf(context.node, block))),
    }),
    'expensive',
  ),
]
