/** Where a record lies in the journal; stored as three big-endian u32. */
import { invariant } from '../../base/invariant.ts'

export interface JournalPosition {
  readonly segment: number
  /** Of the record in its segment's file, bytes. */
  readonly offset: number
  /** Of the payload, bytes. */
  readonly length: number
}

const POSITION_BYTES = 12

export function encodePosition(position: JournalPosition): Uint8Array {
  const bytes = new Uint8Array(POSITION_BYTES)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, position.segment)
  view.setUint32(4, position.offset)
  view.setUint32(8, position.length)
  return bytes
}

export function decodePosition(bytes: Uint8Array): JournalPosition {
  invariant(bytes.length === POSITION_BYTES, 'a journal position has 12 bytes')
  const view = new DataView(bytes.buffer, bytes.byteOffset, POSITION_BYTES)
  return { segment: view.getUint32(0), offset: view.getUint32(4), length: view.getUint32(8) }
}

/** The one that stands further behind in the journal. */
export function laterOf(a: JournalPosition | null, b: JournalPosition | null): JournalPosition | null {
  if (a === null || b === null) return a ?? b
  return a.segment > b.segment || (a.segment === b.segment && a.offset > b.offset) ? a : b
}
