/** Hashes and addresses: lower-case 0x hexadecimal, so that they compare, print and key maps as they are. */
import type { Brand } from '../base/brand.ts'
import { fromHex, type Hex, isHex, toHex } from '../base/bytes.ts'
import { invariant } from '../base/invariant.ts'

/** 32 bytes. */
export type Hash = Brand<Hex, 'Hash'>
/** 20 bytes, lower-case. */
export type Address = Brand<Hex, 'Address'>

export type Height = number
export type Epoch = number
export type View = number

export const ZERO_HASH = `0x${'00'.repeat(32)}` as Hash
export const ZERO_ADDRESS = `0x${'00'.repeat(20)}` as Address

export function hashFromBytes(bytes: Uint8Array): Hash {
  invariant(bytes.length === 32, 'a hash has 32 bytes')
  return toHex(bytes) as Hash
}

export function addressFromBytes(bytes: Uint8Array): Address {
  invariant(bytes.length === 20, 'an address has 20 bytes')
  return toHex(bytes) as Address
}

/** From text of any letter case; undefined unless it is 0x and 64 digits. */
export function parseHash(text: string): Hash | undefined {
  return text.length === 66 && isHex(text) ? (text.toLowerCase() as Hash) : undefined
}

/** From text of any letter case; undefined unless it is 0x and 40 digits. The EIP-55 checksum is not judged. */
export function parseAddress(text: string): Address | undefined {
  return text.length === 42 && isHex(text) ? (text.toLowerCase() as Address) : undefined
}

export function idBytes(id: Hash | Address): Uint8Array {
  return fromHex(id)
}
