/** A JSON file replaced in one step: who reads it sees the old one or the new one, whole. */
import { renameSync, writeFileSync } from 'node:fs'

export function replaceJson(path: string, value: unknown): void {
  const draft = `${path}.${process.pid}`
  writeFileSync(draft, `${JSON.stringify(value, null, 2)}\n`)
  renameSync(draft, path)
}
