/**
 * The file `<key>.signing` beside a validator's key: what the key has signed, synced before any
 * signature leaves (docs/operations.md, "The signing record"). Its payload is the safety record S.
 *
 * It stands there twice. A write replaces one copy, syncs, replaces the other and syncs again; only then
 * does it count. Therefore
 *
 * - a crash tears one copy at most, while the other is whole and durable;
 * - what was signed on is in both: any copy that can be read is new enough, whatever has happened to the
 *   other, and a damaged copy need not be told from a torn one;
 * - two copies that cannot be read are damage, and what the key has signed last is not known.
 *
 * A copy begins each half of the file:
 *
 *     magic 8 ‖ schema u32 ‖ sequence u48 ‖ genesis hash 32 ‖ length u32 ‖ payload ‖ checksum u32
 *
 * The file is only ever made by `create`: where it is missing, an unknown number of signatures
 * is out there, and to go on as if there were none is how validators sign twice.
 */
import { bytesEqual, toHex, utf8 } from '../base/bytes.ts'
import { invariant } from '../base/invariant.ts'
import { isPlanted } from '../base/planted-bug.ts'
import { type Rejection, rejection } from '../base/rejection.ts'
import { err, ok, type Result } from '../base/result.ts'
import { crc32c } from './crc32c.ts'
import type { FileDirectory, SyncDone } from './file-port.ts'
import { StorageFailure } from './storage-failure.ts'

/** BOUND: of a payload, which holds at most a few certificates and messages. @internal */
export const SIGNING_PAYLOAD_BYTES_MAX = 256 * 1024

const MAGIC = utf8('tertia-s')
const SCHEMA = 2
const HEADER_BYTES = 54
const CHECKSUM_BYTES = 4
/** Whole pages, so that no page belongs to both copies. */
const COPY_BYTES = SIGNING_PAYLOAD_BYTES_MAX + 4096
const PLACES = [0, 1] as const
type Place = (typeof PLACES)[number]

export type SigningRecordRejection = Rejection<
  'signing-record-missing' | 'signing-record-bad' | 'signing-record-other-genesis' | 'signing-record-unknown-schema'
>

interface GoodCopy {
  readonly kind: 'good'
  readonly place: Place
  readonly sequence: number
  readonly genesisHash: Uint8Array
  readonly payload: Uint8Array
}

type CopyReading =
  | GoodCopy
  | { readonly kind: 'bad' }
  | { readonly kind: 'cut off' }
  | { readonly kind: 'unknown schema' }

interface Write {
  payload: Uint8Array
  readonly waiting: SyncDone[]
}

type Step = (done: SyncDone) => void

export class SigningRecord {
  readonly #directory: FileDirectory
  readonly #name: string
  readonly #genesisHash: Uint8Array
  /** The copy that was read, which stays until the other is as new: that one may be bad. */
  readonly #kept: Place
  #isSynced = false
  #sequence: number
  #payload: Uint8Array
  #writing: Write | undefined
  #next: Write | undefined
  #failure: StorageFailure | undefined

  /**
   * Makes the file, durably, for a key that has never signed. `done` gets a StorageFailure with
   * code EEXIST when there is one already.
   */
  static create(
    directory: FileDirectory,
    name: string,
    genesisHash: Uint8Array,
    payload: Uint8Array,
    done: SyncDone,
  ): void {
    try {
      const copy = encodeCopy(0, genesisHash, payload)
      directory.create(name, PLACES.length * COPY_BYTES)
      for (const place of PLACES) directory.overwrite(name, place * COPY_BYTES, copy)
    } catch (error) {
      if (!(error instanceof StorageFailure)) throw error
      done(error)
      return
    }
    directory.sync(name, (failure) => {
      if (failure !== undefined) done(failure)
      else directory.syncDirectory(done)
    })
  }

  static open(
    directory: FileDirectory,
    name: string,
    genesisHash: Uint8Array,
  ): Result<SigningRecord, SigningRecordRejection> {
    if (!directory.list().includes(name)) return err(rejection('signing-record-missing', `${name} does not exist`))
    const copies = PLACES.map((place) => readCopy(directory, name, place))
    if (copies.some(({ kind }) => kind === 'unknown schema'))
      return err(rejection('signing-record-unknown-schema', `${name} was written by another version of this program`))
    if (copies.some(({ kind }) => kind === 'cut off')) return err(rejection('signing-record-bad', `${name} is cut off`))
    const [latest] = copies.filter((copy) => copy.kind === 'good').sort((a, b) => b.sequence - a.sequence)
    if (latest === undefined) {
      const message = `${name} is damaged: neither of its copies can be read, and what the key has signed last is not known`
      return err(rejection('signing-record-bad', message))
    }
    if (!bytesEqual(latest.genesisHash, genesisHash)) {
      const message = `${name} belongs to the network with genesis ${toHex(latest.genesisHash)}`
      return err(rejection('signing-record-other-genesis', message))
    }
    return ok(new SigningRecord(directory, name, latest))
  }

  private constructor(directory: FileDirectory, name: string, latest: GoodCopy) {
    this.#directory = directory
    this.#name = name
    this.#genesisHash = latest.genesisHash
    this.#kept = latest.place
    this.#sequence = latest.sequence
    this.#payload = latest.payload
  }

  /** What was written last, durable or not. */
  get payload(): Uint8Array {
    return this.#next?.payload ?? this.#payload
  }

  /**
   * DURABILITY: `payload`, or one given later, is on disk when `done` comes without a failure.
   * While one write is on its way the newest of those that wait stands for all of them. After a
   * failure every call fails the same way.
   */
  write(payload: Uint8Array, done: SyncDone): void {
    invariant(payload.length <= SIGNING_PAYLOAD_BYTES_MAX, 'the signing record is larger than its place')
    if (this.#failure !== undefined) {
      done(this.#failure)
      return
    }
    this.#next ??= { payload, waiting: [] }
    this.#next.payload = payload
    this.#next.waiting.push(done)
    if (this.#writing === undefined) this.#writeNext()
  }

  #writeNext(): void {
    const write = this.#next
    if (write === undefined) return
    this.#next = undefined
    this.#writing = write
    this.#payload = write.payload
    this.#sequence += 1
    const copy = encodeCopy(this.#sequence, this.#genesisHash, write.payload)
    inOrder([...this.#preparations(), ...this.#replacements(copy)], (failure) => this.#written(write, failure))
  }

  /** What was read may be in the system's cache alone, written by a process that died before its sync. */
  #preparations(): readonly Step[] {
    if (this.#isSynced) return []
    this.#isSynced = true
    return [(done) => this.#directory.sync(this.#name, done)]
  }

  #replacements(copy: Uint8Array): readonly Step[] {
    const other: Place = this.#kept === 0 ? 1 : 0
    if (__CANARIES__ && isPlanted('one-signing-copy'))
      return [(done) => this.#replace(this.#sequence % 2 === 0 ? 0 : 1, copy, done)]
    return [(done) => this.#replace(other, copy, done), (done) => this.#replace(this.#kept, copy, done)]
  }

  /** DURABILITY: the copy is in its place when `done` comes without a failure. */
  #replace(place: Place, copy: Uint8Array, done: SyncDone): void {
    try {
      this.#directory.overwrite(this.#name, place * COPY_BYTES, copy)
    } catch (error) {
      if (!(error instanceof StorageFailure)) throw error
      done(error)
      return
    }
    if (__CANARIES__ && isPlanted('signing-copies-together') && place !== this.#kept) done()
    else this.#directory.sync(this.#name, done)
  }

  #written(write: Write, failure: StorageFailure | undefined): void {
    this.#writing = undefined
    this.#failure = failure
    const waiting = [...write.waiting]
    if (failure !== undefined) waiting.push(...(this.#next?.waiting ?? []))
    else this.#writeNext()
    for (const done of waiting) done(failure)
  }
}

/** Until one fails. */
function inOrder([first, ...others]: readonly Step[], done: SyncDone): void {
  if (first === undefined) done()
  else first((failure) => (failure === undefined ? inOrder(others, done) : done(failure)))
}

function encodeCopy(sequence: number, genesisHash: Uint8Array, payload: Uint8Array): Uint8Array {
  invariant(genesisHash.length === 32, 'a genesis hash has 32 bytes')
  const bytes = new Uint8Array(HEADER_BYTES + payload.length + CHECKSUM_BYTES)
  const view = new DataView(bytes.buffer)
  bytes.set(MAGIC)
  view.setUint32(8, SCHEMA)
  view.setUint16(12, Math.floor(sequence / 2 ** 32))
  view.setUint32(14, sequence >>> 0)
  bytes.set(genesisHash, 18)
  view.setUint32(50, payload.length)
  bytes.set(payload, HEADER_BYTES)
  view.setUint32(bytes.length - CHECKSUM_BYTES, crc32c(bytes.subarray(0, -CHECKSUM_BYTES)))
  return bytes
}

function readCopy(directory: FileDirectory, name: string, place: Place): CopyReading {
  let copy: Uint8Array
  try {
    copy = directory.read(name, place * COPY_BYTES, COPY_BYTES)
  } catch (error) {
    // What a disk itself knows to be damaged.
    if (error instanceof StorageFailure && error.code === 'EIO') return { kind: 'bad' }
    throw error
  }
  if (copy.length < COPY_BYTES) return { kind: 'cut off' }
  const view = new DataView(copy.buffer, copy.byteOffset, copy.length)
  const end = HEADER_BYTES + view.getUint32(50)
  const isChecked = !(__CANARIES__ && isPlanted('signing-checksum-unchecked'))
  if (end > COPY_BYTES - CHECKSUM_BYTES) return { kind: 'bad' }
  if (isChecked && view.getUint32(end) !== crc32c(copy.subarray(0, end))) return { kind: 'bad' }
  // What stands before the schema and the frame of checksum and length hold for every schema.
  if (!bytesEqual(copy.subarray(0, MAGIC.length), MAGIC)) return { kind: 'bad' }
  if (view.getUint32(8) !== SCHEMA) return { kind: 'unknown schema' }
  return {
    kind: 'good',
    place,
    sequence: view.getUint16(12) * 2 ** 32 + view.getUint32(14),
    genesisHash: copy.slice(18, 50),
    payload: copy.slice(HEADER_BYTES, end),
  }
}
