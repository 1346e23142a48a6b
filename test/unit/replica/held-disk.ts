/** Files in memory whose syncs end when a test says so. */
import type { FileDirectory, SyncDone } from '../../../src/storage/file-port.ts'
import { StorageFailure } from '../../../src/storage/storage-failure.ts'

interface Sync {
  readonly name: string
  readonly done: SyncDone
}

export class HeldDisk implements FileDirectory {
  readonly files = new Map<string, Uint8Array>()
  readonly syncs: Sync[] = []
  isHolding = false

  list(): readonly string[] {
    return [...this.files.keys()].sort((a, b) => (a < b ? -1 : 1))
  }

  read(name: string, offset = 0, length = Number.POSITIVE_INFINITY): Uint8Array {
    return this.#file(name).slice(offset, Math.min(offset + length, this.#file(name).length))
  }

  create(name: string, size = 0): void {
    this.files.set(name, new Uint8Array(size))
  }

  append(name: string, bytes: Uint8Array): void {
    this.files.set(name, Uint8Array.of(...this.#file(name), ...bytes))
  }

  overwrite(name: string, offset: number, bytes: Uint8Array): void {
    this.#file(name).set(bytes, offset)
  }

  truncate(name: string, length: number): void {
    this.files.set(name, this.#file(name).slice(0, length))
  }

  remove(name: string): void {
    this.files.delete(name)
  }

  sync(name: string, done: SyncDone): void {
    if (this.isHolding) this.syncs.push({ name, done })
    else done()
  }

  syncDirectory(done: SyncDone): void {
    this.sync('.', done)
  }

  /** Ends the oldest sync of a file whose name has this in it. */
  release(part: string, failure?: StorageFailure): void {
    const index = this.syncs.findIndex(({ name }) => name.includes(part))
    const [sync] = this.syncs.splice(index, 1)
    if (sync === undefined || index < 0) throw new Error(`no sync of ${part} is under way`)
    sync.done(failure)
  }

  #file(name: string): Uint8Array {
    const file = this.files.get(name)
    if (file === undefined) throw new StorageFailure('ENOENT', name)
    return file
  }
}
