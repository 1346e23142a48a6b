/**
 * Typed reading of RLP fields: each function takes what a list holds at an index and gives the
 * value or throws a DecodeError that names the field. Integers are big-endian without leading
 * zeros (yellow paper, appendix B, eq. 197), so every value has one form.
 */
import { bigIntToBytes, bytesToBigInt, toHex } from '../base/bytes.ts'
import { invariant } from '../base/invariant.ts'
import { DecodeError } from './decode-error.ts'
import type { RlpItem } from './rlp.ts'

export function asBytes(item: RlpItem | undefined, what: string, lengthMax = Number.POSITIVE_INFINITY): Uint8Array {
  if (!(item instanceof Uint8Array)) throw new DecodeError(`${what}: expected a byte string, got ${kindOf(item)}`)
  if (item.length > lengthMax) throw new DecodeError(`${what}: ${item.length} bytes, at most ${lengthMax} allowed`)
  return item
}

export function asFixedBytes(item: RlpItem | undefined, length: number, what: string): Uint8Array {
  const bytes = asBytes(item, what)
  if (bytes.length !== length) throw new DecodeError(`${what}: expected ${length} bytes, got ${bytes.length}`)
  return bytes
}

export function asList(
  item: RlpItem | undefined,
  what: string,
  lengthMax = Number.POSITIVE_INFINITY,
): readonly RlpItem[] {
  if (item === undefined || item instanceof Uint8Array) {
    throw new DecodeError(`${what}: expected a list, got ${kindOf(item)}`)
  }
  if (item.length > lengthMax) throw new DecodeError(`${what}: ${item.length} items, at most ${lengthMax} allowed`)
  return item
}

/** A list of exactly `length` items. */
export function asTuple(item: RlpItem | undefined, length: number, what: string): readonly RlpItem[] {
  const list = asList(item, what)
  if (list.length !== length) throw new DecodeError(`${what}: expected ${length} items, got ${list.length}`)
  return list
}

/** An integer that a number holds exactly: at most 2^53 − 1. */
export function asUint(item: RlpItem | undefined, what: string): number {
  const bytes = asMinimal(item, what)
  if (bytes.length > 7) throw new DecodeError(`${what}: above 2^53 - 1`)
  let value = 0
  for (const byte of bytes) value = value * 256 + byte
  if (!Number.isSafeInteger(value)) throw new DecodeError(`${what}: above 2^53 - 1`)
  return value
}

/** An integer below 2^bits; `bits` is a multiple of eight. */
export function asBigUint(item: RlpItem | undefined, what: string, bits = 256): bigint {
  const bytes = asMinimal(item, what)
  if (bytes.length * 8 > bits) throw new DecodeError(`${what}: above ${bits} bits`)
  return bytesToBigInt(bytes)
}

/** False is the empty string, true the byte 1. */
export function asFlag(item: RlpItem | undefined, what: string): boolean {
  const bytes = asBytes(item, what)
  if (bytes.length === 0) return false
  if (bytes.length === 1 && bytes[0] === 1) return true
  throw new DecodeError(`${what}: expected 0 or 1, got ${bytes.length === 1 ? toHex(bytes) : `${bytes.length} bytes`}`)
}

/** The form that `asUint` reads; an InvariantViolation for anything but a safe natural number. */
export function uintBytes(value: number): Uint8Array {
  invariant(Number.isSafeInteger(value) && value >= 0, `not a safe natural number: ${value}`)
  return bigIntToBytes(BigInt(value))
}

function asMinimal(item: RlpItem | undefined, what: string): Uint8Array {
  const bytes = asBytes(item, what)
  if (bytes[0] === 0) throw new DecodeError(`${what}: an integer with leading zeros`)
  return bytes
}

function kindOf(item: RlpItem | undefined): string {
  if (item === undefined) return 'nothing'
  return item instanceof Uint8Array ? 'a byte string' : 'a list'
}
