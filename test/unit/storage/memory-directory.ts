/** A FileDirectory that forgets at exit. Its syncs are done at once. */
import { concatBytes } from '../../../src/base/bytes.ts'
import type { FileDirectory, SyncDone } from '../../../src/storage/file-port.ts'
import { StorageFailure } from '../../../src/storage/storage-failure.ts'

export class MemoryDirectory implements FileDirectory {
  readonly #files = new Map<string, Uint8Array>()

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
    this.#files.set(name, concatBytes(this.#file(name), bytes))
  }

  overwrite(name: string, offset: number, bytes: Uint8Array): void {
    const file = this.#file(name)
    if (offset + bytes.length > file.length)
      throw new StorageFailure('EINVAL', `${name} ends before the overwritten bytes`)
    file.set(bytes, offset)
  }

  truncate(name: string, length: number): void {
    this.#files.set(name, this.#file(name).slice(0, length))
  }

  remove(name: string): void {
    this.#file(name)
    this.#files.delete(name)
  }

  sync(name: string, done: SyncDone): void {
    if (this.#files.has(name)) done()
    else done(new StorageFailure('ENOENT', `${name} does not exist`))
  }

  syncDirectory(done: SyncDone): void {
    done()
  }

  #file(name: string): Uint8Array {
    const file = this.#files.get(name)
    if (file === undefined) throw new StorageFailure('ENOENT', `${name} does not exist`)
    return file
  }
}
