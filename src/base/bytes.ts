/** Byte strings and their `0x` hexadecimal text, without Node's Buffer. */
import { compare } from 'uint8arrays/compare'
import { equals } from 'uint8arrays/equals'

export type Hex = `0x${string}`

const HEX_OF_BYTE: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))
const HEX_PATTERN = /^0x(?:[0-9a-fA-F]{2})*$/

const SAFE_MAX = BigInt(Number.MAX_SAFE_INTEGER)
/** Whatever has as many bytes is a safe integer. */
const SAFE_BYTES = 6

export const EMPTY_BYTES: Uint8Array = new Uint8Array(0)

/** Lower-case, with prefix. */
export function toHex(bytes: Uint8Array): Hex {
  let text = '0x'
  for (const byte of bytes) text += HEX_OF_BYTE[byte] as string
  return text as Hex
}

export function isHex(text: string): text is Hex {
  return HEX_PATTERN.test(text)
}

/** Throws a TypeError for text that `isHex` refuses: check text from outside first. */
export function fromHex(text: string): Uint8Array {
  if (text.length % 2 !== 0 || !text.startsWith('0x')) throw new TypeError('not 0x-prefixed even-length hex')
  const bytes = new Uint8Array(text.length / 2 - 1)
  for (let i = 0; i < bytes.length; i++) {
    const high = nibble(text.charCodeAt(2 * i + 2))
    const low = nibble(text.charCodeAt(2 * i + 3))
    if (high < 0 || low < 0) throw new TypeError('not hexadecimal')
    bytes[i] = (high << 4) | low
  }
  return bytes
}

function nibble(code: number): number {
  if (code >= 48 && code <= 57) return code - 48
  if (code >= 97 && code <= 102) return code - 87
  if (code >= 65 && code <= 70) return code - 55
  return -1
}

export function bytesEqual(a: Uint8Array, b: Uint8Array): boolean {
  return equals(a, b)
}

/** Lexicographic, as memcmp: negative, zero or positive. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  return compare(a, b)
}

export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array {
  let length = 0
  for (const part of parts) length += part.length
  const whole = new Uint8Array(length)
  let offset = 0
  for (const part of parts) {
    whole.set(part, offset)
    offset += part.length
  }
  return whole
}

/** Big-endian without leading zeros; zero is the empty string (RLP's integer form). */
export function bigIntToBytes(value: bigint): Uint8Array {
  if (value === 0n) return EMPTY_BYTES
  if (value > 0n && value <= SAFE_MAX) return safeIntegerToBytes(Number(value))
  const text = value.toString(16)
  return fromHex(`0x${text.length % 2 === 0 ? text : `0${text}`}`)
}

/** Most integers are small, and the way through text is ten times as long. */
function safeIntegerToBytes(value: number): Uint8Array {
  let length = 1
  for (let rest = value; rest >= 256; rest = Math.floor(rest / 256)) length += 1
  const bytes = new Uint8Array(length)
  for (let rest = value; length > 0; rest = Math.floor(rest / 256)) bytes[--length] = rest
  return bytes
}

/** Big-endian, any length; the empty string is zero. */
export function bytesToBigInt(bytes: Uint8Array): bigint {
  if (bytes.length > SAFE_BYTES) return BigInt(toHex(bytes))
  let value = 0
  for (const byte of bytes) value = value * 256 + byte
  return BigInt(value)
}

/** Big-endian at a fixed width; throws a RangeError when the value does not fit. */
export function bigIntToFixedBytes(value: bigint, length: number): Uint8Array {
  const bytes = bigIntToBytes(value)
  if (value < 0n || bytes.length > length) throw new RangeError(`integer does not fit in ${length} bytes`)
  const fixed = new Uint8Array(length)
  fixed.set(bytes, length - bytes.length)
  return fixed
}

const encoder = new TextEncoder()

export function utf8(text: string): Uint8Array {
  return encoder.encode(text)
}
