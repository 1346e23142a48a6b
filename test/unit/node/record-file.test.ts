import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { Result } from '../../../src/base/result.ts'
import { RecordWriter, readRecords } from '../../../src/node/recording/record-file.ts'
import { replayRecording } from '../../../src/node/recording/replay.ts'

let directory: string

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tertia-record-'))
})

afterEach(() => rmSync(directory, { recursive: true }))

const ignored = (): void => undefined

function messageOf(result: Result<unknown, { readonly message: string }>): string {
  return result.ok ? '' : result.error.message
}

it('a recording that cannot be written is refused when it is asked for', () => {
  const opened = RecordWriter.open(join(directory, 'missing', 'file'), ignored)
  expect(messageOf(opened)).toContain('there is no such file')
})

it('a file that is no recording is refused and left as it is', () => {
  const file = join(directory, 'letter')
  writeFileSync(file, 'Dear all, this is no recording')
  expect(RecordWriter.open(file, ignored)).toMatchObject({ ok: false, error: { code: 'badRecording' } })
  expect(statSync(file).size).toBe(30)
})

it('a recording goes on behind the last whole record', async () => {
  const file = join(directory, 'recording')
  const kinds = ['first', 'second', 'third']
  for (const kind of kinds) {
    const opened = RecordWriter.open(file, ignored)
    if (!opened.ok) throw new Error(opened.error.message)
    opened.value.append({ kind, fields: [] })
    await opened.value.close()
    if (kind === 'first') writeFileSync(file, new Uint8Array([0, 0, 0, 99, 1, 2]), { flag: 'a' })
  }
  const read = readRecords(file)
  expect(read.ok && read.value.entries.map(({ kind }) => kind)).toEqual(kinds)
  expect(statSync(file).mode & 0o777).toBe(0o600)
})

it.each([
  { what: 'is not there', path: 'nothing', message: 'there is no such file' },
  { what: 'is a directory', path: '.', message: 'it is a directory' },
  { what: 'is empty', path: 'empty', message: 'holds no run of a node' },
])('a replay says of a recording that it $what', async ({ path, message }) => {
  writeFileSync(join(directory, 'empty'), '')
  const replayed = await replayRecording(join(directory, path), { genesisPath: null, onBlock: ignored })
  expect(messageOf(replayed)).toContain(message)
  expect(existsSync(join(directory, 'nothing'))).toBe(false)
})
