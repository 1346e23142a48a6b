/** A file replaced in one step: who reads it sees the old one or the new one, whole. */
import { renameSync, writeFileSync } from 'node:fs'

export function replaceFile(path: string, content: string): void {
  const draft = `${path}.${process.pid}`
  writeFileSync(draft, content)
  renameSync(draft, path)
}

export function replaceJson(path: string, value: unknown): void {
  replaceFile(path, `${JSON.stringify(value, null, 2)}\n`)
}
