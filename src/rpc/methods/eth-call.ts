/** Calls that change nothing: views of modules, and what a transaction would cost. */
import { blockParameter, heightOf } from '../block-id.ts'
import { asCall, runCall } from '../call-object.ts'
import { defineMethod, type RpcMethod } from '../method.ts'
import { required } from '../params.ts'
import { data, quantity } from '../serializers/encoding.ts'

const call = required('call', asCall)

export const ETH_CALL_METHODS: readonly RpcMethod[] = [
  defineMethod(
    'eth_call',
    [call, blockParameter],
    ({ node }, fields, block) =>
      data(runCall(node, heightOf(node, block), fields, (height, request) => node.call(height, request)).data),
    'expensive',
  ),
  defineMethod(
    'eth_estimateGas',
    [call, blockParameter],
    ({ node }, fields, block) =>
      quantity(
        runCall(node, heightOf(node, block), fields, (height, request) => node.estimateGas(height, request)).gasUsed,
      ),
    'expensive',
  ),
  // There is no storage that a list could name in advance: the one that was given is the cheapest to keep.
  defineMethod(
    'eth_createAccessList',
    [call, blockParameter],
    ({ node }, fields, block) => {
      const { gasUsed } = runCall(node, heightOf(node, block), fields, (height, request) =>
        node.estimateGas(height, request),
      )
      return { accessList: fields.accessList, gasUsed: quantity(gasUsed) }
    },
    'expensive',
  ),
]
