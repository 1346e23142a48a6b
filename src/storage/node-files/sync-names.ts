/** What a directory names survives a power cut only when the directory itself is synced. */
import { closeSync, fsyncSync, openSync } from 'node:fs'

/** DURABILITY: the names in the directory are on disk when this returns. @throws the operating system's error. */
export function syncNames(directory: string): void {
  const fd = openSync(directory, 'r')
  try {
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}
