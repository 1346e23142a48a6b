/** The object that describes a call or a transaction to be, and running it on a state. */
import { bytesEqual, EMPTY_BYTES } from '../base/bytes.ts'
import type { Rejection } from '../base/rejection.ts'
import type { Result } from '../base/result.ts'
import type { CallOutcome, CallRequest } from '../node/node-api.ts'
import { type Height, ZERO_ADDRESS } from '../types/ids.ts'
import type { AccessListEntry } from '../types/transaction.ts'
import { executionReverted, outOfGas, rejectionError } from './errors.ts'
import type { RpcLimits } from './limits.ts'
import { asAddress, asArray, asBigQuantity, asBytes, asHash, asObject, asQuantity, invalid } from './params.ts'
import { revertReason } from './revert-reason.ts'
import { data } from './serializers/encoding.ts'

/** The gas limit is all that a call may have when none is named. Others (fees, nonce, …) are of no effect on a call. */
export interface CallFields extends Omit<CallRequest, 'gasLimit'> {
  readonly gasLimit: number | null
}

type Returned = Extract<CallOutcome, { readonly status: 'returned' }>

/** BOUND: far more than fits into a transaction that a block has gas for. */
const ACCESS_LIST_MAX = 16_384

export function asCall(value: unknown, what: string): CallFields {
  const field = fieldsOf(value, what)
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
    accessList: field('accessList', asAccessList, []),
    gasLimit: field('gas', asQuantity, null),
  }
}

/** Reads one field after the other; null is as good as absent. */
export function fieldsOf(value: unknown, what: string) {
  const fields = asObject(value, what)
  return <T, D>(name: string, decode: (value: unknown, what: string) => T, absent: D): T | D => {
    const given = fields[name]
    return given === undefined || given === null ? absent : decode(given, `${what}.${name}`)
  }
}

/** A module is synchronous: a call is run in one piece, however much it reads. @throws RpcError unless it returns. */
export function runCall(
  { callGasMax }: RpcLimits,
  height: Height,
  fields: CallFields,
  how: (height: Height, request: CallRequest) => Result<CallOutcome, Rejection>,
): Returned {
  const outcome = how(height, { ...fields, gasLimit: Math.min(fields.gasLimit ?? callGasMax, callGasMax) })
  if (!outcome.ok) throw rejectionError(outcome.error)
  const { value } = outcome
  if (value.status === 'reverted') throw executionReverted(revertReason(value.data), data(value.data))
  if (value.status === 'outOfGas') throw outOfGas(value.gasUsed)
  return value
}

const asAccessList = asArray((entry, what): AccessListEntry => {
  const field = fieldsOf(entry, what)
  const address = field('address', asAddress, null)
  if (address === null) throw invalid(what, 'an entry without an address')
  return { address, storageKeys: field('storageKeys', asArray(asHash, ACCESS_LIST_MAX), []) }
}, ACCESS_LIST_MAX)
