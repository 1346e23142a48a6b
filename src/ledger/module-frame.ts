/**
 * One call of a module: decodes the arguments, lends the module a context, and judges how it
 * ended. Whatever a module's code does or throws ends in one of three ways; only what is wrong
 * with this node itself (an invariant, a missing trie node) passes through as an exception.
 */
import type { AbiParameter } from 'abitype'
import { bytesEqual, concatBytes, EMPTY_BYTES, fromHex, type Hex, toHex, utf8 } from '../base/bytes.ts'
import { InvariantViolation } from '../base/invariant.ts'
import { decodeAbi, encodeAbi } from '../codec/abi.ts'
import { DecodeError } from '../codec/decode-error.ts'
import { keccak256Hash } from '../crypto/keccak.ts'
import { MissingNodeError } from '../trie/node-source.ts'
import { type Address, type Hash, hashFromBytes } from '../types/ids.ts'
import type { Log } from '../types/receipt.ts'
import { MODULE_GAS } from './gas.ts'
import type { GasMeter } from './gas-meter.ts'
import type { ModuleRules } from './governance-rules.ts'
import type { ModuleBlock } from './module.ts'
import { calledFunction, type Module, type ModuleFunction, SELECTOR_BYTES } from './module-interface.ts'
import { readValue, writeValue } from './storage-map.ts'
import type { Words } from './storage-words.ts'
import { WORD_BYTES } from './word.ts'

export interface ModuleCall {
  readonly sender: Address
  readonly value: bigint
  readonly data: Uint8Array
  readonly block: ModuleBlock
  /** The storage of the module's account. */
  readonly words: Words
  readonly meter: GasMeter
  /** For the system's own module. */
  readonly rules: ModuleRules
}

export type ModuleOutcome =
  | { readonly status: 'returned'; readonly data: Uint8Array; readonly logs: readonly Log[] }
  /** `data` is the ABI-encoded error; empty when there was none to give. */
  | { readonly status: 'reverted'; readonly data: Uint8Array }
  | { readonly status: 'outOfGas' }

const REVERTED_WITHOUT_REASON: ModuleOutcome = { status: 'reverted', data: EMPTY_BYTES }

/** Writes through `call.words`; the caller takes that back unless the outcome is 'returned'. */
export function callModule(module: Module, call: ModuleCall): ModuleOutcome {
  const target = calledFunction(module, call.data)
  if (target === undefined) return REVERTED_WITHOUT_REASON
  if (call.value > 0n && !target.isPayable) return REVERTED_WITHOUT_REASON
  const args = argumentsOf(target, call.data)
  if (args === undefined) return REVERTED_WITHOUT_REASON
  return new ModuleFrame(module, call).run(target, args)
}

function argumentsOf(target: ModuleFunction, data: Uint8Array): readonly unknown[] | undefined {
  try {
    return decodeAbi(target.inputs, data.subarray(SELECTOR_BYTES))
  } catch (error) {
    if (error instanceof DecodeError) return undefined
    throw error
  }
}

/** Thrown by `revert` to leave the module's code. */
class Reverted extends Error {
  override readonly name = 'Reverted'
}

class ModuleFrame {
  readonly #module: Module
  readonly #call: ModuleCall
  readonly #logs: Log[] = []
  /** What ended the call holds even when the module caught the exception that told it. */
  #revertData: Uint8Array | undefined
  #ownFault: Error | undefined
  #isOver = false

  constructor(module: Module, call: ModuleCall) {
    this.#module = module
    this.#call = call
  }

  run(target: ModuleFunction, args: readonly unknown[]): ModuleOutcome {
    let data: Uint8Array | undefined
    try {
      const implementation = target.implementation as (context: unknown, args: readonly unknown[]) => unknown
      const returned = implementation(this.#context(target), args)
      if (returned instanceof Promise) throw lateModule(returned)
      data = encodeGiven(target.outputs, outputsOf(target, returned))
    } catch {
      // DETERMINISM: what was thrown is not looked at. Messages and types differ between
      // versions of the engine; that something was thrown does not.
      data = undefined
    }
    this.#isOver = true
    if (this.#ownFault !== undefined) throw this.#ownFault
    if (this.#call.meter.isExhausted) return { status: 'outOfGas' }
    if (this.#revertData !== undefined) return { status: 'reverted', data: this.#revertData }
    return data === undefined ? REVERTED_WITHOUT_REASON : { status: 'returned', data, logs: this.#logs }
  }

  #context(target: ModuleFunction): unknown {
    const { sender, value, block } = this.#call
    const get = (key: Hex): Hex => this.#guarded(() => toHex(readValue(this.#metered, wordOf(key))))
    const set = (key: Hex, content: Hex): void =>
      this.#guarded(() => writeValue(this.#metered, wordOf(key), fromHex(content)))
    const revert = (error: string, args: readonly unknown[]): never => this.#revert(error, args)
    const emit = (event: string, args: readonly unknown[]): void => this.#guarded(() => this.#emit(event, args))
    const shared = { sender, block: Object.freeze({ ...block }), revert, ...(this.#module.isSystem && this.#reach()) }
    return Object.freeze(
      target.isView
        ? { ...shared, storage: Object.freeze({ get }) }
        : { ...shared, value, emit, storage: Object.freeze({ get, set }) },
    )
  }

  #reach() {
    const { rules, meter } = this.#call
    const words: Words = {
      read: (slot) => this.#guarded(() => this.#metered.read(slot)),
      write: (slot, word) => this.#guarded(() => this.#metered.write(slot, word)),
    }
    return { words, rules, charge: (gas: number): void => meter.charge(gas) }
  }

  /** Remembers our own faults, which no module may swallow. */
  #guarded<T>(host: () => T): T {
    if (this.#isOver) throw new TypeError('a module works only while it is called')
    try {
      return host()
    } catch (error) {
      if (error instanceof InvariantViolation || error instanceof MissingNodeError) this.#ownFault ??= error
      throw error
    }
  }

  readonly #metered: Words = {
    read: (slot) => {
      this.#call.meter.charge(MODULE_GAS.slotRead)
      return this.#call.words.read(slot)
    },
    write: (slot, word) => {
      const before = this.#call.words.read(slot)
      if (bytesEqual(before, word)) return
      this.#call.meter.charge(before.every((byte) => byte === 0) ? MODULE_GAS.slotCreated : MODULE_GAS.slotChanged)
      this.#call.words.write(slot, word)
    },
  }

  #revert(name: string, args: readonly unknown[]): never {
    const error = this.#module.errors.get(name)
    if (error === undefined) throw new TypeError(`${this.#module.name} has no error ${name}`)
    this.#revertData ??= concatBytes(error.selector, encodeGiven(error.inputs, args))
    throw new Reverted(name)
  }

  #emit(name: string, args: readonly unknown[]): void {
    const event = this.#module.events.get(name)
    if (event === undefined) throw new TypeError(`${this.#module.name} has no event ${name}`)
    const topics: Hash[] = [event.topic]
    const parameters: AbiParameter[] = []
    const values: unknown[] = []
    for (const [index, input] of event.inputs.entries()) {
      if (input.indexed === true) {
        topics.push(topicOf(input, args[index]))
      } else {
        parameters.push(input)
        values.push(args[index])
      }
    }
    const data = encodeGiven(parameters, values)
    this.#call.meter.charge(MODULE_GAS.log + topics.length * MODULE_GAS.logTopic + data.length * MODULE_GAS.logByte)
    this.#logs.push({ address: this.#module.address, topics, data })
  }
}

function outputsOf(target: ModuleFunction, returned: unknown): readonly unknown[] {
  if (target.outputs.length === 0) return []
  return target.outputs.length === 1 ? [returned] : (returned as readonly unknown[])
}

/** A value that a module gives and that does not fit its type is the module's fault, not ours. */
function encodeGiven(parameters: readonly AbiParameter[], values: readonly unknown[]): Uint8Array {
  try {
    return encodeAbi(parameters, values)
  } catch (error) {
    throw error instanceof InvariantViolation ? new TypeError(error.message) : error
  }
}

/** A module is synchronous: what it would do later is not part of the block. Its own rejection is nobody's concern. */
function lateModule(promise: Promise<unknown>): TypeError {
  promise.catch(() => undefined)
  return new TypeError('a module does not return a promise')
}

/** Values longer than a word stand in a topic as their hash (Solidity ABI specification, "Events"). */
function topicOf(input: AbiParameter, value: unknown): Hash {
  if (input.type === 'bytes') return keccak256Hash(fromHex(value as Hex))
  if (input.type === 'string') return keccak256Hash(utf8(value as string))
  return hashFromBytes(encodeGiven([input], [value]))
}

function wordOf(key: Hex): Uint8Array {
  const bytes = fromHex(key)
  if (bytes.length !== WORD_BYTES) throw new TypeError('a storage key has 32 bytes')
  return bytes
}
