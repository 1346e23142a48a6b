/**
 * A validator's key with what it has signed: opened together or not at all (docs/operations.md, "The
 * signing record").
 */
import { join } from 'node:path'
import { err, ok, type Result } from '../../base/result.ts'
import { epochAtTip } from '../../replica/epoch-context.ts'
import { type OpenedChain, openSigning } from '../../replica/open-replica.ts'
import type { OwnKey } from '../../replica/own-key.ts'
import type { FileDirectory } from '../../storage/file-port.ts'
import { LockFile } from '../../storage/node-files/lock-file.ts'
import { NodeFiles } from '../../storage/node-files/node-files.ts'
import type { Genesis } from '../../types/genesis.ts'
import type { NodeConfig } from '../config.ts'
import { EXIT, type Refusal, refusal } from '../exit-codes.ts'
import { epochReader } from '../replica-config.ts'
import type { Resources } from '../resources.ts'
import { chooseSigner } from './choose-signer.ts'
import { unlockConsensusKey } from './key-file.ts'
import { signingRecordPlace } from './signing-record-file.ts'

export interface KeySurroundings {
  readonly config: NodeConfig
  readonly genesis: Genesis
  readonly chain: OpenedChain
  readonly resources: Resources
  readonly watch: (files: FileDirectory) => FileDirectory
  /** Told of each key that is held later than from the beginning, before anything is signed with it. */
  readonly onKey: (key: OwnKey) => void
}

const WAYS_OUT = 'put back the record that belongs to the key, or follow the chain with "tertia start --observe"'

/** Locked until the node ends, so that no other process signs with it. */
export function openKey(path: string, surroundings: KeySurroundings): Result<OwnKey, Refusal> {
  const { config, genesis, chain, resources, watch } = surroundings
  const unlocked = unlockConsensusKey(path, config)
  if (!unlocked.ok) return unlocked
  const callSigner = chooseSigner(unlocked.value)
  const { publicKey } = callSigner
  const { directory, name } = signingRecordPlace(path)
  const lock = LockFile.acquire(join(directory, `${name}.lock`))
  if (!lock.ok) return err(refusal(`the consensus key is in use: ${lock.error.message}`, EXIT.retry))
  resources.add(() => lock.value.release())
  const files = new NodeFiles(directory)
  resources.add(() => files.close())
  const context = epochAtTip(
    chain.store,
    epochReader(genesis, () => [publicKey]),
  )
  const signing = openSigning(watch(files), name, chain, context)
  if (!signing.ok) return err(refusal(`signing would not be safe: ${signing.error.message}; ${WAYS_OUT}`))
  const signer = { sign: (digest: Uint8Array) => callSigner.sign(digest).signature }
  return ok({ publicKey, signer, callSigner, signingRecord: signing.value })
}
