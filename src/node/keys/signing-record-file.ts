/**
 * Where the signing record of a consensus key lies, and how it comes into being: once, for a key
 * that has signed nothing yet (docs/operations.md, "The signing record").
 */
import { rmSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { err, ok, type Result } from '../../base/result.ts'
import type { SyncDone } from '../../storage/file-port.ts'
import { draftOf, nameDraft } from '../../storage/node-files/draft-file.ts'
import { NodeFiles } from '../../storage/node-files/node-files.ts'
import { attempt } from '../../storage/node-files/system-failure.ts'
import { SigningRecord } from '../../storage/signing-record.ts'
import { StorageFailure } from '../../storage/storage-failure.ts'
import { rootQc } from '../../types/certificate.ts'
import { type Hash, idBytes } from '../../types/ids.ts'
import { encodeSafetyRecord, freshSafetyRecord } from '../../types/safety-record.ts'
import { type Refusal, refusal } from '../exit-codes.ts'

const FIRST_EPOCH = 1

export interface SigningRecordPlace {
  readonly directory: string
  readonly name: string
}

export function signingRecordPlace(consensusKeyPath: string): SigningRecordPlace {
  const path = resolve(consensusKeyPath)
  return { directory: dirname(path), name: `${basename(path)}.signing` }
}

/** Leaves a record of the same network as it is; refuses one of another. */
export async function createSigningRecord(consensusKeyPath: string, genesisHash: Hash): Promise<Result<null, Refusal>> {
  const { directory, name } = signingRecordPlace(consensusKeyPath)
  const files = new NodeFiles(directory)
  try {
    if (files.list().includes(name)) {
      const opened = SigningRecord.open(files, name, idBytes(genesisHash))
      return opened.ok ? ok(null) : err(refusal(`${opened.error.message}: make a new key with "tertia keys new"`))
    }
    await makeRecord(files, name, genesisHash)
    return ok(null)
  } catch (error) {
    if (!(error instanceof StorageFailure)) throw error
    return err(refusal(`cannot make ${name}: ${error.message}`))
  } finally {
    files.close()
  }
}

/** Complete or absent: half a record is taken for one that was damaged, for good. */
async function makeRecord(files: NodeFiles, name: string, genesisHash: Hash): Promise<void> {
  const path = join(files.path, name)
  const draft = draftOf(path)
  const payload = encodeSafetyRecord(freshSafetyRecord(FIRST_EPOCH, rootQc(FIRST_EPOCH, genesisHash)))
  try {
    await settled((done) => SigningRecord.create(files, basename(draft), idBytes(genesisHash), payload, done))
    attempt(`naming ${name}`, () => nameDraft(draft, path))
    await settled((done) => files.syncDirectory(done))
  } finally {
    rmSync(draft, { force: true })
  }
}

/** Rejects with the StorageFailure. */
function settled(action: (done: SyncDone) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    action((failure) => (failure === undefined ? resolve() : reject(failure)))
  })
}
