/**
 * The file `<key>.signing` beside a validator's key: what the key has signed, synced before any
 * signature leaves (docs/operations.md, "The signing record"). Its payload is the safety record S.
 *
 * Two slots of fixed size are written alternately, so that a write torn by a crash leaves the one
 * before; nothing was signed on the strength of a torn one. Slot:
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
const SCHEMA = 1
const HEADER_BYTES = 54
const CHECKSUM_BYTES = 4
/** Whole pages, so that no page belongs to both slots. */
const SLOT_BYTES = SIGNING_PAYLOAD_BYTES_MAX + 4096

export type SigningRecordRejection = Rejection<
  'signing-record-missing' | 'signing-record-bad' | 'signing-record-other-genesis' | 'signing-record-unknown-schema'
>

type SlotReading =
  | { readonly kind: 'good'; readonly sequence: number; readonly genesisHash: Uint8Array; readonly payload: Uint8Array }
  | { readonly kind: 'bad' }
  | { readonly kind: 'unknown schema' }

interface Write {
  payload: Uint8Array
  readonly waiting: SyncDone[]
}

export class SigningRecord {
  readonly #directory: FileDirectory
  readonly #name: string
  readonly #genesisHash: Uint8Array
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
      directory.create(name, 2 * SLOT_BYTES)
      directory.overwrite(name, 0, encodeSlot(0, genesisHash, payload))
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
    const file = directory.read(name)
    const slots = [readSlot(file.subarray(0, SLOT_BYTES)), readSlot(file.subarray(SLOT_BYTES))]
    if (slots.some((slot) => slot.kind === 'unknown schema')) {
      return err(rejection('signing-record-unknown-schema', `${name} was written by another version of this program`))
    }
    const [latest] = slots.filter((slot) => slot.kind === 'good').sort((a, b) => b.sequence - a.sequence)
    if (latest === undefined || file.length !== 2 * SLOT_BYTES) {
      return err(rejection('signing-record-bad', `${name} is damaged: neither slot can be read`))
    }
    if (!bytesEqual(latest.genesisHash, genesisHash)) {
      const message = `${name} belongs to the network with genesis ${toHex(latest.genesisHash)}`
      return err(rejection('signing-record-other-genesis', message))
    }
    return ok(new SigningRecord(directory, name, genesisHash, latest.sequence, latest.payload.slice()))
  }

  private constructor(
    directory: FileDirectory,
    name: string,
    genesisHash: Uint8Array,
    sequence: number,
    payload: Uint8Array,
  ) {
    this.#directory = directory
    this.#name = name
    this.#genesisHash = genesisHash
    this.#sequence = sequence
    this.#payload = payload
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
    invariant(payload.length <= SIGNING_PAYLOAD_BYTES_MAX, 'the signing record is larger than its slot')
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
    const slot = encodeSlot(this.#sequence, this.#genesisHash, write.payload)
    try {
      const place = __CANARIES__ && isPlanted('one-signing-slot') ? 0 : this.#sequence % 2
      this.#directory.overwrite(this.#name, place * SLOT_BYTES, slot)
    } catch (error) {
      if (!(error instanceof StorageFailure)) throw error
      this.#written(write, error)
      return
    }
    this.#directory.sync(this.#name, (failure) => this.#written(write, failure))
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

function encodeSlot(sequence: number, genesisHash: Uint8Array, payload: Uint8Array): Uint8Array {
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

function readSlot(slot: Uint8Array): SlotReading {
  if (slot.length !== SLOT_BYTES) return { kind: 'bad' }
  const view = new DataView(slot.buffer, slot.byteOffset, slot.length)
  const end = HEADER_BYTES + view.getUint32(50)
  const isChecked = !(__CANARIES__ && isPlanted('slot-checksum-unchecked'))
  if (end > SLOT_BYTES - CHECKSUM_BYTES) return { kind: 'bad' }
  if (isChecked && view.getUint32(end) !== crc32c(slot.subarray(0, end))) return { kind: 'bad' }
  // What stands before the schema and the frame of checksum and length hold for every schema.
  if (!bytesEqual(slot.subarray(0, MAGIC.length), MAGIC)) return { kind: 'bad' }
  if (view.getUint32(8) !== SCHEMA) return { kind: 'unknown schema' }
  return {
    kind: 'good',
    sequence: view.getUint16(12) * 2 ** 32 + view.getUint32(14),
    genesisHash: slot.slice(18, 50),
    payload: slot.subarray(HEADER_BYTES, end),
  }
}
