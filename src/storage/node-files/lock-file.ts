/**
 * Keeps a second process off a data directory or a signing record. The lock is the operating
 * system's (an open file description lock): it ends with the process, however that ends, so there is no stale
 * lock file to remove by hand. The file's text only serves the refusal.
 */
import { closeSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs'
import { tryLock } from 'fs-native-extensions'
import { type Rejection, rejection } from '../../base/rejection.ts'
import { err, ok, type Result } from '../../base/result.ts'
import { attempt } from './system-failure.ts'

export class LockFile {
  readonly #fd: number

  /** Takes the lock at `path`, creating the file if need be. Throws a StorageFailure. */
  static acquire(path: string): Result<LockFile, Rejection<'locked'>> {
    return attempt(`locking ${path}`, () => {
      const fd = openSync(path, 'a+', 0o600)
      if (tryLock(fd)) return ok(new LockFile(fd))
      closeSync(fd)
      return err(rejection('locked', `${path} is held by ${holder(path)}`))
    })
  }

  private constructor(fd: number) {
    this.#fd = fd
    ftruncateSync(fd)
    writeSync(fd, `process ${process.pid}, started ${new Date(Date.now() - process.uptime() * 1000).toISOString()}`)
  }

  /** The file stays: to remove it would let two processes hold locks on two files of one name. */
  release(): void {
    closeSync(this.#fd)
  }
}

function holder(path: string): string {
  const text = readFileSync(path, 'utf8')
  return /^process \d+, started \S{24}$/.test(text) ? text : 'another process'
}
