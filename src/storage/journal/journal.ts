/**
 * The append-only log of what must never be lost or forged by a fault: blocks and certificates.
 *
 * Records gather in memory; `sync` writes all of them as one batch, and while it is on its way
 * the next batch gathers (group commit). No batch is written before the one before it is
 * durable: on that rests how recovery.ts tells a torn tail from damage. Any failure is final.
 */

import { concatBytes } from '../../base/bytes.ts'
import { invariant } from '../../base/invariant.ts'
import { isPlanted } from '../../base/planted-bug.ts'
import { type Rejection, rejection } from '../../base/rejection.ts'
import { err, ok, type Result } from '../../base/result.ts'
import type { FileDirectory, SyncDone } from '../file-port.ts'
import { StorageFailure } from '../storage-failure.ts'
import type { JournalPosition } from './position.ts'
import {
  CHECKSUM_BYTES,
  decodeRecord,
  encodeRecord,
  lastChecksum,
  RECORD_HEAD_BYTES,
  RECORD_OVERHEAD_BYTES,
} from './record.ts'
import {
  type JournalCut,
  type JournalDamage,
  type RecordVisitor,
  type RecoveredJournal,
  type RecoveryOptions,
  recoverJournal,
} from './recovery.ts'
import { encodeSegmentHeader, SEGMENT_HEADER_BYTES, segmentName } from './segment.ts'

export interface JournalOptions extends RecoveryOptions {
  /** A segment takes no further batch once it is this long. */
  readonly segmentBytes: number
}

export interface JournalRecord {
  readonly type: number
  readonly payload: Uint8Array
}

/** Records that go to disk together. */
interface Batch {
  readonly segment: number
  /** In the segment's file; 0 when the batch creates it. */
  readonly offset: number
  readonly parts: Uint8Array[]
  /** All before it will be durable when it is written. */
  readonly afterSync: boolean
  readonly syncsDirectory: boolean
  readonly waiting: SyncDone[]
}

export class Journal {
  /** What recovery removed from the end, for the log. */
  readonly cut: JournalCut | undefined
  readonly #directory: FileDirectory
  readonly #options: JournalOptions
  #firstSegment: number
  #segment: number
  #end: number
  #checksum: number
  #durableSegment: number
  #gathering: Batch | undefined
  #writing: Batch | undefined
  #failure: StorageFailure | undefined

  /**
   * Opens or begins the journal in `directory` and hands its records to `visit`, oldest first.
   * After a crash the visited records may be in the operating system's cache only: `sync` before
   * acting on them.
   */
  static open(directory: FileDirectory, options: JournalOptions, visit: RecordVisitor): Result<Journal, JournalDamage> {
    invariant(options.genesisHash.length === 32, 'a genesis hash has 32 bytes')
    const recovered = recoverJournal(directory, options, visit)
    return recovered.ok ? ok(new Journal(directory, options, recovered.value)) : recovered
  }

  private constructor(directory: FileDirectory, options: JournalOptions, recovered: RecoveredJournal) {
    this.#directory = directory
    this.#options = options
    this.#firstSegment = recovered.firstSegment
    this.#segment = recovered.lastSegment
    this.#end = recovered.end
    this.#checksum = recovered.checksum ?? 0
    this.#durableSegment = recovered.lastSegment
    this.cut = recovered.cut
    // DURABILITY: what was recovered need not have been synced by whoever wrote it, so the first
    // batch after it makes no claim about it, and syncs it along.
    if (recovered.lastSegment > 0) this.#gathering = this.#newBatch({ afterSync: false, syncsDirectory: true })
  }

  /** The oldest segment that is kept; 1 in a new journal. */
  get firstSegment(): number {
    return this.#firstSegment
  }

  /** Takes a record into the next batch. It is durable when a later `sync` is done. Throws the StorageFailure of before. */
  append(type: number, payload: Uint8Array): JournalPosition {
    if (this.#failure !== undefined) throw this.#failure
    invariant(Number.isInteger(type) && type >= 0 && type <= 0xff, 'a record type is one byte')
    this.#gathering ??= this.#nextBatch()
    const batch = this.#gathering
    const bytes = encodeRecord(type, payload, batch.afterSync && batch.parts.length === 0, this.#checksum)
    const position = { segment: this.#segment, offset: this.#end, length: payload.length }
    batch.parts.push(bytes)
    this.#end += bytes.length
    this.#checksum = lastChecksum(bytes)
    return position
  }

  /**
   * DURABILITY: every append before this call is on disk when `done` comes without a failure. It
   * comes at once when nothing is outstanding. After a failure every call fails the same way.
   */
  sync(done: SyncDone): void {
    const batch = this.#gathering ?? this.#writing
    if (batch === undefined) {
      done(this.#failure)
      return
    }
    batch.waiting.push(done)
    if (this.#writing === undefined) this.#writeGathered()
  }

  /** A record, whether durable yet or not, with its checksum verified. */
  read(position: JournalPosition): Result<JournalRecord, Rejection<'journal-corrupt' | 'journal-dropped'>> {
    const { segment, offset, length } = position
    if (segment < this.#firstSegment) return err(rejection('journal-dropped', `segment ${segment} is no longer kept`))
    const gathered = this.#findGathered(position)
    if (gathered !== undefined) {
      return ok({ type: gathered[4] as number, payload: gathered.subarray(RECORD_HEAD_BYTES, -CHECKSUM_BYTES) })
    }
    const bytes = this.#directory.read(segmentName(segment), offset, length + RECORD_OVERHEAD_BYTES)
    const record = decodeRecord(bytes, 0)
    if (record?.payload.length === length) return ok({ type: record.type, payload: record.payload })
    return err(rejection('journal-corrupt', `journal file ${segmentName(segment)}, offset ${offset}: damaged record`))
  }

  /** Removes all segments below `segment`, oldest first, each durably before the next, so that no gap can arise. */
  dropSegmentsBelow(segment: number, done: SyncDone): void {
    if (this.#failure !== undefined || this.#firstSegment >= Math.min(segment, this.#durableSegment)) {
      done(this.#failure)
      return
    }
    const name = segmentName(this.#firstSegment)
    this.#firstSegment += 1
    this.#attempt(() => this.#directory.remove(name))
    this.#directory.syncDirectory((failure) => {
      if (failure !== undefined) this.#fail(failure)
      this.dropSegmentsBelow(segment, done)
    })
  }

  #nextBatch(): Batch {
    if (this.#segment > 0 && this.#end < this.#options.segmentBytes) {
      return this.#newBatch({ afterSync: true, syncsDirectory: false })
    }
    const { genesisHash } = this.#options
    this.#segment += 1
    const header = encodeSegmentHeader({ genesisHash, number: this.#segment, previous: this.#checksum })
    this.#end = 0
    // The header itself says that the segments before are durable; nothing says so of the header.
    const batch = this.#newBatch({ afterSync: false, syncsDirectory: true })
    batch.parts.push(header)
    this.#end = SEGMENT_HEADER_BYTES
    this.#checksum = lastChecksum(header)
    return batch
  }

  #newBatch(kind: Pick<Batch, 'afterSync' | 'syncsDirectory'>): Batch {
    return { ...kind, segment: this.#segment, offset: this.#end, parts: [], waiting: [] }
  }

  #findGathered(position: JournalPosition): Uint8Array | undefined {
    const batch = this.#gathering
    if (batch === undefined || batch.segment !== position.segment) return undefined
    let offset = batch.offset
    for (const part of batch.parts) {
      if (offset === position.offset) return part
      offset += part.length
    }
    return undefined
  }

  #writeGathered(): void {
    const batch = this.#gathering
    if (batch === undefined) return
    this.#gathering = undefined
    this.#writing = batch
    const name = segmentName(batch.segment)
    const accepted = this.#attempt(() => {
      if (batch.offset === 0) this.#directory.create(name)
      if (batch.parts.length > 0) this.#directory.append(name, concatBytes(...batch.parts))
    })
    if (accepted) this.#directory.sync(name, (failure) => this.#fileSynced(batch, failure))
  }

  #fileSynced(batch: Batch, failure: StorageFailure | undefined): void {
    const syncsDirectory = batch.syncsDirectory && !(__CANARIES__ && isPlanted('name-not-synced'))
    if (failure === undefined && syncsDirectory) {
      this.#directory.syncDirectory((nameFailure) => this.#written(batch, nameFailure))
    } else {
      this.#written(batch, failure)
    }
  }

  #written(batch: Batch, failure: StorageFailure | undefined): void {
    if (failure !== undefined) this.#fail(failure)
    if (this.#failure !== undefined) return
    this.#writing = undefined
    this.#durableSegment = batch.segment
    // The next batch is on its way before the news of this one is told, so that the disk is never idle.
    if (this.#gathering !== undefined && this.#gathering.waiting.length > 0) this.#writeGathered()
    for (const done of batch.waiting) done()
  }

  /** Whether the directory did what was asked; otherwise the journal has failed. */
  #attempt(action: () => void): boolean {
    try {
      action()
      return true
    } catch (error) {
      if (!(error instanceof StorageFailure)) throw error
      if (__CANARIES__ && isPlanted('write-failure-ignored')) return true
      this.#fail(error)
      return false
    }
  }

  #fail(failure: StorageFailure): void {
    if (this.#failure !== undefined) return
    this.#failure = failure
    const waiting = [...(this.#writing?.waiting ?? []), ...(this.#gathering?.waiting ?? [])]
    this.#writing = undefined
    this.#gathering = undefined
    for (const done of waiting) done(failure)
  }
}
