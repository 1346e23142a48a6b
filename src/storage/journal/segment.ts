/**
 * A segment is one file of the journal. Its header binds it to the network and to the segment
 * before:
 *
 *     magic 8 ‖ version u32 ‖ genesis hash 32 ‖ number u32 ‖ last checksum of the segment before u32 ‖ checksum u32
 */
import { utf8 } from '../../base/bytes.ts'
import { crc32c } from '../crc32c.ts'
import { CHECKSUM_BYTES } from './record.ts'

const MAGIC = utf8('tertia-j')
const VERSION = 1
export const SEGMENT_HEADER_BYTES = 56
const CHECKED_BYTES = SEGMENT_HEADER_BYTES - CHECKSUM_BYTES
const NAME_PATTERN = /^(\d{8})\.journal$/

export interface SegmentHeader {
  readonly genesisHash: Uint8Array
  readonly number: number
  /** Last checksum of the segment before; 0 in the first. */
  readonly previous: number
}

export type HeaderReading =
  | { readonly kind: 'good'; readonly header: SegmentHeader; readonly checksum: number }
  | { readonly kind: 'damaged' }
  | { readonly kind: 'unknown format' }

export function segmentName(number: number): string {
  return `${String(number).padStart(8, '0')}.journal`
}

/** Undefined for a file that is none of ours. */
export function segmentNumber(name: string): number | undefined {
  const digits = NAME_PATTERN.exec(name)?.[1]
  return digits === undefined ? undefined : Number(digits)
}

export function encodeSegmentHeader(header: SegmentHeader): Uint8Array {
  const bytes = new Uint8Array(SEGMENT_HEADER_BYTES)
  const view = new DataView(bytes.buffer)
  bytes.set(MAGIC)
  view.setUint32(8, VERSION)
  bytes.set(header.genesisHash, 12)
  view.setUint32(44, header.number)
  view.setUint32(48, header.previous)
  view.setUint32(CHECKED_BYTES, crc32c(bytes.subarray(0, CHECKED_BYTES)))
  return bytes
}

export function readSegmentHeader(bytes: Uint8Array): HeaderReading {
  // A write that was lost leaves zeros; any other text in the magic's place was never ours to cut.
  const magic = bytes.subarray(0, MAGIC.length)
  if (magic.some((byte, i) => byte !== 0 && byte !== MAGIC[i])) return { kind: 'unknown format' }
  if (bytes.length < SEGMENT_HEADER_BYTES) return { kind: 'damaged' }
  const view = new DataView(bytes.buffer, bytes.byteOffset, SEGMENT_HEADER_BYTES)
  const checksum = view.getUint32(CHECKED_BYTES)
  if (crc32c(bytes.subarray(0, CHECKED_BYTES)) !== checksum) return { kind: 'damaged' }
  if (view.getUint32(8) !== VERSION) return { kind: 'unknown format' }
  const header = { genesisHash: bytes.slice(12, 44), number: view.getUint32(44), previous: view.getUint32(48) }
  return { kind: 'good', header, checksum }
}
