/** `tertia snapshot import`: a chain that begins with what `tertia snapshot export` has written. */
import { existsSync } from 'node:fs'
import { type Rejection, rejection } from '../../base/rejection.ts'
import { err, ok, type Result } from '../../base/result.ts'
import { decodeManifest, decodeStateRecord, type SnapshotManifest } from '../../sync/snapshot/snapshot-records.ts'
import type { NodeConfig } from '../config.ts'
import { EXIT, type Refusal, refusal } from '../exit-codes.ts'
import { type BegunChain, beginChain, type StateSink } from './begin-chain.ts'
import { proveManifest } from './prove-manifest.ts'
import { SnapshotReader } from './snapshot-file.ts'

const RECORDS_PER_STEP = 100

/** `onStep`: one line for a person for each thing that has been proven. */
export async function importSnapshot(
  config: NodeConfig,
  file: string,
  onStep: (line: string) => void,
): Promise<Result<BegunChain, Refusal>> {
  if (!existsSync(file)) return err(refusal(`there is no file ${file}`, EXIT.failed))
  const reader = new SnapshotReader(file)
  try {
    return await beginChain(
      config,
      (network) =>
        Promise.resolve(
          ok({
            lanes: 1,
            isResumed: false,
            manifest: () => {
              const manifest = readManifest(reader)
              const proven = manifest.ok ? proveManifest(manifest.value, network) : manifest
              return Promise.resolve(proven.ok ? proven : refused(file, proven.error))
            },
            fill: async (sink) => {
              const filled = await readState(sink, reader, onStep)
              return filled.ok ? filled : refused(file, filled.error)
            },
          }),
        ),
      onStep,
    )
  } finally {
    reader.close()
  }
}

function readManifest(reader: SnapshotReader): Result<SnapshotManifest, Rejection> {
  const first = reader.checkFirstLine()
  if (!first.ok) return first
  const record = reader.next()
  return record.ok ? decodeManifest(record.value ?? new Uint8Array(0)) : record
}

async function readState(
  { state, room }: StateSink,
  reader: SnapshotReader,
  onStep: (line: string) => void,
): Promise<Result<void, Rejection>> {
  for (let records = 1; ; records++) {
    const bytes = reader.next()
    if (!bytes.ok) return bytes
    if (bytes.value === null) break
    const record = decodeStateRecord(bytes.value)
    const taken = record.ok ? state.take(0, record.value) : record
    if (!taken.ok) return err({ ...taken.error, message: `record ${records}: ${taken.error.message}` })
    if (records % RECORDS_PER_STEP === 0) onStep(`${records} records of the state, ${state.accountsCount} accounts`)
    await room()
  }
  if (state.isComplete) return ok(undefined)
  return err(rejection('badSnapshot', 'it ends before the state is complete: fetch the file again'))
}

function refused(file: string, { code, message }: Rejection): { readonly ok: false; readonly error: Rejection } {
  return err(rejection(code, `${file} is refused: ${message}`))
}
