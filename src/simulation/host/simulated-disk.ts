/**
 * A disk of plain files that a crash treats as badly as a real one may. What was written since the
 * last sync is kept, lost, torn or kept in part, write by write; names that were not synced may
 * come back or be gone.
 */
import { concatBytes } from '../../base/bytes.ts'
import type { FileDirectory, SyncDone } from '../../storage/file-port.ts'
import { StorageFailure } from '../../storage/storage-failure.ts'
import type { Random } from '../random.ts'

export interface DiskPorts {
  readonly random: Random
  /** Runs `action` later, unless the process that asked is dead by then. */
  readonly after: (delayUs: number, action: () => void) => void
  /** Called before each write and sync: a crash may come there. */
  readonly boundary: () => void
  readonly syncUs: () => number
}

/** All files of a disk. */
export type DiskImage = ReadonlyMap<string, Uint8Array>

/** What a write that is not durable yet changed, so that it can be taken back. */
interface Write {
  readonly offset: number
  readonly written: Uint8Array
  /** What stood at `offset`, shorter than `written` where the file was extended; longer for a truncation. */
  readonly before: Uint8Array
  /** Length of the file afterwards. */
  readonly length: number
  /** Whether all before it had been synced, by the same process. */
  readonly afterSync: boolean
}

interface SimulatedFile {
  bytes: Uint8Array
  length: number
  unsynced: Write[]
  lastSynced: Uint8Array | null
  nameIsDurable: boolean
  /** Since the machine came up. */
  wasSynced: boolean
  /** Bytes that a sync has confirmed. */
  syncedLength: number
  /** Bytes behind which something durable stands that was written when they were. */
  witnessedLength: number
  /** A crash has left a part of a write in it, which none that was synced since has replaced. */
  isTorn: boolean
}

export interface BitFlip {
  /** In all readings from this one on, until it is written anew. */
  readonly lasts: boolean
  /** Readings before it that are right. */
  readonly spared: number
}

export interface FlippedBit {
  readonly file: string
  /** Of its byte in the file. */
  readonly offset: number
}

export class SimulatedDisk implements FileDirectory {
  readonly #files = new Map<string, SimulatedFile>()
  /** Removed, but still to be found if the machine goes down now. */
  readonly #removed = new Map<string, SimulatedFile>()
  readonly #ports: DiskPorts
  /** Every sync from now on fails. */
  isBroken = false
  /** Nothing fits any more, until somebody makes room; a file is overwritten in place nevertheless. */
  isFull = false
  /** One bit of what is read next is wrong. */
  flips: BitFlip | null = null
  #flipped: FlippedBit | null = null
  /** The last that was to stay, and the byte that it is in. */
  #lasting: (FlippedBit & { readonly byte: number }) | null = null
  #wrongBits = 0

  constructor(ports: DiskPorts) {
    this.#ports = ports
  }

  list(): readonly string[] {
    return [...this.#files.keys()].sort((a, b) => (a < b ? -1 : 1))
  }

  read(name: string, offset = 0, length = Number.MAX_SAFE_INTEGER): Uint8Array {
    const bytes = this.#copy(name, offset, length)
    if (this.flips === null || bytes.length === 0 || this.#holdsWrongBit) return bytes
    if (this.flips.spared === 0) this.#flipBit(name, offset, bytes, this.flips)
    else this.flips = { ...this.flips, spared: this.flips.spared - 1 }
    return bytes
  }

  /** BOUND: one at a time, as is tolerated: of two, one can be in the witness against the other. */
  get #holdsWrongBit(): boolean {
    if (this.#lasting === null) return false
    const file = this.#files.get(this.#lasting.file)
    return file !== undefined && file.bytes[this.#lasting.offset] === this.#lasting.byte
  }

  /** That it has ever read. */
  get wrongBits(): number {
    return this.#wrongBits
  }

  get tornFiles(): number {
    return [...this.#files.values()].filter(({ isTorn }) => isTorn).length
  }

  /** What was read wrong since this was asked last. */
  takeFlipped(): FlippedBit | null {
    const flipped = this.#flipped
    this.#flipped = null
    return flipped
  }

  #copy(name: string, offset: number, length: number): Uint8Array {
    const file = this.#file(name)
    return file.bytes.slice(Math.min(offset, file.length), Math.min(offset + length, file.length))
  }

  #flipBit(name: string, start: number, bytes: Uint8Array, { lasts }: BitFlip): void {
    const { random } = this.#ports
    // Behind what has been written, nothing means anything.
    const end =
      1 +
      Math.max(
        0,
        bytes.findLastIndex((byte) => byte !== 0),
      )
    // Of a long file the end is a small part, and what is there is judged in another way.
    const from = random.chance(LATE_FLIPS_SHARE) ? Math.max(0, end - LATE_BYTES) : 0
    const at = from + random.below(end - from)
    const mask = 1 << random.below(8)
    bytes[at] = (bytes[at] as number) ^ mask
    const flipped = { file: name, offset: start + at }
    if (lasts) {
      const byte = bytes[at]
      this.#file(name).bytes[flipped.offset] = byte
      this.#lasting = { ...flipped, byte }
    }
    this.#flipped = flipped
    this.#wrongBits += 1
    this.flips = null
  }

  create(name: string, size = 0): void {
    this.#ports.boundary()
    if (this.#files.has(name)) throw new StorageFailure('EEXIST', `${name} exists`)
    if (this.isFull) throw new StorageFailure('ENOSPC', `no space for ${name}`)
    this.#files.set(name, { ...newFile(new Uint8Array(size)), nameIsDurable: false })
  }

  append(name: string, bytes: Uint8Array): void {
    this.#ports.boundary()
    const file = this.#file(name)
    // As much as still fits is written.
    const fitting = this.isFull ? this.#ports.random.below(bytes.length) : bytes.length
    this.#write(file, file.length, bytes.subarray(0, fitting))
    if (this.isFull) throw new StorageFailure('ENOSPC', `no space for more of ${name}`)
  }

  overwrite(name: string, offset: number, bytes: Uint8Array): void {
    this.#ports.boundary()
    const file = this.#file(name)
    if (offset + bytes.length > file.length)
      throw new StorageFailure('EINVAL', `${name} ends before the overwritten bytes`)
    this.#write(file, offset, bytes)
  }

  truncate(name: string, length: number): void {
    this.#ports.boundary()
    const file = this.#file(name)
    const before = file.bytes.slice(length, file.length)
    file.unsynced.push({ offset: length, written: EMPTY, before, length, afterSync: false })
    file.length = length
    file.syncedLength = Math.min(file.syncedLength, length)
    // The witness itself is cut off, and how far an earlier one reached is not kept.
    if (length <= file.witnessedLength) file.witnessedLength = 0
  }

  remove(name: string): void {
    this.#ports.boundary()
    const file = this.#file(name)
    this.#files.delete(name)
    if (file.nameIsDurable) this.#removed.set(name, file)
  }

  sync(name: string, done: SyncDone): void {
    this.#ports.boundary()
    const file = this.#files.get(name)
    const count = file?.unsynced.length ?? 0
    this.#ports.after(this.#ports.syncUs(), () => {
      if (file === undefined) done(new StorageFailure('ENOENT', `${name} does not exist`))
      else if (this.isBroken) done(new StorageFailure('EIO', `${name} could not be synced`))
      else {
        confirm(file, count)
        done()
      }
    })
  }

  syncDirectory(done: SyncDone): void {
    this.#ports.boundary()
    const created = [...this.#files.values()]
    const removed = [...this.#removed.keys()]
    this.#ports.after(this.#ports.syncUs(), () => {
      if (this.isBroken) {
        done(new StorageFailure('EIO', 'the directory could not be synced'))
        return
      }
      for (const file of created) file.nameIsDurable = true
      for (const name of removed) this.#removed.delete(name)
      done()
    })
  }

  /** The machine goes down: files are afterwards what the next start finds, and all of it is durable. */
  crash(): void {
    const { random } = this.#ports
    for (const [name, file] of this.#removed)
      if (!this.#files.has(name) && random.chance(0.5)) this.#files.set(name, file)
    this.#removed.clear()
    for (const [name, file] of [...this.#files]) {
      if (!file.nameIsDurable && random.chance(0.5)) this.#files.delete(name)
      else this.#crashFile(file)
      file.nameIsDurable = true
    }
    this.isBroken = false
  }

  /** Everything written so far outlives a crash. */
  settle(): void {
    for (const file of this.#files.values()) {
      file.unsynced = []
      file.nameIsDurable = true
    }
    this.#removed.clear()
  }

  /** The newest write to the file that a sync has confirmed since the last crash. */
  lastSynced(name: string): Uint8Array | null {
    return this.#file(name).lastSynced
  }

  /** Of a file: all of them, what a sync has confirmed, and what something durable stands behind that was written afterwards. */
  bytesOf(name: string): { readonly written: number; readonly synced: number; readonly witnessed: number } {
    const { length, syncedLength, witnessedLength } = this.#file(name)
    return { written: length, synced: syncedLength, witnessed: witnessedLength }
  }

  /** A copy of all files, as a backup would take it. */
  backup(): DiskImage {
    return new Map([...this.#files].map(([name, { bytes, length }]) => [name, bytes.slice(0, length)]))
  }

  /** Replaces everything. */
  restore(files: DiskImage): void {
    this.#files.clear()
    this.#removed.clear()
    for (const [name, bytes] of files) this.#files.set(name, newFile(bytes.slice()))
  }

  #crashFile(file: SimulatedFile): void {
    const writes = file.unsynced
    file.unsynced = []
    file.lastSynced = null
    file.wasSynced = false
    for (const write of writes.toReversed()) undo(file, write)
    const { random } = this.#ports
    const fate = random.below(4)
    if (writes.length > 0 && fate > 1) file.isTorn = true
    for (const write of writes) {
      const part = fate === 0 ? write.written.length : fate === 1 ? 0 : random.below(write.written.length + 1)
      if (write.written.length === 0) {
        if (fate === 0) file.length = Math.min(file.length, write.length)
      } else if (fate < 3) place(file, write.offset, write.written.subarray(0, part))
      else this.#placeSectors(file, write)
    }
  }

  /** Any of its sectors, in no order. */
  #placeSectors(file: SimulatedFile, { offset, written }: Write): void {
    for (let start = 0; start < written.length; start += SECTOR_BYTES)
      if (this.#ports.random.chance(0.5)) place(file, offset + start, written.subarray(start, start + SECTOR_BYTES))
  }

  #write(file: SimulatedFile, offset: number, written: Uint8Array): void {
    const before = file.bytes.slice(offset, Math.min(file.length, offset + written.length))
    place(file, offset, written)
    file.unsynced.push({ offset, written, before, length: file.length, afterSync: file.wasSynced })
  }

  #file(name: string): SimulatedFile {
    const file = this.#files.get(name)
    if (file === undefined) throw new StorageFailure('ENOENT', `${name} does not exist`)
    return file
  }
}

const EMPTY = new Uint8Array(0)
/** BOUND: the slowest sync, well within what the end of a run waits for everybody. */
const SYNC_US_MAX = 3_000_000
const SECTOR_BYTES = 512
const LATE_FLIPS_SHARE = 0.3
const LATE_BYTES = 2_048

/** As it is found when the machine comes up. */
function newFile(bytes: Uint8Array): SimulatedFile {
  return {
    bytes,
    length: bytes.length,
    unsynced: [],
    lastSynced: null,
    nameIsDurable: true,
    wasSynced: false,
    syncedLength: 0,
    witnessedLength: 0,
    isTorn: false,
  }
}

/** The first writes that were waiting are durable. */
function confirm(file: SimulatedFile, count: number): void {
  for (const { afterSync, length, offset, written } of file.unsynced.splice(0, count)) {
    file.lastSynced = written
    file.syncedLength = length
    if (afterSync) file.witnessedLength = offset
    file.isTorn = false
  }
  file.wasSynced = true
}

function place(file: SimulatedFile, offset: number, bytes: Uint8Array): void {
  const end = offset + bytes.length
  if (end > file.bytes.length) file.bytes = concatBytes(file.bytes.subarray(0, file.length), new Uint8Array(end * 2))
  // Beyond the end lies whatever was written there once.
  if (offset > file.length) file.bytes.fill(0, file.length, offset)
  file.bytes.set(bytes, offset)
  file.length = Math.max(file.length, end)
}

function undo(file: SimulatedFile, write: Write): void {
  const { offset, written, before } = write
  const extended = written.length > 0 && before.length < written.length
  if (extended) file.length = offset + before.length
  place(file, offset, before)
}

/** One of a thousand is slow. */
export function syncTimeUs(random: Random, meanMs: number): number {
  const usualUs = Math.ceil(random.exponential(meanMs) * 1000)
  return Math.min(SYNC_US_MAX, random.chance(0.001) ? usualUs * 50 : usualUs)
}
