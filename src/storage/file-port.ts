/**
 * One directory of plain files, as the journal and the signing record need it. Reads and writes
 * are immediate and go through the operating system's cache; only `sync` makes them outlive a
 * power cut. A method that fails throws a StorageFailure; the syncs hand it to `done` instead.
 */
import type { StorageFailure } from './storage-failure.ts'

export type SyncDone = (failure?: StorageFailure) => void

export interface FileDirectory {
  /** Names in ascending order. */
  list(): readonly string[]
  /** The bytes at `offset`, fewer when the file ends before, none when it ends at or before it. */
  read(name: string, offset?: number, length?: number): Uint8Array
  /** A new file of `size` zero bytes (default none); fails with EEXIST. Durable after `syncDirectory`. */
  create(name: string, size?: number): void
  append(name: string, bytes: Uint8Array): void
  /** Replaces bytes that exist; never extends the file. */
  overwrite(name: string, offset: number, bytes: Uint8Array): void
  truncate(name: string, length: number): void
  /** Durable after `syncDirectory`. */
  remove(name: string): void
  /** DURABILITY: all that was written to the file before the call is on disk when `done` comes without a failure. */
  sync(name: string, done: SyncDone): void
  /** DURABILITY: the same for names created and removed. */
  syncDirectory(done: SyncDone): void
}
