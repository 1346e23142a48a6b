/** A FileDirectory that forgets at exit, whose syncs are done at once or when whoever made it says so. */
import { concatBytes } from '../../base/bytes.ts'
import type { FileDirectory, SyncDone } from '../file-port.ts'
import { StorageFailure } from '../storage-failure.ts'

export class MemoryFiles implements FileDirectory {
  readonly #files: Map<string, Uint8Array>
  readonly #onSync: (done: SyncDone) => void

  constructor(files: ReadonlyMap<string, Uint8Array> = new Map(), onSync = (done: SyncDone): void => done()) {
    this.#files = new Map([...files].map(([name, bytes]) => [name, bytes.slice()]))
    this.#onSync = onSync
  }

  list(): readonly string[] {
    return [...this.#files.keys()].sort((a, b) => (a < b ? -1 : 1))
  }

  read(name: string, offset = 0, length = Number.MAX_SAFE_INTEGER): Uint8Array {
    return this.#file(name).slice(offset, offset + length)
  }

  create(name: string, size = 0): void {
    if (this.#files.has(name)) throw new StorageFailure('EEXIST', `${name} exists`)
    this.#files.set(name, new Uint8Array(size))
  }

  append(name: string, bytes: Uint8Array): void {
    const file = this.#file(name)
    const end = file.length + bytes.length
    // Room for more of the same behind it, so that a long journal is not copied each time.
    const room = end <= file.buffer.byteLength ? file.buffer : concatBytes(file, new Uint8Array(end)).buffer
    const longer = new Uint8Array(room, 0, end)
    longer.set(bytes, file.length)
    this.#files.set(name, longer)
  }

  overwrite(name: string, offset: number, bytes: Uint8Array): void {
    const file = this.#file(name)
    if (offset + bytes.length > file.length)
      throw new StorageFailure('EINVAL', `${name} ends before the overwritten bytes`)
    file.set(bytes, offset)
  }

  truncate(name: string, length: number): void {
    this.#files.set(name, this.#file(name).subarray(0, length))
  }

  remove(name: string): void {
    this.#file(name)
    this.#files.delete(name)
  }

  sync(name: string, done: SyncDone): void {
    if (this.#files.has(name)) this.#onSync(done)
    else done(new StorageFailure('ENOENT', `${name} does not exist`))
  }

  syncDirectory(done: SyncDone): void {
    this.#onSync(done)
  }

  #file(name: string): Uint8Array {
    const file = this.#files.get(name)
    if (file === undefined) throw new StorageFailure('ENOENT', `${name} does not exist`)
    return file
  }
}
