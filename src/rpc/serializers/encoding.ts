/** Bytes and integers as execution-apis writes them: data with all its digits, quantities without leading zeros. */
import type { Hex } from '../../base/bytes.ts'

export function quantity(value: number | bigint): Hex {
  return `0x${value.toString(16)}`
}

/** As `toHex`, through Node's faster conversion. */
export function data(bytes: Uint8Array): Hex {
  return `0x${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')}`
}

/** Big-endian bytes as a quantity. */
export function bytesQuantity(bytes: Uint8Array): Hex {
  return quantity(BigInt(bytes.length === 0 ? '0x0' : data(bytes)))
}
