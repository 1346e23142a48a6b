/** Calls that change nothing: views of modules, and what a transaction would cost. */

import { bytesEqual, EMPTY_BYTES } from '../../base/bytes.ts'
import type { Rejection } from '../../base/rejection.ts'
import type { Result } from '../../base/result.ts'
import type { CallOutcome, CallRequest, NodeApi } from '../../node/node-api.ts'
import { type Height, ZERO_ADDRESS } from '../../types/ids.ts'
import { blockParameter, heightOf } from '../block-id.ts'
import { executionReverted, rejectionError } from '../errors.ts'
import { defineMethod, type RpcMethod } from '../method.ts'
import { asAddress, asBigQuantity, asBytes, asObject, asQuantity, invalid, required } from '../params.ts'
import { revertReason } from '../revert-reason.ts'
import { data, quantity } from '../serializers/encoding.ts'

/** Fields of a call; the gas limit is the block's when none is named. Others (fees, nonce, …) are of no effect. */
interface CallFields extends Omit<CallRequest, 'gasLimit'> {
  readonly gasLimit: number | null
}

function asCall(value: unknown, what: string): CallFields {
  const fields = asObject(value, what)
  const field = <T, D>(name: string, decode: (value: unknown, what: string) => T, absent: D): T | D => {
    const given = fields[name]
    return given === undefined || given === null ? absent : decode(given, `${what}.${name}`)
  }
  const input = field('input', asBytes, null)
  const older = field('data', asBytes, null)
  if (input !== null && older !== null && !bytesEqual(input, older)) {
    throw invalid(what, 'both "data" and "input" are set and not equal')
  }
  return {
    from: field('from', asAddress, ZERO_ADDRESS),
    to: field('to', asAddress, null),
    value: field('value', asBigQuantity, 0n),
    data: input ?? older ?? EMPTY_BYTES,
    gasLimit: field('gas', asQuantity, null),
  }
}

function run(
  node: NodeApi,
  height: Height,
  fields: CallFields,
  how: (height: Height, request: CallRequest) => Result<CallOutcome, Rejection>,
): CallOutcome {
  const blockGas = node.head().header.gasLimit
  const outcome = how(height, { ...fields, gasLimit: Math.min(fields.gasLimit ?? blockGas, blockGas) })
  if (!outcome.ok) throw rejectionError(outcome.error)
  if (outcome.value.status === 'reverted') {
    throw executionReverted(revertReason(outcome.value.data), data(outcome.value.data))
  }
  return outcome.value
}

const call = required('call', asCall)

export const ETH_CALL_METHODS: readonly RpcMethod[] = [
  defineMethod(
    'eth_call',
    [call, blockParameter],
    ({ node }, fields, block) =>
      data(run(node, heightOf(node, block), fields, (height, request) => node.call(height, request)).data),
    'expensive',
  ),
  defineMethod(
    'eth_estimateGas',
    [call, blockParameter],
    ({ node }, fields, block) =>
      quantity(
        run(node, heightOf(node, block), fields, (height, request) => node.estimateGas(height, request)).gasUsed,
      ),
    'expensive',
  ),
]
