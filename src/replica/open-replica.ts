/**
 * From what lies on disk to what a replica starts with (docs/consensus.md, "After a crash").
 * Refuses wherever going on could lose what is final or sign what was signed otherwise.
 */
import { isPlanted } from '../base/planted-bug.ts'
import { type Rejection, rejection } from '../base/rejection.ts'
import { err, ok, type Result } from '../base/result.ts'
import { DecodeError } from '../codec/decode-error.ts'
import type { GenesisBlock } from '../ledger/genesis/genesis-block.ts'
import { leaderSchedule } from '../ledger/leader-schedule.ts'
import { wordsIn } from '../ledger/storage-words.ts'
import { scheduleOfEpoch } from '../ledger/system/epoch-schedule.ts'
import { SYSTEM_ADDRESS } from '../ledger/system/system-account.ts'
import { WorldState } from '../ledger/world-state.ts'
import { ChainStore } from '../storage/chain-store.ts'
import type { FileDirectory } from '../storage/file-port.ts'
import { Journal } from '../storage/journal/journal.ts'
import { segmentName } from '../storage/journal/segment.ts'
import type { KeyValueStore } from '../storage/key-value-store.ts'
import { SigningRecord } from '../storage/signing-record.ts'
import type { CommitCertificate, QuorumCertificate } from '../types/certificate.ts'
import { type Hash, idBytes } from '../types/ids.ts'
import { decodeSafetyRecord, type SafetyRecord } from '../types/safety-record.ts'
import { signersOf } from '../types/signer-bitmap.ts'
import type { ValidatorSet } from '../types/validator-set.ts'
import { RecoveredChain } from './recovered-chain.ts'

export interface OpenedChain {
  readonly journal: Journal
  readonly store: ChainStore
  readonly recovered: RecoveredChain
}

export interface OpenedSigning {
  readonly signingRecord: SigningRecord
  readonly safetyRecord: SafetyRecord
}

const SEGMENT_BYTES = 64 * 1024 * 1024

/** An empty store is filled anew from the journal, or begins with genesis when that is empty too. */
export function openChain(
  store: KeyValueStore,
  journalFiles: FileDirectory,
  genesis: GenesisBlock,
): Result<OpenedChain, Rejection> {
  if (ChainStore.readTip(store) === undefined)
    ChainStore.initialise(store, genesis.block, genesis.state.changesSince(WorldState.empty()))
  const tip = ChainStore.readTip(store) ?? { height: 0, hash: genesis.block.hash, position: null }
  const recovered = new RecoveredChain(tip)
  // Blocks above the tip may have been stored just before it, across the end of a segment.
  const fromSegment = Math.max(1, (tip.position?.segment ?? 1) - 1)
  const options = { genesisHash: idBytes(genesis.block.hash), segmentBytes: SEGMENT_BYTES, fromSegment }
  if (tip.position !== null && !journalFiles.list().includes(segmentName(tip.position.segment)))
    return err(
      rejection('journalMissing', 'the state is there but its journal is not: put the journal back, or remove both'),
    )
  const journal = Journal.open(journalFiles, options, (type, payload, position) =>
    recovered.visit(type, payload, position),
  )
  if (!journal.ok) return journal
  const chain = ChainStore.open(store, journal.value, genesis.block)
  return chain.ok ? ok({ journal: journal.value, store: chain.value, recovered }) : chain
}

/** The leaders of the epoch that begins on `rootHash`, from the state of the tip. */
export function scheduleAtTip(store: ChainStore, set: ValidatorSet, rootHash: Hash): readonly number[] {
  const state = store.stateAt(store.tip.header.height) ?? WorldState.empty()
  const { validators, weights, seed } = scheduleOfEpoch(wordsIn(state, SYSTEM_ADDRESS), set.epoch, rootHash)
  return leaderSchedule(validators, weights, seed, set.quorum)
}

/** Opens what allows validator `self` to sign; `name` is the file's. */
export function openSigning(
  files: FileDirectory,
  name: string,
  chain: OpenedChain,
  set: ValidatorSet,
  self: number,
): Result<OpenedSigning, Rejection> {
  const opened = SigningRecord.open(files, name, idBytes(chain.store.genesisHash))
  if (!opened.ok) return opened
  const safetyRecord = readRecord(opened.value.payload)
  if (!safetyRecord.ok) return safetyRecord
  const forgotten = whatIsForgotten(safetyRecord.value, chain, set, self)
  if (forgotten === null) return ok({ signingRecord: opened.value, safetyRecord: safetyRecord.value })
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

/** Our own signatures in the journal that the record does not know of; null when it knows them all. */
function whatIsForgotten(record: SafetyRecord, chain: OpenedChain, set: ValidatorSet, self: number): string | null {
  const { store, recovered } = chain
  const address = set.at(self)?.address
  const tipBlock = store.block(store.tip.header.height)
  const blocks = [...recovered.blocks, ...(tipBlock === undefined ? [] : [tipBlock])]
  const tipCertificate = store.certificate(store.tip.header.height)
  const certificates: CommitCertificate[] = [...recovered.certificates]
  if (tipCertificate !== null) certificates.push(tipCertificate)
  // A block of ours that nobody has answered to may have been stored just before the record that was to allow it.
  const answers = [...blocks.map((block) => block.justify), ...certificates]
  const answered = new Set([store.tip.hash, ...answers.map(({ blockHash }) => blockHash)])
  for (const { hash, header, justify } of blocks) {
    const { epoch, view } = header.consensus
    if (epoch !== set.epoch) continue
    const isProof = answered.has(hash) || (__CANARIES__ && isPlanted('own-block-taken-for-proof'))
    if (header.miner === address && view > record.lastProposedView && isProof) return `a proposal in view ${view}`
    if (signed(justify, self) && justify.view > record.lastVotedView) return `a vote in view ${justify.view}`
  }
  for (const certificate of certificates)
    if (certificate.epoch === set.epoch && signed(certificate, self) && certificate.view > lastCommitView(record))
      return `a commit vote in view ${certificate.view}`
  return null
}

function signed(certificate: QuorumCertificate | CommitCertificate, self: number): boolean {
  return signersOf(certificate.bitmap).includes(self)
}

function lastCommitView(record: SafetyRecord): number {
  return record.lastCommitVote?.view ?? 0
}
