/**
 * ABI types as a tree, made once from what a parameter says as text (Solidity ABI
 * specification, "Types"). Parameters are part of the program, never of a message, so a type
 * that we do not know is our mistake.
 *
 * Deviations: no `function`, no `fixed`, and nothing that takes no room (`T[0]`, the empty
 * tuple), because an array of it may have any length without a byte of input to pay for it.
 */
import type { AbiParameter } from 'abitype'
import { defined, invariant } from '../../base/invariant.ts'

export const WORD_LENGTH = 32

/** BOUND: arrays and tuples in each other; encoding and decoding recurse this deep at most. @internal */
export const TYPE_NESTING_MAX = 16

export type AbiType = AbiShape & {
  /** Its place in the head holds an offset, and the value follows in the tail. */
  readonly isDynamic: boolean
  /** Bytes it takes in the head. */
  readonly headLength: number
}

type AbiShape =
  | { readonly kind: 'uint' | 'int'; readonly bits: number }
  | { readonly kind: 'address' | 'bool' | 'bytes' | 'string' }
  | { readonly kind: 'fixedBytes'; readonly length: number }
  | { readonly kind: 'array'; readonly element: AbiType; readonly length: number | undefined }
  | { readonly kind: 'tuple'; readonly members: readonly AbiType[]; readonly names: readonly string[] | undefined }

const ARRAY_PATTERN = /^(.+)\[(\d*)\]$/
const SIZED_PATTERN = /^(uint|int|bytes)(\d*)$/

const cache = new WeakMap<readonly AbiParameter[], readonly AbiType[]>()

export function abiTypesOf(parameters: readonly AbiParameter[]): readonly AbiType[] {
  let types = cache.get(parameters)
  if (types === undefined) {
    types = parameters.map((parameter) => abiTypeOf(parameter, 0))
    cache.set(parameters, types)
  }
  return types
}

/** `name(type,…)` with tuples written out: what selectors and event topics are the hash of. */
export function abiSignature(name: string, parameters: readonly AbiParameter[]): string {
  return `${name}(${abiTypesOf(parameters).map(canonicalName).join(',')})`
}

export function sumOfHeads(types: readonly AbiType[]): number {
  return types.reduce((sum, type) => sum + type.headLength, 0)
}

function abiTypeOf(parameter: AbiParameter, nesting: number): AbiType {
  invariant(nesting <= TYPE_NESTING_MAX, `ABI: types nested deeper than ${TYPE_NESTING_MAX}`)
  const array = ARRAY_PATTERN.exec(parameter.type)
  if (array !== null) {
    const element = abiTypeOf({ ...parameter, type: defined(array[1], 'element type') }, nesting + 1)
    return arrayOf(element, array[2] === '' ? undefined : Number(array[2]))
  }
  if (parameter.type === 'tuple') return tupleOf(componentsOf(parameter), nesting)
  return elementaryType(parameter.type)
}

function arrayOf(element: AbiType, length: number | undefined): AbiType {
  invariant(length !== 0, 'ABI: an array of length 0')
  const isDynamic = length === undefined || element.isDynamic
  return {
    kind: 'array',
    element,
    length,
    isDynamic,
    headLength: isDynamic ? WORD_LENGTH : element.headLength * length,
  }
}

function tupleOf(components: readonly AbiParameter[], nesting: number): AbiType {
  invariant(components.length > 0, 'ABI: an empty tuple')
  const members = components.map((component) => abiTypeOf(component, nesting + 1))
  const names = components.map((component) => component.name ?? '')
  const isDynamic = members.some((member) => member.isDynamic)
  return {
    kind: 'tuple',
    members,
    // As in abitype: one member without a name makes the value an array.
    names: names.includes('') ? undefined : names,
    isDynamic,
    headLength: isDynamic ? WORD_LENGTH : sumOfHeads(members),
  }
}

function elementaryType(text: string): AbiType {
  if (text === 'address' || text === 'bool') return { kind: text, isDynamic: false, headLength: WORD_LENGTH }
  if (text === 'bytes' || text === 'string') return { kind: text, isDynamic: true, headLength: WORD_LENGTH }
  const [, kind, digits] = SIZED_PATTERN.exec(text) ?? []
  if (kind === 'bytes') {
    const length = Number(digits)
    invariant(length >= 1 && length <= WORD_LENGTH, `ABI: unknown type ${text}`)
    return { kind: 'fixedBytes', length, isDynamic: false, headLength: WORD_LENGTH }
  }
  const bits = digits === '' ? 256 : Number(digits)
  invariant(
    (kind === 'uint' || kind === 'int') && bits % 8 === 0 && bits >= 8 && bits <= 256,
    `ABI: unknown type ${text}`,
  )
  return { kind, bits, isDynamic: false, headLength: WORD_LENGTH }
}

function componentsOf(parameter: AbiParameter): readonly AbiParameter[] {
  invariant('components' in parameter, 'ABI: a tuple without components')
  return parameter.components
}

function canonicalName(type: AbiType): string {
  switch (type.kind) {
    case 'uint':
    case 'int':
      return `${type.kind}${type.bits}`
    case 'fixedBytes':
      return `bytes${type.length}`
    case 'array':
      return `${canonicalName(type.element)}[${type.length ?? ''}]`
    case 'tuple':
      return `(${type.members.map(canonicalName).join(',')})`
    case 'address':
    case 'bool':
    case 'bytes':
    case 'string':
      return type.kind
  }
}
