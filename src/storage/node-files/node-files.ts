/**
 * FileDirectory over a directory of the file system. Writes go to the operating system's cache
 * at once (a memory copy); only syncs wait for the disk, on libuv's threads.
 */
import {
  closeSync,
  fdatasync,
  fstatSync,
  fsync,
  ftruncateSync,
  openSync,
  readdirSync,
  readSync,
  unlinkSync,
  writeSync,
} from 'node:fs'
import { join, resolve } from 'node:path'
import type { FileDirectory, SyncDone } from '../file-port.ts'
import { StorageFailure } from '../storage-failure.ts'
import { makeDirectory } from './sync-names.ts'
import { attempt, systemFailure } from './system-failure.ts'

/** BOUND: files kept open. The journal uses its newest and those that peers read from. */
const OPEN_FILES_MAX = 64

export class NodeFiles implements FileDirectory {
  readonly path: string
  readonly #directoryFd: number
  /** The one used longest ago first. */
  readonly #fds = new Map<string, number>()
  /** Files with a sync on its way, whose descriptors must stay. */
  readonly #syncing = new Map<string, number>()

  /** Opens the directory, creating it if need be. Throws a StorageFailure. */
  constructor(path: string) {
    this.path = resolve(path)
    this.#directoryFd = attempt(`opening ${path}`, () => {
      makeDirectory(this.path)
      return openSync(path, 'r')
    })
  }

  list(): readonly string[] {
    return attempt(`listing ${this.path}`, () => readdirSync(this.path).sort((a, b) => (a < b ? -1 : 1)))
  }

  read(name: string, offset = 0, length = Number.MAX_SAFE_INTEGER): Uint8Array {
    return attempt(`reading ${name}`, () => {
      const fd = this.#open(name)
      const bytes = new Uint8Array(Math.max(0, Math.min(length, fstatSync(fd).size - offset)))
      let filled = 0
      while (filled < bytes.length) {
        const count = readSync(fd, bytes, filled, bytes.length - filled, offset + filled)
        if (count === 0) break
        filled += count
      }
      return bytes.subarray(0, filled)
    })
  }

  create(name: string, size = 0): void {
    attempt(`creating ${name}`, () => {
      this.#remember(name, openSync(join(this.path, name), 'wx+', 0o600))
      // Zeros are written, not left as a hole, so that overwriting them needs no space later.
      if (size > 0) writeAll(this.#open(name), new Uint8Array(size), 0)
    })
  }

  append(name: string, bytes: Uint8Array): void {
    attempt(`appending to ${name}`, () => {
      const fd = this.#open(name)
      writeAll(fd, bytes, fstatSync(fd).size)
    })
  }

  overwrite(name: string, offset: number, bytes: Uint8Array): void {
    attempt(`overwriting ${name}`, () => {
      const fd = this.#open(name)
      if (offset + bytes.length > fstatSync(fd).size) {
        throw new StorageFailure('EINVAL', `${name} ends before the overwritten bytes`)
      }
      writeAll(fd, bytes, offset)
    })
  }

  truncate(name: string, length: number): void {
    attempt(`truncating ${name}`, () => ftruncateSync(this.#open(name), length))
  }

  remove(name: string): void {
    attempt(`removing ${name}`, () => {
      unlinkSync(join(this.path, name))
      this.#forget(name)
    })
  }

  sync(name: string, done: SyncDone): void {
    let fd: number
    try {
      fd = this.#open(name)
    } catch (error) {
      process.nextTick(done, systemFailure(`syncing ${name}`, error))
      return
    }
    this.#syncing.set(name, (this.#syncing.get(name) ?? 0) + 1)
    fdatasync(fd, (error) => {
      const others = (this.#syncing.get(name) ?? 1) - 1
      if (others > 0) this.#syncing.set(name, others)
      else this.#syncing.delete(name)
      done(error === null ? undefined : systemFailure(`syncing ${name}`, error))
    })
  }

  syncDirectory(done: SyncDone): void {
    fsync(this.#directoryFd, (error) => {
      done(error === null ? undefined : systemFailure(`syncing ${this.path}`, error))
    })
  }

  /** Lets go of all descriptors. No sync may be on its way. */
  close(): void {
    for (const name of [...this.#fds.keys()]) this.#forget(name)
    closeSync(this.#directoryFd)
  }

  #open(name: string): number {
    const known = this.#fds.get(name)
    const fd = known ?? openSync(join(this.path, name), 'r+')
    this.#remember(name, fd)
    return fd
  }

  #remember(name: string, fd: number): void {
    this.#fds.delete(name)
    this.#fds.set(name, fd)
    if (this.#fds.size <= OPEN_FILES_MAX) return
    for (const other of this.#fds.keys()) {
      if (other === name || this.#syncing.has(other)) continue
      this.#forget(other)
      return
    }
  }

  #forget(name: string): void {
    const fd = this.#fds.get(name)
    if (fd === undefined) return
    this.#fds.delete(name)
    closeSync(fd)
  }
}

function writeAll(fd: number, bytes: Uint8Array, offset: number): void {
  let written = 0
  while (written < bytes.length) {
    written += writeSync(fd, bytes, written, bytes.length - written, offset + written)
  }
}
