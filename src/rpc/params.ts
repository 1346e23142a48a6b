/**
 * Decoders of parameters. Encodings are those of execution-apis: quantities are minimal hex, data
 * has an even number of digits. Lengths are looked at before anything is converted.
 */
import { fromHex, isHex } from '../base/bytes.ts'
import { type Address, type Hash, parseAddress, parseHash } from '../types/ids.ts'
import { invalidParams, quote } from './errors.ts'
import type { Parameter, Schema } from './parameter.ts'

/** '0x' and 64 digits: 2^256 - 1. */
const QUANTITY_LENGTH_MAX = 66
const QUANTITY_PATTERN = /^0x(?:0|[1-9a-fA-F][0-9a-fA-F]*)$/

type Decode<T> = (value: unknown, what: string) => T

export function required<T>(name: string, decode: Decode<T>): Parameter<T> {
  return { name, required: true, schema: schemaOf(decode), decode: (value) => decode(value, name) }
}

export function optional<T, D>(name: string, decode: Decode<T>, absent: D): Parameter<T | D> {
  return {
    name,
    required: false,
    schema: schemaOf(decode),
    decode: (value) => (value === undefined ? absent : decode(value, name)),
  }
}

function schemaOf(decode: Decode<unknown>): Schema {
  return SCHEMAS.get(decode) ?? {}
}

export function asText(value: unknown, what: string): string {
  if (typeof value !== 'string') throw invalid(what, `expected a string, got ${kindOf(value)}`)
  return value
}

export function asBoolean(value: unknown, what: string): boolean {
  if (typeof value !== 'boolean') throw invalid(what, `expected true or false, got ${kindOf(value)}`)
  return value
}

export function asObject(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalid(what, `expected an object, got ${kindOf(value)}`)
  }
  return value as Record<string, unknown>
}

export function asArray<T>(decode: Decode<T>, itemsMax: number): Decode<readonly T[]> {
  return (value, what) => {
    if (!Array.isArray(value)) throw invalid(what, `expected an array, got ${kindOf(value)}`)
    if (value.length > itemsMax) throw invalid(what, `${value.length} items, at most ${itemsMax} allowed`)
    return value.map((item) => decode(item, what))
  }
}

export function asBigQuantity(value: unknown, what: string): bigint {
  if (typeof value === 'number') throw invalid(what, 'expected a hex string such as "0x1", got a number')
  const text = asText(value, what)
  if (text.length > QUANTITY_LENGTH_MAX) throw invalid(what, 'hex number above 256 bits')
  if (QUANTITY_PATTERN.test(text)) return BigInt(text)
  if (!text.startsWith('0x')) throw invalid(what, 'hex string without 0x prefix')
  if (text === '0x') throw invalid(what, 'hex string "0x" is not a number')
  throw invalid(
    what,
    isHex(text) || /^0x[\da-fA-F]+$/.test(text) ? 'hex number with leading zero digits' : 'not hexadecimal',
  )
}

/** A quantity that a number holds exactly. */
export function asQuantity(value: unknown, what: string): number {
  const quantity = asBigQuantity(value, what)
  if (quantity > BigInt(Number.MAX_SAFE_INTEGER)) throw invalid(what, 'above 2^53 - 1')
  return Number(quantity)
}

/** A quantity, or a plain JSON number where clients send one. */
export function asLenientQuantity(value: unknown, what: string): number {
  if (typeof value !== 'number') return asQuantity(value, what)
  if (!Number.isSafeInteger(value) || value < 0) throw invalid(what, 'not a natural number')
  return value
}

export function asBytes(value: unknown, what: string): Uint8Array {
  const text = asText(value, what)
  if (!text.startsWith('0x')) throw invalid(what, 'hex string without 0x prefix')
  if (text.length % 2 !== 0) throw invalid(what, 'hex string of odd length')
  if (!isHex(text)) throw invalid(what, 'invalid hex string')
  return fromHex(text)
}

export function asAddress(value: unknown, what: string): Address {
  const text = asText(value, what)
  const address = parseAddress(text)
  if (address === undefined) throw invalid(what, badFixedHex(text, 20, 'an address'))
  return address
}

export function asHash(value: unknown, what: string): Hash {
  const text = asText(value, what)
  const hash = parseHash(text)
  if (hash === undefined) throw invalid(what, badFixedHex(text, 32, 'a hash'))
  return hash
}

/** A storage slot: up to 32 bytes, short ones are filled with zeros on the left. */
export function asSlot(value: unknown, what: string): Hash {
  const text = asText(value, what)
  const digits = text.startsWith('0x') ? text.slice(2) : text
  if (digits.length > 64) throw invalidParams(`storage key too long (want at most 32 bytes): "${quote(text)}"`)
  const hash = parseHash(`0x${digits.padStart(64, '0')}`)
  if (hash === undefined) throw invalidParams(`invalid hex in storage key: "${quote(text)}"`)
  return hash
}

const QUANTITY_SCHEMA: Schema = { type: 'string', pattern: '^0x(0|[1-9a-fA-F][0-9a-fA-F]{0,63})$' }

const SCHEMAS: ReadonlyMap<Decode<unknown>, Schema> = new Map<Decode<unknown>, Schema>([
  [asText, { type: 'string' }],
  [asBoolean, { type: 'boolean' }],
  [asObject, { type: 'object' }],
  [asQuantity, QUANTITY_SCHEMA],
  [asBigQuantity, QUANTITY_SCHEMA],
  [asLenientQuantity, { oneOf: [QUANTITY_SCHEMA, { type: 'integer', minimum: 0 }] }],
  [asBytes, { type: 'string', pattern: '^0x([0-9a-fA-F]{2})*$' }],
  [asAddress, { type: 'string', pattern: '^0x[0-9a-fA-F]{40}$' }],
  [asHash, { type: 'string', pattern: '^0x[0-9a-fA-F]{64}$' }],
  [asSlot, { type: 'string', pattern: '^(0x)?[0-9a-fA-F]{0,64}$' }],
])

export function invalid(what: string, reason: string) {
  return invalidParams(`invalid argument ${what}: ${reason}`)
}

export function kindOf(value: unknown): string {
  if (value === null) return 'null'
  if (value === undefined) return 'nothing'
  if (Array.isArray(value)) return 'an array'
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}

function badFixedHex(text: string, bytes: number, noun: string): string {
  if (!text.startsWith('0x')) return `hex string without 0x prefix, want ${noun}`
  if (text.length !== 2 + 2 * bytes) return `hex string has ${text.length - 2} digits, want ${2 * bytes} for ${noun}`
  return `invalid hex string, want ${noun}`
}
