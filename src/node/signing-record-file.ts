/**
 * Where the signing record of a consensus key lies, and how it comes into being: once, for a key
 * that has signed nothing yet (docs/operations.md, "The signing record").
 */
import { basename, dirname, resolve } from 'node:path'
import { err, ok, type Result } from '../base/result.ts'
import { NodeFiles } from '../storage/node-files/node-files.ts'
import { SigningRecord } from '../storage/signing-record.ts'
import type { StorageFailure } from '../storage/storage-failure.ts'
import { rootQc } from '../types/certificate.ts'
import { type Hash, idBytes } from '../types/ids.ts'
import { encodeSafetyRecord, freshSafetyRecord } from '../types/safety-record.ts'
import { type Refusal, refusal } from './exit-codes.ts'

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
    const payload = encodeSafetyRecord(freshSafetyRecord(FIRST_EPOCH, rootQc(FIRST_EPOCH, genesisHash)))
    const failure = await new Promise<StorageFailure | undefined>((resolve) => {
      SigningRecord.create(files, name, idBytes(genesisHash), payload, resolve)
    })
    return failure === undefined ? ok(null) : err(refusal(`cannot make ${name}: ${failure.message}`))
  } finally {
    files.close()
  }
}
