/** The text in a revert's data: Solidity's `Error(string)`. */
import { bytesToBigInt } from '../base/bytes.ts'

/** keccak256('Error(string)'), the first four bytes. */
const ERROR_SELECTOR = 0x08c379a0
const SELECTOR_BYTES = 4
const WORD_BYTES = 32

/** Null for a custom error, for no data, and for data that is cut short. */
export function revertReason(data: Uint8Array): string | null {
  if (data.length < SELECTOR_BYTES + 2 * WORD_BYTES) return null
  if (new DataView(data.buffer, data.byteOffset).getUint32(0) !== ERROR_SELECTOR) return null
  const body = data.subarray(SELECTOR_BYTES)
  const length = bytesToBigInt(body.subarray(WORD_BYTES, 2 * WORD_BYTES))
  const text = body.subarray(2 * WORD_BYTES)
  if (length > BigInt(text.length)) return null
  return new TextDecoder().decode(text.subarray(0, Number(length)))
}
