/**
 * A storage adapter could not do what was asked (ENOSPC, EIO, …). What is on disk is then
 * unknown, so it is fail-stop: the process ends and recovers from what it can read.
 */
/** What was synced is not what is there: restarting does not mend it. */
export type DamageCode = 'DATABASE_CORRUPT' | 'JOURNAL_CORRUPT'

export class StorageFailure extends Error {
  override readonly name = 'StorageFailure'
  /** The operating system's code, or the adapter's own in the same style. */
  readonly code: string

  constructor(code: string, message: string, cause?: unknown) {
    super(message, { cause })
    this.code = code
  }
}
