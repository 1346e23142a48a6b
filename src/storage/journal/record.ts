/**
 * Bytes of one journal record:
 *
 *     length u32 ‖ type u8 ‖ afterSync u8 ‖ previous checksum u32 ‖ head checksum u32 ‖ payload ‖ checksum u32
 *
 * `previous` is the checksum of the record (or segment header) before, so that a record that was
 * moved, repeated or left out is found as surely as a flipped bit. The head has a checksum of its
 * own, so that a damaged length never misleads a reader; the last one continues it over the payload.
 */
import { isPlanted } from '../../base/planted-bug.ts'
import { crc32c } from '../crc32c.ts'

export const CHECKSUM_BYTES = 4
export const RECORD_HEAD_BYTES = 14
const CHECKED_HEAD_BYTES = RECORD_HEAD_BYTES - CHECKSUM_BYTES
export const RECORD_OVERHEAD_BYTES = RECORD_HEAD_BYTES + CHECKSUM_BYTES

export interface DecodedRecord {
  readonly type: number
  readonly payload: Uint8Array
  /** Everything before this record was durable when it was written. */
  readonly afterSync: boolean
  /** Checksum of what was written before this record. */
  readonly previous: number
  readonly checksum: number
  /** Offset of the byte after the record. */
  readonly end: number
}

export function encodeRecord(type: number, payload: Uint8Array, afterSync: boolean, previous: number): Uint8Array {
  const bytes = new Uint8Array(payload.length + RECORD_OVERHEAD_BYTES)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, payload.length)
  view.setUint8(4, type)
  view.setUint8(5, afterSync ? 1 : 0)
  view.setUint32(6, previous)
  const headChecksum = crc32c(bytes.subarray(0, CHECKED_HEAD_BYTES))
  view.setUint32(CHECKED_HEAD_BYTES, headChecksum)
  bytes.set(payload, RECORD_HEAD_BYTES)
  view.setUint32(RECORD_HEAD_BYTES + payload.length, crc32c(payload, headChecksum))
  return bytes
}

/** Undefined when the record at `offset` is damaged or cut short. */
export function decodeRecord(bytes: Uint8Array, offset: number): DecodedRecord | undefined {
  const end = recordEnd(bytes, offset)
  if (end === undefined || end > bytes.length) return undefined
  const payload = bytes.subarray(offset + RECORD_HEAD_BYTES, end - CHECKSUM_BYTES)
  const checksum = lastChecksum(bytes.subarray(0, end))
  const isChecked = !(__CANARIES__ && isPlanted('record-checksum-unchecked'))
  if (isChecked && crc32c(payload, uint32At(bytes, offset + CHECKED_HEAD_BYTES)) !== checksum) return undefined
  return {
    type: bytes[offset + 4] as number,
    payload,
    afterSync: bytes[offset + 5] === 1,
    previous: uint32At(bytes, offset + 6),
    checksum,
    end,
  }
}

/** Where the record at `offset` ends, which may be beyond the bytes; undefined when its head is damaged or cut short. */
export function recordEnd(bytes: Uint8Array, offset: number): number | undefined {
  if (offset + RECORD_HEAD_BYTES > bytes.length) return undefined
  const headChecksum = crc32c(bytes.subarray(offset, offset + CHECKED_HEAD_BYTES))
  if (headChecksum !== uint32At(bytes, offset + CHECKED_HEAD_BYTES)) return undefined
  return offset + RECORD_OVERHEAD_BYTES + uint32At(bytes, offset)
}

/** The checksum that bytes of a record or a segment header end in. */
export function lastChecksum(bytes: Uint8Array): number {
  return uint32At(bytes, bytes.length - CHECKSUM_BYTES)
}

function uint32At(bytes: Uint8Array, offset: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset + offset, 4).getUint32(0)
}
