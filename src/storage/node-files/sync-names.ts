/** What a directory names survives a power cut only when the directory itself is synced. */
import { closeSync, fsyncSync, mkdirSync, openSync } from 'node:fs'
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
  const whole = resolve(path)
  const first = mkdirSync(whole, { recursive: true, mode: 0o700 })
  if (first === undefined) return
  for (let made = whole; made.length >= first.length; made = dirname(made)) syncNames(dirname(made))
}
