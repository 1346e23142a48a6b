/**
 * Reads the journal's segments at start and tells a torn tail from damage.
 *
 * A batch is written only after the one before it is durable, and its first record says so
 * (`afterSync`); a new segment begins likewise. So a damaged record that a valid `afterSync`
 * record, or a later segment, stands behind was once durable: the disk has failed, and nothing
 * is cut. So was a record that the state rests on. Damage without such a witness lies in the
 * last batch, which a crash may have left in any state, and is cut. (Alagappan et al.,
 * Protocol-Aware Recovery, FAST 2018, section 3.3.2: the last batch itself cannot be told apart,
 * and nothing more is lost by treating it as torn.)
 */

import { bytesEqual, toHex } from '../../base/bytes.ts'
import { isPlanted } from '../../base/planted-bug.ts'
import { type Rejection, rejection } from '../../base/rejection.ts'
import { err, ok, type Result } from '../../base/result.ts'
import type { FileDirectory } from '../file-port.ts'
import type { JournalPosition } from './position.ts'
import { decodeRecord, RECORD_OVERHEAD_BYTES, recordEnd } from './record.ts'
import { readSegmentHeader, SEGMENT_HEADER_BYTES, segmentName, segmentNumber } from './segment.ts'

/** `payload` is a view into the whole segment: copy what is kept. */
export type RecordVisitor = (type: number, payload: Uint8Array, position: JournalPosition) => void

/** What a crash left unfinished at the end, and recovery removed. */
export interface JournalCut {
  readonly file: string
  readonly offset: number
  readonly bytes: number
}

export interface JournalDamage
  extends Rejection<'journal-corrupt' | 'journal-other-genesis' | 'journal-unknown-format'> {
  readonly file: string
  /** Of the first byte that cannot be trusted. */
  readonly offset: number
}

export interface RecoveryOptions {
  /** 32 bytes. */
  readonly genesisHash: Uint8Array
  /** The oldest segment whose records are wanted; older ones need only be there. */
  readonly fromSegment: number
  /** The newest record that something outside of the journal rests on: it had been synced. */
  readonly reliedOn: JournalPosition | null
}

export interface RecoveredJournal {
  readonly firstSegment: number
  /** 0 when there is no journal yet, or none that had been synced once. */
  readonly lastSegment: number
  /** Length of the last segment, bytes. */
  readonly end: number
  /** The last one written; unknown where a segment was not read. */
  readonly checksum: number | undefined
  readonly cut: JournalCut | undefined
}

export function recoverJournal(
  directory: FileDirectory,
  options: RecoveryOptions,
  visit: RecordVisitor,
): Result<RecoveredJournal, JournalDamage> {
  const numbers = directory.list().flatMap((name) => segmentNumber(name) ?? [])
  const last = numbers.at(-1) ?? 0
  let recovered: RecoveredJournal = { firstSegment: 1, lastSegment: 0, end: 0, checksum: undefined, cut: undefined }
  for (const number of numbers) {
    const isFirst = recovered.lastSegment === 0
    if (!isFirst && number !== recovered.lastSegment + 1) {
      return err(damage('journal-corrupt', segmentName(recovered.lastSegment + 1), 0, 'the segment is missing'))
    }
    const firstSegment = isFirst ? number : recovered.firstSegment
    // The last but one is read in any case: it becomes the last if that was torn as it was created.
    if (number < Math.min(options.fromSegment, last - 1)) {
      recovered = { ...recovered, firstSegment, lastSegment: number }
      continue
    }
    const segment = recoverSegment(directory, number, number === last, options, recovered, visit)
    if (!segment.ok) return segment
    recovered = { ...segment.value, firstSegment: segment.value.lastSegment === 0 ? 1 : firstSegment }
  }
  return ok(recovered)
}

function recoverSegment(
  directory: FileDirectory,
  number: number,
  isLast: boolean,
  options: RecoveryOptions,
  before: RecoveredJournal,
  visit: RecordVisitor,
): Result<RecoveredJournal, JournalDamage> {
  const file = segmentName(number)
  const bytes = directory.read(file)
  const reading = readSegmentHeader(bytes)
  if (reading.kind === 'unknown format') {
    return err(damage('journal-unknown-format', file, 0, 'not a journal segment of a version this program reads'))
  }
  if (reading.kind === 'damaged') {
    if (!isLast || isReliedOn(options, number, 0) || hasWitness(bytes, 0)) {
      return err(damage('journal-corrupt', file, 0, 'the segment header is damaged'))
    }
    directory.remove(file)
    return ok({ ...before, cut: { file, offset: 0, bytes: bytes.length } })
  }
  const { header, checksum } = reading
  if (!bytesEqual(header.genesisHash, options.genesisHash)) {
    const message = `written for the network with genesis ${toHex(header.genesisHash)}`
    return err(damage('journal-other-genesis', file, 0, message))
  }
  if (header.number !== number) return err(damage('journal-corrupt', file, 0, `holds segment ${header.number}`))
  if (before.checksum !== undefined && header.previous !== before.checksum) {
    return err(damage('journal-corrupt', segmentName(number - 1), before.end, 'the end of the segment is missing'))
  }
  const records = walkRecords(bytes, number, checksum, visit)
  const result = {
    firstSegment: before.firstSegment,
    lastSegment: number,
    end: records.end,
    checksum: records.checksum,
  }
  if (records.end === bytes.length) return ok({ ...result, cut: undefined })
  const isCut = __CANARIES__ && isPlanted('damage-cut')
  // A payload is a stranger's text: no witness is sought in it as long as its extent is known.
  if (
    !isLast ||
    isReliedOn(options, number, records.end) ||
    (!isCut && hasWitness(bytes, recordEnd(bytes, records.end) ?? records.end + 1))
  ) {
    return err(damage('journal-corrupt', file, records.end, 'a record that had been synced is damaged'))
  }
  if (!(__CANARIES__ && isPlanted('torn-tail-kept'))) directory.truncate(file, records.end)
  return ok({ ...result, cut: { file, offset: records.end, bytes: bytes.length - records.end } })
}

/** Visits records until the end or the first bad one, and returns where that is. */
function walkRecords(bytes: Uint8Array, segment: number, headerChecksum: number, visit: RecordVisitor) {
  let end = SEGMENT_HEADER_BYTES
  let checksum = headerChecksum
  for (;;) {
    const record = decodeRecord(bytes, end)
    if (record?.previous !== checksum) return { end, checksum }
    visit(record.type, record.payload, { segment, offset: end, length: record.payload.length })
    end = record.end
    checksum = record.checksum
  }
}

/** Whether the record that something rests on is, or was, at `offset` or behind it. */
function isReliedOn({ reliedOn }: RecoveryOptions, segment: number, offset: number): boolean {
  if (__CANARIES__ && isPlanted('relied-on-cut')) return false
  return reliedOn?.segment === segment && reliedOn.offset >= offset
}

/** Whether, from `from` on, a valid record says that everything before it was durable. */
function hasWitness(bytes: Uint8Array, from: number): boolean {
  for (let offset = from; offset + RECORD_OVERHEAD_BYTES <= bytes.length; offset++) {
    if (decodeRecord(bytes, offset)?.afterSync === true) return true
  }
  return false
}

function damage(code: JournalDamage['code'], file: string, offset: number, what: string): JournalDamage {
  return { ...rejection(code, `journal file ${file}, offset ${offset}: ${what}`), file, offset }
}
