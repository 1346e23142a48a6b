/** An address with the checksum of EIP-55 in the case of its letters. */
import { type Hex, utf8 } from '../base/bytes.ts'
import { keccak256Hash } from '../crypto/keccak.ts'
import type { Address } from '../types/ids.ts'

export function checksumAddress(address: Address): Hex {
  const digits = address.slice(2)
  const hash = keccak256Hash(utf8(digits)).slice(2)
  return `0x${digits.replaceAll(/[a-f]/g, (digit, index: number) => (hash.charAt(index) >= '8' ? digit.toUpperCase() : digit))}`
}
