/** Begins, or goes on with, the recording that `start --record` asks for. */
import { join } from 'node:path'
import type { Logger } from '../../base/logger.ts'
import { err, ok, type Result } from '../../base/result.ts'
import type { OpenedChain } from '../../replica/open-replica.ts'
import type { OwnKey } from '../../replica/own-key.ts'
import { NodeFiles } from '../../storage/node-files/node-files.ts'
import { type Refusal, refusal } from '../exit-codes.ts'
import type { Resources } from '../resources.ts'
import { RecordWriter } from './record-file.ts'
import { Recorder } from './recorder.ts'
import { filesOf, type JournalFiles, readSession } from './session.ts'

/** Null when nothing is to be recorded. */
export function openRecorder(
  path: string | null,
  logger: Logger,
  resources: Resources,
): Result<Recorder | null, Refusal> {
  if (path === null) return ok(null)
  let before: JournalFiles = new Map()
  const onEnd = (reason: string): void => logger.warn('recording has ended', { file: path, reason })
  const writer = RecordWriter.open(path, onEnd, ({ kind, fields }) => {
    if (kind === 'session') before = readSession(fields, before).journal
  })
  if (!writer.ok) return err(refusal(`${writer.error.message}: name another file with --record`))
  resources.add(() => writer.value.close())
  logger.info('recording', { file: path })
  return ok(new Recorder(writer.value, before))
}

/** What the replica begins with; the journal is read as recovery has left it. */
export function recordStart(
  recorder: Recorder | null,
  start: {
    /** Of the genesis file. */
    readonly text: string
    readonly dataDir: string
    readonly keys: readonly OwnKey[]
    readonly chain: OpenedChain
  },
): void {
  if (recorder === null) return
  const { text, dataDir, keys, chain } = start
  const files = new NodeFiles(join(dataDir, 'journal'))
  recorder.begin({
    genesisText: text,
    keys: keys.map(({ publicKey, signingRecord }) => ({ publicKey, safetyRecord: signingRecord.payload })),
    storeHeight: chain.store.tip.header.height,
    journal: filesOf(files),
  })
  files.close()
}
