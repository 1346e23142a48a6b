/**
 * A module as the ledger runs it: functions by selector, their types forgotten. What its ABI
 * says is worked out once, when it is defined.
 */
import type { Abi, AbiEvent, AbiFunction, AbiParameter } from 'abitype'
import { type Hex, toHex, utf8 } from '../base/bytes.ts'
import { defined, invariant } from '../base/invariant.ts'
import { abiSignature } from '../codec/abi/abi-type.ts'
import { keccak256, keccak256Hash } from '../crypto/keccak.ts'
import { type Address, type Hash, parseAddress, ZERO_ADDRESS } from '../types/ids.ts'

export const SELECTOR_BYTES = 4

export type Implementation = (context: never, args: never) => unknown

export interface ModuleFunction {
  readonly name: string
  readonly inputs: readonly AbiParameter[]
  readonly outputs: readonly AbiParameter[]
  readonly isPayable: boolean
  readonly isView: boolean
  readonly implementation: Implementation
}

export interface ModuleEvent {
  readonly topic: Hash
  readonly inputs: AbiEvent['inputs']
}

export interface ModuleError {
  readonly selector: Uint8Array
  readonly inputs: readonly AbiParameter[]
}

export interface Module {
  readonly name: string
  readonly address: Address
  readonly abi: Abi
  readonly functions: ReadonlyMap<Hex, ModuleFunction>
  readonly events: ReadonlyMap<string, ModuleEvent>
  readonly errors: ReadonlyMap<string, ModuleError>
  /** Part of the ledger itself: gets what system-module.ts says besides. */
  readonly isSystem: boolean
}

export interface UntypedDefinition {
  readonly name: string
  readonly address: Hex
  readonly abi: Abi
  readonly implementations: Readonly<Record<string, Implementation>>
  readonly isSystem: boolean
}

export function moduleOf(definition: UntypedDefinition): Module {
  const { name, abi, implementations, isSystem } = definition
  const address = defined(parseAddress(definition.address), `module ${name}: a 20-byte address`)
  invariant(address !== ZERO_ADDRESS, `module ${name}: the zero address is nobody's`)
  const functions = new Map<Hex, ModuleFunction>()
  const events = new Map<string, ModuleEvent>()
  const errors = new Map<string, ModuleError>()
  for (const item of abi) {
    if (item.type === 'function') {
      const selector = toHex(selectorOf(item.name, item.inputs))
      invariant(!functions.has(selector), `module ${name}: ${item.name} is there twice`)
      functions.set(selector, functionOf(name, item, implementations[item.name]))
    } else if (item.type === 'event') {
      invariant(!events.has(item.name), `module ${name}: event ${item.name} is overloaded`)
      invariant(item.anonymous !== true, `module ${name}: event ${item.name} is anonymous`)
      const isIndexable = item.inputs.every((input) => input.indexed !== true || !/^tuple|\]$/.test(input.type))
      invariant(isIndexable, `module ${name}: event ${item.name} has an indexed array or tuple`)
      events.set(item.name, { topic: keccak256Hash(utf8(abiSignature(item.name, item.inputs))), inputs: item.inputs })
    } else if (item.type === 'error') {
      invariant(!errors.has(item.name), `module ${name}: error ${item.name} is overloaded`)
      errors.set(item.name, { selector: selectorOf(item.name, item.inputs), inputs: item.inputs })
    }
  }
  const names = new Set(Array.from(functions.values(), (fn) => fn.name))
  invariant(names.size === functions.size, `module ${name}: functions are not overloaded`)
  return { name, address, abi, functions, events, errors, isSystem }
}

/** Undefined when the data begins with the selector of none. */
export function calledFunction({ functions }: Module, data: Uint8Array): ModuleFunction | undefined {
  return functions.get(toHex(data.subarray(0, SELECTOR_BYTES)))
}

function functionOf(module: string, item: AbiFunction, implementation: Implementation | undefined): ModuleFunction {
  return {
    name: item.name,
    inputs: item.inputs,
    outputs: item.outputs,
    isPayable: item.stateMutability === 'payable',
    isView: item.stateMutability === 'view' || item.stateMutability === 'pure',
    implementation: defined(implementation, `module ${module}: function ${item.name}`),
  }
}

function selectorOf(name: string, inputs: readonly AbiParameter[]): Uint8Array {
  return keccak256(utf8(abiSignature(name, inputs))).slice(0, SELECTOR_BYTES)
}
