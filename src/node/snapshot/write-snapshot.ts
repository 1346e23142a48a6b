/** A snapshot as a file, wherever its parts come from. */
import { err, ok, type Result } from '../../base/result.ts'
import { encodeManifest, type SnapshotManifest } from '../../sync/snapshot/snapshot-records.ts'
import { MissingNodeError } from '../../trie/node-source.ts'
import type { Hash, Height } from '../../types/ids.ts'
import { type Refusal, refusal } from '../exit-codes.ts'
import { writeSnapshotFile } from './snapshot-file.ts'

export interface ExportedSnapshot {
  readonly height: Height
  readonly blockHash: Hash
  readonly stateRoot: Hash
  readonly epoch: number
  readonly records: number
  readonly bytes: number
}

/** `state`: the encoded records of the state after the manifest's block. */
export async function writeSnapshot(
  file: string,
  manifest: SnapshotManifest,
  state: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): Promise<Result<ExportedSnapshot, Refusal>> {
  const { hash, header } = manifest.block
  const { height, stateRoot, consensus } = header
  let records = 0
  async function* all(): AsyncGenerator<Uint8Array> {
    yield encodeManifest(manifest)
    for await (const record of state) {
      records += 1
      yield record
    }
  }
  try {
    const bytes = await writeSnapshotFile(file, all())
    return ok({ height, blockHash: hash, stateRoot, epoch: consensus.epoch, records, bytes })
  } catch (error) {
    if (!(error instanceof MissingNodeError)) throw error
    return err(refusal(`the state after block ${height} is no longer kept: take a newer one`))
  }
}
