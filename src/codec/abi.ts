/**
 * The contract ABI of Solidity, strict: one encoding for each value. Types come from `abitype`,
 * so a parameter list known at compile time gives typed values: integers of at most 48 bits are
 * numbers, longer ones bigints, byte strings and addresses lower-case 0x text.
 *
 * Selectors and topics are hashes, which this layer does not know: callers hash `abiSignature`.
 */
import type { AbiParameter, AbiParametersToPrimitiveTypes } from 'abitype'
import { abiTypesOf } from './abi/abi-type.ts'
import { decodeSequence } from './abi/decode.ts'
import { encodeSequence } from './abi/encode.ts'

/** @throws InvariantViolation when a value does not fit its type. */
export function encodeAbi<const Parameters extends readonly AbiParameter[]>(
  parameters: Parameters,
  values: AbiParametersToPrimitiveTypes<Parameters, 'inputs'>,
): Uint8Array {
  return encodeSequence(abiTypesOf(parameters), values)
}

/** @throws DecodeError unless `bytes` are exactly what `encodeAbi` gives for the values returned. */
export function decodeAbi<const Parameters extends readonly AbiParameter[]>(
  parameters: Parameters,
  bytes: Uint8Array,
): AbiParametersToPrimitiveTypes<Parameters, 'outputs'> {
  return decodeSequence(abiTypesOf(parameters), bytes) as AbiParametersToPrimitiveTypes<Parameters, 'outputs'>
}
