/** What a directory names survives a power cut only when the directory itself is synced. */
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readdirSync } from 'node:fs'
import { dirname, resolve } from 'node:path'

/** DURABILITY: the names in the directory are on disk when this returns. @throws the operating system's error. */
export function syncNames(directory: string): void {
  const fd = openSync(directory, 'r')
  try {
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}

/** DURABILITY: each directory made is synced into the one above, or a power cut could take the whole tree. @throws as above. */
export function makeDirectory(path: string): void {
  const missing: string[] = []
  for (let each = resolve(path); !existsSync(each); each = dirname(each)) missing.unshift(each)
  // Not with `recursive`: where no directory can be made, as in /proc, Node would try for ever.
  for (const each of missing) {
    mkdirSync(each, { mode: 0o700 })
    syncNames(dirname(each))
  }
  // A file of that name is no directory.
  readdirSync(path)
}
