/** Reads what a server sent as JSON; whatever is not as it should be is the server's fault. */
import { fromHex, isHex } from '../base/bytes.ts'
import { decodeWith } from '../codec/decode.ts'
import type { RlpItem } from '../codec/rlp.ts'
import { type Address, type Hash, parseAddress, parseHash } from '../types/ids.ts'
import { VerificationError } from './verification-error.ts'

export type Json = Readonly<Record<string, unknown>>

/** BOUND: of any list that a server may make us look through. */
const ITEMS_MAX = 16_384

function malformed(what: string): VerificationError {
  return new VerificationError('malformed', `the server sent no ${what}`)
}

export function readObject(value: unknown, what: string): Json {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw malformed(what)
  return value as Json
}

export function readList<T>(value: unknown, what: string, read: (item: unknown, what: string) => T): readonly T[] {
  if (!Array.isArray(value) || value.length > ITEMS_MAX) throw malformed(`list of ${what}`)
  return value.map((item) => read(item, what))
}

export function readBytes(value: unknown, what: string): Uint8Array {
  if (typeof value !== 'string' || !isHex(value) || value.length % 2 !== 0) throw malformed(what)
  return fromHex(value)
}

export function readHash(value: unknown, what: string): Hash {
  const hash = typeof value === 'string' ? parseHash(value) : undefined
  if (hash === undefined) throw malformed(what)
  return hash
}

export function readAddress(value: unknown, what: string): Address {
  const address = typeof value === 'string' ? parseAddress(value) : undefined
  if (address === undefined) throw malformed(what)
  return address
}

/** A JSON number or a quantity. */
export function readNatural(value: unknown, what: string): number {
  const number = typeof value === 'string' && /^0x[0-9a-f]{1,14}$/.test(value) ? Number(value) : value
  if (typeof number !== 'number' || !Number.isSafeInteger(number) || number < 0) throw malformed(what)
  return number
}

export function readFlag(value: unknown, what: string): boolean {
  if (typeof value !== 'boolean') throw malformed(what)
  return value
}

export function readRlp<T>(bytes: Uint8Array, what: string, read: (item: RlpItem) => T): T {
  const decoded = decodeWith(bytes, read)
  if (!decoded.ok) throw malformed(`${what}: ${decoded.error.message}`)
  return decoded.value
}
