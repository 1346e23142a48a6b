/** A node that is recorded into one file through several starts. */
import { statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, it } from 'vitest'
import { readRecords } from '../../../src/node/recording/record-file.ts'
import { replayRecording } from '../../../src/node/recording/replay.ts'
import { filesOf, type JournalFiles, readSession } from '../../../src/node/recording/session.ts'
import { NodeFiles } from '../../../src/storage/node-files/node-files.ts'
import { loneValidator, runToBlock1 } from './lone-validator.ts'

it('writes down of its journal what the session before has not, and all of it is replayed', async () => {
  const config = await loneValidator()
  const recordPath = join(dirname(config.dataDir), 'recording')
  const sizes: number[] = []
  for (let run = 0; run < 4; run++) {
    await runToBlock1({ ...config, recordPath })
    sizes.push(statSync(recordPath).size)
  }
  const files = new NodeFiles(join(config.dataDir, 'journal'))
  const journal = filesOf(files)
  files.close()
  const length = [...journal.values()].reduce((sum, bytes) => sum + bytes.length, 0)
  // The runs but the first two begin with a journal that the file has already.
  expect(length).toBeGreaterThan(500)
  const [, second = 0, third = 0, fourth = 0] = sizes
  expect(third - second).toBeLessThan(length)
  const read = readRecords(recordPath)
  if (!read.ok) throw new Error(read.error.message)
  let last: JournalFiles = new Map()
  for (const { kind, fields } of read.value.entries) if (kind === 'session') last = readSession(fields, last).journal
  expect(last).toEqual(journal)
  expect(fourth).toBeGreaterThan(third)
  const replayed = await replayRecording(recordPath, { genesisPath: null, onBlock: () => undefined })
  expect(replayed).toMatchObject({ ok: true, value: { sessions: 4, difference: null } })
})
