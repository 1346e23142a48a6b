/**
 * `tertia snapshot import`: a data directory that begins with a snapshot instead of block 1. Everything is made
 * beside its place and moved there at the end: a crash on the way leaves nothing that a start would trust.
 */
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Rejection } from '../../base/rejection.ts'
import { err, ok, type Result } from '../../base/result.ts'
import type { Recoverer } from '../../crypto/secp256k1.ts'
import { buildGenesisBlock } from '../../ledger/genesis/genesis-block.ts'
import { StateImport } from '../../replica/snapshot/state-import.ts'
import { type TrustedNetwork, type VerifiedManifest, verifyManifest } from '../../replica/snapshot/verify-manifest.ts'
import { verifyReceipts } from '../../replica/snapshot/verify-receipts.ts'
import { ChainStore } from '../../storage/chain-store.ts'
import { Journal } from '../../storage/journal/journal.ts'
import { BLOCK_RECORD, COMMIT_RECORD, encodeBlockRecord, encodeCommitRecord } from '../../storage/journal-records.ts'
import { LevelStore } from '../../storage/level/level-store.ts'
import { LockFile } from '../../storage/node-files/lock-file.ts'
import { NodeFiles } from '../../storage/node-files/node-files.ts'
import { decodeManifest, decodeStateRecord, type SnapshotManifest } from '../../sync/snapshot/snapshot-records.ts'
import type { FinalBlock } from '../../types/final-block.ts'
import { type Hash, type Height, idBytes } from '../../types/ids.ts'
import { chooseRecoverer } from '../choose-recoverer.ts'
import type { NodeConfig } from '../config.ts'
import { EXIT, type Refusal, refusal } from '../exit-codes.ts'
import { readGenesisFile } from '../genesis-file.ts'
import { SnapshotReader } from './snapshot-file.ts'

export interface ImportedSnapshot {
  readonly height: Height
  readonly blockHash: Hash
  readonly stateRoot: Hash
  readonly accounts: number
}

const CACHE_BYTES = 64 * 1024 * 1024
const SEGMENT_BYTES = 64 * 1024 * 1024
/** BOUND: bytes on their way to the disk. */
const PENDING_BYTES_MAX = 32 * 1024 * 1024
const RECORDS_PER_STEP = 100

/** `onStep`: one line for a person for each thing that has been proven. */
export async function importSnapshot(
  config: NodeConfig,
  file: string,
  onStep: (line: string) => void,
): Promise<Result<ImportedSnapshot, Refusal>> {
  const { dataDir } = config
  const parsed = await readGenesisFile(config.genesisPath, config.modules, join(dataDir, 'modules'))
  if (!parsed.ok) return parsed
  const { genesis, registry } = parsed.value
  const block = buildGenesisBlock(genesis, registry)
  const { recoverer } = await chooseRecoverer()
  const lock = LockFile.acquire(join(dataDir, 'LOCK'))
  if (!lock.ok) return err(refusal(`the data directory is in use: ${lock.error.message}`, EXIT.retry))
  try {
    for (const name of ['journal', 'state'])
      if (existsSync(join(dataDir, name)))
        return err(refusal(`${dataDir} holds a chain already: remove its journal and state to begin with a snapshot`))
    if (!existsSync(file)) return err(refusal(`there is no file ${file}`, EXIT.failed))
    const reader = new SnapshotReader(file)
    try {
      const imported = await importInto(dataDir, reader, { genesis, block, verifier: recoverer }, recoverer, onStep)
      return imported.ok ? imported : err(refusal(`${file} is refused: ${imported.error.message}`))
    } finally {
      reader.close()
    }
  } finally {
    lock.value.release()
  }
}

async function importInto(
  dataDir: string,
  reader: SnapshotReader,
  network: TrustedNetwork,
  recoverer: Recoverer,
  onStep: (line: string) => void,
): Promise<Result<ImportedSnapshot, Rejection>> {
  const manifest = readManifest(reader)
  if (!manifest.ok) return manifest
  onStep(`genesis ${network.block.block.hash}`)
  const verified = verifyManifest(manifest.value, network)
  if (!verified.ok) return verified
  const { block, sets } = verified.value
  const { height, stateRoot, consensus } = block.header
  onStep(`${sets.length} validator set(s), each named by the one before, up to epoch ${consensus.epoch}`)
  onStep(`block ${height} ${block.hash}, final by a quorum of epoch ${consensus.epoch}`)
  const executed = verifyReceipts(block, manifest.value.receipts, network.genesis, recoverer)
  if (!executed.ok) return executed
  const final: FinalBlock = { block, ...executed.value, finality: manifest.value.finality }
  onStep(`state root ${stateRoot}`)
  const drafts = { state: join(dataDir, 'state.draft'), journal: join(dataDir, 'journal.draft') }
  for (const draft of Object.values(drafts)) rmSync(draft, { recursive: true, force: true })
  try {
    const accounts = await build(
      drafts,
      reader,
      { manifest: manifest.value, verified: verified.value, final },
      network,
      onStep,
    )
    if (!accounts.ok) return accounts
    // In this order: a journal of one block alone is as good as none, a state without journal refused.
    renameSync(drafts.journal, join(dataDir, 'journal'))
    renameSync(drafts.state, join(dataDir, 'state'))
    return ok({ height, blockHash: block.hash, stateRoot, accounts: accounts.value })
  } finally {
    for (const draft of Object.values(drafts)) rmSync(draft, { recursive: true, force: true })
  }
}

function readManifest(reader: SnapshotReader): Result<SnapshotManifest, Rejection> {
  const first = reader.checkFirstLine()
  if (!first.ok) return first
  const record = reader.next()
  return record.ok ? decodeManifest(record.value ?? new Uint8Array(0)) : record
}

interface Proven {
  readonly manifest: SnapshotManifest
  readonly verified: VerifiedManifest
  readonly final: FinalBlock
}

/** How many accounts there are. */
async function build(
  drafts: { readonly state: string; readonly journal: string },
  reader: SnapshotReader,
  proven: Proven,
  network: TrustedNetwork,
  onStep: (line: string) => void,
): Promise<Result<number, Rejection>> {
  const fail = (error: Error): never => {
    throw error
  }
  const opened = await LevelStore.open(drafts.state, { cacheBytes: CACHE_BYTES, onFailure: fail, create: true })
  if (!opened.ok) return opened
  const store = opened.value
  try {
    const accounts = await importState(store, reader, proven, onStep)
    if (!accounts.ok) return accounts
    await store.flush()
    const start = await writeJournal(drafts.journal, proven, network.block.block.hash)
    ChainStore.beginAt(store, network.block.block, { ...start, final: proven.final, sets: proven.verified.sets })
    await store.flush()
    return accounts
  } finally {
    await store.close()
  }
}

async function importState(
  store: LevelStore,
  reader: SnapshotReader,
  { final }: Proven,
  onStep: (line: string) => void,
): Promise<Result<number, Rejection>> {
  const { height, stateRoot } = final.block.header
  const state = new StateImport(store, height, stateRoot)
  for (let records = 1; ; records++) {
    const bytes = reader.next()
    if (!bytes.ok) return bytes
    if (bytes.value === null) break
    const record = decodeStateRecord(bytes.value)
    const taken = record.ok ? state.take(record.value) : record
    if (!taken.ok) return err({ ...taken.error, message: `record ${records}: ${taken.error.message}` })
    if (records % RECORDS_PER_STEP === 0) onStep(`${records} records of the state, ${state.accountsCount} accounts`)
    if (store.pendingBytes > PENDING_BYTES_MAX) await store.flush()
  }
  if (!state.isComplete)
    return err({
      code: 'badSnapshot',
      message: 'it ends before the state is complete: fetch the file again',
      verdict: 'reject',
    })
  onStep(`all of the state, ${state.accountsCount} accounts`)
  return ok(state.accountsCount)
}

async function writeJournal(path: string, { manifest, final }: Proven, genesisHash: Hash) {
  mkdirSync(path, { recursive: true, mode: 0o700 })
  const files = new NodeFiles(path)
  try {
    const options = { genesisHash: idBytes(genesisHash), segmentBytes: SEGMENT_BYTES, fromSegment: 1 }
    const journal = Journal.open(files, options, () => undefined)
    if (!journal.ok) throw new Error(journal.error.message)
    const { value } = journal
    const proof = (height: Height, finality: SnapshotManifest['finality']) =>
      value.append(COMMIT_RECORD, encodeCommitRecord(height, finality))
    const ends = manifest.links.map(({ end: { header, finality } }) => ({
      header,
      finalityPosition: proof(header.height, finality),
    }))
    const position = value.append(BLOCK_RECORD, encodeBlockRecord(final.block))
    const finalityPosition = proof(final.block.header.height, manifest.finality)
    await new Promise<void>((resolve, reject) => {
      value.sync((failure) => (failure === undefined ? resolve() : reject(failure)))
    })
    return { ends, position, finalityPosition }
  } finally {
    files.close()
  }
}
