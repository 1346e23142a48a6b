/**
 * Native modules: how the state machine is extended in TypeScript. A module is called with
 * ordinary ABI-encoded transactions, read with `eth_call`, heard through logs and proven through
 * its storage. Anyone writes one:
 *
 * ```ts
 * import { defineModule, numberFrom, parseAbi, storageKey, wordFrom } from 'tertia/module'
 *
 * export default defineModule({
 *   name: 'counter',
 *   address: '0x0000000000000000000000000000000000002001',
 *   abi: parseAbi([
 *     'function add(uint32 amount)',
 *     'function total(address owner) view returns (uint256)',
 *     'event Added(address indexed owner, uint32 amount)',
 *     'error NothingToAdd()',
 *   ]),
 *   call: {
 *     add(context, [amount]) {
 *       if (amount === 0) context.revert('NothingToAdd', [])
 *       const key = storageKey(context.sender)
 *       context.storage.set(key, wordFrom(numberFrom(context.storage.get(key)) + BigInt(amount)))
 *       context.emit('Added', [context.sender, amount])
 *     },
 *   },
 *   view: {
 *     total: (context, [owner]) => numberFrom(context.storage.get(storageKey(owner))),
 *   },
 * })
 * ```
 *
 * DETERMINISM: every replica runs the same call and has to come to the same result. The context
 * is all that a function may use: no clock, no randomness, no globals, nothing remembered
 * outside `storage`, no floating point that is not exact, no recursion whose depth a caller
 * chooses (how much stack there is differs between machines). This is a rule for authors, not a sandbox: a
 * module is part of the network's software. A replica that differs does so in the state root it
 * votes on, so it falls out of agreement and stops instead of spreading its result.
 */
import type {
  Abi,
  AbiParametersToPrimitiveTypes,
  ExtractAbiError,
  ExtractAbiErrorNames,
  ExtractAbiEvent,
  ExtractAbiEventNames,
  ExtractAbiFunction,
  ExtractAbiFunctionNames,
} from 'abitype'
import { bigIntToFixedBytes, concatBytes, fromHex, type Hex, toHex } from '../base/bytes.ts'
import { keccak256 } from '../crypto/keccak.ts'
import type { Address, Height } from '../types/ids.ts'
import { type Module, moduleOf } from './module-interface.ts'
import { WORD_BYTES } from './word.ts'

export { parseAbi } from 'abitype'
export type { Module } from './module-interface.ts'

type CallName<A extends Abi> = ExtractAbiFunctionNames<A, 'nonpayable' | 'payable'>
type ViewName<A extends Abi> = ExtractAbiFunctionNames<A, 'view' | 'pure'>

type Arguments<A extends Abi, Name extends ExtractAbiFunctionNames<A>> = AbiParametersToPrimitiveTypes<
  ExtractAbiFunction<A, Name>['inputs'],
  'outputs'
>

type Outputs<A extends Abi, Name extends ExtractAbiFunctionNames<A>> = AbiParametersToPrimitiveTypes<
  ExtractAbiFunction<A, Name>['outputs'],
  'inputs'
>

/** One output is returned as itself, several as a tuple. */
type ModuleFunction<A extends Abi, Name extends ExtractAbiFunctionNames<A>, Context> =
  Outputs<A, Name> extends readonly []
    ? (context: Context, args: Arguments<A, Name>) => void
    : Outputs<A, Name> extends readonly [infer Single]
      ? (context: Context, args: Arguments<A, Name>) => Single
      : (context: Context, args: Arguments<A, Name>) => Outputs<A, Name>

export interface ReadableStorage {
  /** The bytes at a 32-byte key; `0x` when there are none. */
  get(key: Hex): Hex
}

export interface ModuleStorage extends ReadableStorage {
  /** Any number of bytes; `0x` removes. */
  set(key: Hex, value: Hex): void
}

/** The block that the call is part of. */
export interface ModuleBlock {
  readonly height: Height
  /** Milliseconds since the Unix epoch as the proposer has them; larger than in the block before. */
  readonly timeMs: number
  readonly proposer: Address
}

export interface ViewContext<A extends Abi> {
  readonly sender: Address
  readonly block: ModuleBlock
  readonly storage: ReadableStorage
  /** Ends the call with status 0; nothing it wrote or emitted remains. */
  revert<Name extends ExtractAbiErrorNames<A>>(
    error: Name,
    args: AbiParametersToPrimitiveTypes<ExtractAbiError<A, Name>['inputs'], 'inputs'>,
  ): never
}

export interface CallContext<A extends Abi> extends ViewContext<A> {
  /** Wei that came with the call; 0 unless the function is payable. */
  readonly value: bigint
  readonly storage: ModuleStorage
  emit<Name extends ExtractAbiEventNames<A>>(
    event: Name,
    args: AbiParametersToPrimitiveTypes<ExtractAbiEvent<A, Name>['inputs'], 'inputs'>,
  ): void
}

export interface ModuleDefinition<A extends Abi, Call = CallContext<A>, View = ViewContext<A>> {
  readonly name: string
  readonly address: Hex
  readonly abi: A
  /** The functions that change something: by transaction. */
  readonly call: {
    readonly [Name in CallName<A>]: ModuleFunction<A, Name, Call>
  }
  /** The functions that only read: by `eth_call`. */
  readonly view: {
    readonly [Name in ViewName<A>]: ModuleFunction<A, Name, View>
  }
}

/** @throws InvariantViolation for a definition that cannot work: overloaded names, a missing function, a bad address. */
export function defineModule<const A extends Abi>(definition: ModuleDefinition<A>): Module {
  const { name, address, abi, call, view } = definition
  return moduleOf({ name, address, abi, implementations: { ...call, ...view }, isSystem: false })
}

/** A key made of parts of up to 32 bytes: keccak256 of their words, padded on the left. */
export function storageKey(...parts: readonly (Hex | bigint)[]): Hex {
  const words = parts.map((part) => {
    const bytes = fromHex(typeof part === 'bigint' ? wordFrom(part) : part)
    if (bytes.length > WORD_BYTES) throw new TypeError('a part of a storage key has at most 32 bytes')
    const word = new Uint8Array(WORD_BYTES)
    word.set(bytes, WORD_BYTES - bytes.length)
    return word
  })
  return toHex(keccak256(concatBytes(...words)))
}

/** Big-endian in 32 bytes. @throws RangeError for a number below zero or of more than 256 bits. */
export function wordFrom(number: bigint): Hex {
  return toHex(bigIntToFixedBytes(number, WORD_BYTES))
}

/** Big-endian, of any length: `0x`, which storage gives where nothing was set, is zero. */
export function numberFrom(bytes: Hex): bigint {
  return bytes === '0x' ? 0n : BigInt(bytes)
}
