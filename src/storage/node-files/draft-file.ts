/** A file that is complete or absent is written as a draft beside its place, and named when it is on disk. */
import { randomUUID } from 'node:crypto'
import { linkSync, rmSync } from 'node:fs'

export function draftOf(path: string): string {
  return `${path}.${randomUUID()}.draft`
}

/** A link, for a renaming would replace a file that is there. @throws the operating system's error: EEXIST. */
export function nameDraft(draft: string, path: string): void {
  linkSync(draft, path)
  rmSync(draft)
}
