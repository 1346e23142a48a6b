/**
 * KeyValueStore over LevelDB, which has lost and altered data after faults without a word. So a
 * value carries its CRC-32C, batches are numbered (batch-ring.ts), an existing database is never
 * made anew, nothing is ever repaired, and any error is final: the database is thrown away and
 * rebuilt from the journal.
 *
 * Writes go to LevelDB one batch at a time, on its own thread; what waits is seen by `get`
 * through an overlay. They are synced every 64 writes or every second, for the journal already
 * holds the blocks that they come from.
 */
import { mkdir, readdir } from 'node:fs/promises'
import { ClassicLevel } from 'classic-level'
import { invariant } from '../../base/invariant.ts'
import { type Rejection, rejection } from '../../base/rejection.ts'
import { err, ok, type Result } from '../../base/result.ts'
import type { KeyRange, KeyValueOperation, KeyValueStore } from '../key-value-store.ts'
import { systemFailure } from '../node-files/system-failure.ts'
import { type DamageCode, StorageFailure } from '../storage-failure.ts'
import { BATCH_RING_PREFIX, batchMark, readBatchRing } from './batch-ring.ts'
import { sealValue, unsealValue } from './value-seal.ts'

type Database = ClassicLevel<Uint8Array, Uint8Array>
type Waiting = (failure?: StorageFailure) => void

export interface LevelOptions {
  /** Make a new database in a directory that is empty or missing; otherwise one must be there. */
  readonly create: boolean
  readonly cacheBytes: number
  readonly onFailure: (failure: StorageFailure) => void
}

export type LevelRejection = Rejection<
  'database-missing' | 'database-exists' | 'database-locked' | 'database-unreadable' | 'database-incomplete'
>

/** Writes that go to LevelDB together. */
interface Round {
  readonly operations: KeyValueOperation[]
  readonly waiting: Waiting[]
  writes: number
  bytes: number
  sync: boolean
}

/** What LevelDB, or a checksum of this store, knows to be wrong in the files. */
const DAMAGE: DamageCode = 'DATABASE_CORRUPT'
/** How LevelDB, of a file that is gone or has no byte to be mapped into memory, says so. */
const LOST_FILE = /: (No such file or directory|Invalid argument)$/
const UNSYNCED_WRITES_MAX = 64
const UNSYNCED_MS_MAX = 1000
const BYTE_STRINGS = { keyEncoding: 'view', valueEncoding: 'view' } as const

export class LevelStore implements KeyValueStore {
  readonly #database: Database
  readonly #onFailure: LevelOptions['onFailure']
  /** The newest operation on each key that LevelDB has not taken yet, with the round it is in. */
  readonly #overlay = new Map<string, { readonly round: Round; readonly value: Uint8Array | undefined }>()
  #sequence: number
  #gathering: Round | undefined
  #writing: Round | undefined
  #unsyncedWrites = 0
  #syncTimer: NodeJS.Timeout | undefined
  #failure: StorageFailure | undefined
  #closed: Promise<void> | undefined

  /** Throws the StorageFailure of a disk that could not be asked: of the database it says nothing. */
  static async open(path: string, options: LevelOptions): Promise<Result<LevelStore, LevelRejection>> {
    if (options.create && !(await isEmptied(path))) return err(rejection('database-exists', `${path} is not empty`))
    const database: Database = new ClassicLevel(path, {
      ...BYTE_STRINGS,
      createIfMissing: options.create,
      errorIfExists: options.create,
      cacheSize: options.cacheBytes,
    })
    try {
      await database.open()
      const ring = await readBatchRing(database)
      if (ring.complete) return ok(new LevelStore(database, ring.sequence, options.onFailure))
    } catch (error) {
      await database.close()
      return err(openingRejection(path, error))
    }
    await database.close()
    return err(rejection('database-incomplete', `${path} has lost writes in a crash`))
  }

  private constructor(database: Database, sequence: number, onFailure: LevelOptions['onFailure']) {
    this.#database = database
    this.#sequence = sequence
    this.#onFailure = onFailure
  }

  get pendingBytes(): number {
    return (this.#gathering?.bytes ?? 0) + (this.#writing?.bytes ?? 0)
  }

  get(key: Uint8Array): Uint8Array | undefined {
    this.#assertUsable()
    const pending = this.#overlay.get(overlayKey(key))
    if (pending !== undefined) return pending.value
    try {
      const sealed = this.#database.getSync(key)
      return sealed === undefined ? undefined : unsealValue(key, sealed)
    } catch (error) {
      throw this.#fail(error)
    }
  }

  write(operations: readonly KeyValueOperation[]): void {
    this.#assertUsable()
    const round = this.#gather()
    round.writes += 1
    for (const operation of operations) {
      invariant(operation.key[0] !== BATCH_RING_PREFIX, 'the last keyspace belongs to the store itself')
      const value = operation.type === 'put' ? operation.value : undefined
      round.operations.push(operation)
      round.bytes += operation.key.length + (value?.length ?? 0)
      this.#overlay.set(overlayKey(operation.key), { round, value })
    }
    this.#writeGathered()
  }

  async flush(): Promise<void> {
    this.#assertUsable()
    const round = this.#gather()
    round.sync = true
    await this.#settled(round)
  }

  async *entries(range: KeyRange): AsyncIterable<readonly [Uint8Array, Uint8Array]> {
    this.#assertUsable()
    const pending = this.#gathering ?? this.#writing
    if (pending !== undefined) await this.#settled(pending)
    const { gte, lt, reverse = false, limit = Infinity } = range
    try {
      for await (const [key, sealed] of this.#database.iterator({ gte, lt, reverse, limit })) {
        yield [key, unsealValue(key, sealed)]
      }
    } catch (error) {
      throw this.#fail(error)
    }
  }

  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async #close(): Promise<void> {
    if (this.#failure === undefined) await this.flush()
    clearTimeout(this.#syncTimer)
    await this.#database.close()
  }

  #gather(): Round {
    this.#gathering ??= { operations: [], waiting: [], writes: 0, bytes: 0, sync: false }
    return this.#gathering
  }

  #settled(round: Round): Promise<void> {
    return new Promise((resolve, reject) => {
      round.waiting.push((failure) => {
        if (failure === undefined) resolve()
        else reject(failure)
      })
      this.#writeGathered()
    })
  }

  #writeGathered(): void {
    const round = this.#gathering
    if (round === undefined || this.#writing !== undefined || this.#failure !== undefined) return
    this.#gathering = undefined
    this.#writing = round
    this.#unsyncedWrites += round.writes
    const sync = round.sync || this.#unsyncedWrites >= UNSYNCED_WRITES_MAX
    this.#writeBatch(round, sync).then(
      () => this.#written(round, sync),
      (error: unknown) => this.#fail(error),
    )
  }

  async #writeBatch(round: Round, sync: boolean): Promise<void> {
    // A chained batch is handed to LevelDB as it is made: it blocks this thread half as long as an array.
    const batch = this.#database.batch()
    for (const operation of round.operations) {
      if (operation.type === 'put') batch.put(operation.key, sealValue(operation.key, operation.value))
      else batch.del(operation.key)
    }
    this.#sequence += 1
    const mark = batchMark(this.#sequence)
    batch.put(mark.key, mark.value)
    await batch.write({ sync })
  }

  #written(round: Round, synced: boolean): void {
    this.#writing = undefined
    for (const { key } of round.operations) {
      const text = overlayKey(key)
      if (this.#overlay.get(text)?.round === round) this.#overlay.delete(text)
    }
    if (synced) {
      this.#unsyncedWrites = 0
      clearTimeout(this.#syncTimer)
      this.#syncTimer = undefined
    } else {
      this.#syncTimer ??= setTimeout(() => this.#syncInTime(), UNSYNCED_MS_MAX).unref()
    }
    this.#writeGathered()
    for (const done of round.waiting) done()
  }

  #syncInTime(): void {
    if (this.#failure !== undefined) return
    this.#gather().sync = true
    this.#writeGathered()
  }

  #assertUsable(): void {
    if (this.#failure !== undefined) throw this.#failure
    invariant(this.#closed === undefined, 'the store is closed')
  }

  #fail(error: unknown): StorageFailure {
    if (this.#failure !== undefined) return this.#failure
    const failure = storageFailure(error)
    this.#failure = failure
    clearTimeout(this.#syncTimer)
    const waiting = [...(this.#writing?.waiting ?? []), ...(this.#gathering?.waiting ?? [])]
    this.#onFailure(failure)
    for (const done of waiting) done(failure)
    return failure
  }
}

/** One character a byte: cheap to make and to compare. */
function overlayKey(key: Uint8Array): string {
  return Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString('latin1')
}

function storageFailure(error: unknown): StorageFailure {
  if (error instanceof StorageFailure) return error
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'LEVEL_UNKNOWN'
  const message = `LevelDB: ${error instanceof Error ? error.message : String(error)}`
  return new StorageFailure(code === 'LEVEL_CORRUPTION' ? DAMAGE : code, message, error)
}

/** Makes the directory where it is missing; whether nothing is in it. */
async function isEmptied(path: string): Promise<boolean> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 })
    return (await readdir(path)).length === 0
  } catch (error) {
    throw systemFailure(`making ${path}`, error)
  }
}

/** Throws what is no damage: a full disk, or too many open files, passes, and the database is as it was. */
function openingRejection(path: string, error: unknown): LevelRejection {
  // classic-level wraps what LevelDB said into "not open".
  const wrapped = error instanceof Error && error.cause instanceof Error ? error.cause : error
  const { code, message } = storageFailure(wrapped)
  if (code === 'LEVEL_LOCKED') return rejection('database-locked', `${path} is in use by another process`)
  if (message.includes('create_if_missing is false')) return rejection('database-missing', `${path}: ${message}`)
  if (code === DAMAGE || LOST_FILE.test(message)) return rejection('database-unreadable', `${path}: ${message}`)
  throw new StorageFailure(code, `${path}: ${message}`, error)
}
