/**
 * A validator's key with what it has signed: opened together or not at all (docs/operations.md, "The
 * signing record").
 */
import { join } from 'node:path'
import { err, ok, type Result } from '../base/result.ts'
import { type EpochReader, epochAtTip } from '../replica/epoch-context.ts'
import { type OpenedChain, openSigning } from '../replica/open-replica.ts'
import type { FileDirectory } from '../storage/file-port.ts'
import { LockFile } from '../storage/node-files/lock-file.ts'
import { NodeFiles } from '../storage/node-files/node-files.ts'
import type { SigningRecord } from '../storage/signing-record.ts'
import type { NodeConfig } from './config.ts'
import { EXIT, type Refusal, refusal } from './exit-codes.ts'
import { publicKeyOf, unlockConsensusKey } from './key-file.ts'
import type { Resources } from './resources.ts'
import { signingRecordPlace } from './signing-record-file.ts'

export interface ValidatorKey {
  readonly privateKey: Uint8Array
  /** 33 bytes. */
  readonly publicKey: Uint8Array
  readonly signingRecord: SigningRecord
}

const WAYS_OUT = 'put back the record that belongs to the key, or follow the chain with "tertia start --observe"'

/** Null when the node has no key: then it observes for ever. With one that is no validator's it observes until it is. */
export function openKey(
  config: NodeConfig,
  chain: OpenedChain,
  reader: (consensusKey: Uint8Array) => EpochReader,
  resources: Resources,
  watch: (files: FileDirectory) => FileDirectory,
): Result<ValidatorKey | null, Refusal> {
  if (config.consensusKeyPath === null) return ok(null)
  const unlocked = unlockConsensusKey(config.consensusKeyPath, config)
  if (!unlocked.ok) return unlocked
  const { consensusKey: publicKey } = publicKeyOf(unlocked.value)
  const context = epochAtTip(chain.store, reader(publicKey))
  const { directory, name } = signingRecordPlace(config.consensusKeyPath)
  const lock = LockFile.acquire(join(directory, `${name}.lock`))
  if (!lock.ok) return err(refusal(`the consensus key is in use: ${lock.error.message}`, EXIT.retry))
  resources.add(() => lock.value.release())
  const files = new NodeFiles(directory)
  resources.add(() => files.close())
  const signing = openSigning(watch(files), name, chain, context)
  if (!signing.ok) return err(refusal(`signing would not be safe: ${signing.error.message}; ${WAYS_OUT}`))
  return ok({ privateKey: unlocked.value, publicKey, signingRecord: signing.value })
}
