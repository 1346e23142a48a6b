/** Keeps a log that another process appends to from filling the disk: one older part is kept beside it. */
import { copyFileSync, statSync, truncateSync } from 'node:fs'

/** BOUND: of a log and of its older part. @internal */
export const LOG_BYTES_MAX = 64 * 1024 * 1024

/** Emptied in place, since the process goes on writing to the file it has open. A line in between may be lost. */
export function boundLog(path: string): void {
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0
  if (size <= LOG_BYTES_MAX) return
  copyFileSync(path, `${path}.1`)
  truncateSync(path)
}
