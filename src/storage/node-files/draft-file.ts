/** A file that is complete or absent is written as a draft beside its place, and named when it is on disk. */
import { randomUUID } from 'node:crypto'
import { closeSync, linkSync, openSync, renameSync, rmSync } from 'node:fs'

/** What file systems without links say: FAT, and FUSE of several kinds. */
const NO_LINKS: ReadonlySet<unknown> = new Set(['EPERM', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP'])

export function draftOf(path: string): string {
  return `${path}.${randomUUID()}.draft`
}

/** A link, for a renaming would replace a file that is there. @throws the operating system's error: EEXIST. */
export function nameDraft(draft: string, path: string): void {
  try {
    linkSync(draft, path)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && NO_LINKS.has(error.code))) throw error
    nameUnlinked(draft, path)
    return
  }
  rmSync(draft)
}

/** The name is taken first, by an empty file, so that what is replaced is nobody else's. */
function nameUnlinked(draft: string, path: string): void {
  closeSync(openSync(path, 'wx', 0o600))
  try {
    renameSync(draft, path)
  } catch (error) {
    rmSync(path)
    throw error
  }
}
