/** Calls of the `validators` module as transactions carry them, made and read back, and its answers. */
import type { AbiParametersToPrimitiveTypes, ExtractAbiFunction, ExtractAbiFunctionNames } from 'abitype'
import { bytesEqual, concatBytes, fromHex } from '../../../base/bytes.ts'
import { defined } from '../../../base/invariant.ts'
import { decodeAbi, encodeAbi } from '../../../codec/abi.ts'
import { DecodeError } from '../../../codec/decode-error.ts'
import { SELECTOR_BYTES } from '../../module-interface.ts'
import type { validatorsAbi } from './abi.ts'
import { validators } from './validators.ts'

type FunctionName = ExtractAbiFunctionNames<typeof validatorsAbi>
type Arguments<Name extends FunctionName> = AbiParametersToPrimitiveTypes<
  ExtractAbiFunction<typeof validatorsAbi, Name>['inputs'],
  'inputs'
>

type Answer<Name extends FunctionName> = AbiParametersToPrimitiveTypes<
  ExtractAbiFunction<typeof validatorsAbi, Name>['outputs'],
  'outputs'
>[0]

/** What a call was reverted with. */
export interface ValidatorsError {
  readonly name: string
  readonly args: readonly unknown[]
}

/** Selector and arguments. */
export function encodeValidatorsCall<Name extends FunctionName>(name: Name, args: Arguments<Name>): Uint8Array {
  const { selector, inputs } = functionOf(name)
  return concatBytes(selector, encodeAbi(inputs, args as readonly unknown[]))
}

/** What a view gave. @throws DecodeError */
export function decodeValidatorsAnswer<Name extends FunctionName>(name: Name, data: Uint8Array): Answer<Name> {
  const answers: readonly unknown[] = decodeAbi(functionOf(name).outputs, data)
  return answers[0] as Answer<Name>
}

/** Undefined for data that is none of the module's errors. */
export function decodeValidatorsError(data: Uint8Array): ValidatorsError | undefined {
  const selector = data.subarray(0, SELECTOR_BYTES)
  const [name, error] = [...validators.errors].find(([, each]) => bytesEqual(each.selector, selector)) ?? []
  if (name === undefined || error === undefined) return undefined
  return { name, args: decodeAbi(error.inputs, data.subarray(SELECTOR_BYTES)) }
}

/** The evidence that a call submits; undefined when it is another call, or none. */
export function evidenceSubmittedBy(data: Uint8Array): Uint8Array | undefined {
  const args = argumentsOf('submitEvidence', data)
  return args && fromHex(args[0])
}

/** The proposal that a call votes on; undefined when it is another call, or none. */
export function proposalVotedOnBy(data: Uint8Array): bigint | undefined {
  return argumentsOf('vote', data)?.[0]
}

function argumentsOf<Name extends FunctionName>(name: Name, data: Uint8Array): Arguments<Name> | undefined {
  const { selector, inputs } = functionOf(name)
  if (!bytesEqual(data.subarray(0, SELECTOR_BYTES), selector)) return undefined
  try {
    return decodeAbi(inputs, data.subarray(SELECTOR_BYTES)) as unknown as Arguments<Name>
  } catch (error) {
    if (error instanceof DecodeError) return undefined
    throw error
  }
}

function functionOf(name: FunctionName) {
  const [selector, { inputs, outputs }] = defined(
    [...validators.functions].find(([, fn]) => fn.name === name),
    `function ${name}`,
  )
  return { selector: fromHex(selector), inputs, outputs }
}
