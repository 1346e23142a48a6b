/**
 * From what lies on disk to what a replica starts with (docs/consensus.md, "After a crash").
 * Refuses wherever going on could lose what is final or sign what was signed otherwise.
 */
import { type Rejection, rejection } from '../base/rejection.ts'
import { err, ok, type Result } from '../base/result.ts'
import { DecodeError } from '../codec/decode-error.ts'
import type { GenesisBlock } from '../ledger/genesis/genesis-block.ts'
import { WorldState } from '../ledger/world-state.ts'
import { initialiseStore } from '../storage/begin-store.ts'
import { ChainStore, type StoreParts } from '../storage/chain-store.ts'
import type { FileDirectory } from '../storage/file-port.ts'
import { Journal } from '../storage/journal/journal.ts'
import { segmentName } from '../storage/journal/segment.ts'
import type { KeyValueStore } from '../storage/key-value-store.ts'
import { SigningRecord } from '../storage/signing-record.ts'
import { idBytes } from '../types/ids.ts'
import { decodeSafetyRecord, type SafetyRecord } from '../types/safety-record.ts'
import type { EpochContext } from './epoch-context.ts'
import { RecoveredChain } from './recovered-chain.ts'
import { whatIsForgotten } from './safety-record-of-epoch.ts'

export interface OpenedChain {
  readonly journal: Journal
  readonly store: ChainStore
  readonly recovered: RecoveredChain
}

const SEGMENT_BYTES = 64 * 1024 * 1024
const STATE_MISSING =
  'the journal begins with a snapshot, and the state, which nothing here can make anew, is lost: remove both, and begin again with a snapshot'

/** An empty store is filled anew from the journal, or begins with genesis when that is empty too. */
export function openChain(
  store: KeyValueStore,
  journalFiles: FileDirectory,
  genesis: GenesisBlock,
  onFailure: StoreParts['onFailure'] = () => undefined,
): Result<OpenedChain, Rejection> {
  if (ChainStore.readTip(store) === undefined)
    initialiseStore(store, genesis.block, genesis.state.changesSince(WorldState.empty()), genesis.validators)
  const tip = ChainStore.readTip(store) ?? { height: 0, hash: genesis.block.hash, position: null, reliedOn: null }
  const recovered = new RecoveredChain(tip)
  // Blocks above the tip may have been stored just before it, across the end of a segment.
  const fromSegment = Math.max(1, (tip.position?.segment ?? 1) - 1)
  const { reliedOn } = tip
  const options = { genesisHash: idBytes(genesis.block.hash), segmentBytes: SEGMENT_BYTES, fromSegment, reliedOn }
  if (reliedOn !== null && !journalFiles.list().includes(segmentName(reliedOn.segment)))
    return err(
      rejection('journalMissing', 'the state is there but its journal is not: put the journal back, or remove both'),
    )
  const journal = Journal.open(journalFiles, options, (type, payload, position) =>
    recovered.visit(type, payload, position),
  )
  if (!journal.ok) return journal
  if (tip.height === 0 && recovered.isCutOff) return err(rejection('stateMissing', STATE_MISSING))
  const chain = ChainStore.open({ store, journal: journal.value, genesis: genesis.block, onFailure })
  return chain.ok ? ok({ journal: journal.value, store: chain.value, recovered }) : chain
}

/**
 * Opens what allows this node's key to sign; `name` is the file's. Refuses when the key has signed more
 * in the present epoch than the record knows of.
 */
export function openSigning(
  files: FileDirectory,
  name: string,
  chain: OpenedChain,
  context: EpochContext,
): Result<SigningRecord, Rejection> {
  const opened = SigningRecord.open(files, name, idBytes(chain.store.genesisHash))
  if (!opened.ok) return opened
  const record = readRecord(opened.value.payload)
  if (!record.ok) return record
  const forgotten = whatIsForgotten(record.value, chain.store, chain.recovered, context)
  if (forgotten === null) return opened
  return err(
    rejection('signingRecordOld', `${name} is older than what this key has signed (${forgotten}): was it restored?`),
  )
}

function readRecord(payload: Uint8Array): Result<SafetyRecord, Rejection> {
  try {
    return ok(decodeSafetyRecord(payload))
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    return err(rejection('signingRecordBad', `the signing record cannot be read: ${error.message}`))
  }
}
