/**
 * A data directory that begins with a snapshot instead of block 1, wherever the snapshot comes from. Everything is
 * made in a draft and moved into place at the end: a crash on the way leaves nothing that a start would trust.
 */
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Rejection } from '../../base/rejection.ts'
import { err, ok, type Result } from '../../base/result.ts'
import { buildGenesisBlock } from '../../ledger/genesis/genesis-block.ts'
import type { StateImport } from '../../replica/snapshot/state-import.ts'
import type { TrustedNetwork } from '../../replica/snapshot/verify-manifest.ts'
import { beginStore } from '../../storage/begin-store.ts'
import { Journal } from '../../storage/journal/journal.ts'
import { BLOCK_RECORD, COMMIT_RECORD, encodeBlockRecord, encodeCommitRecord } from '../../storage/journal-records.ts'
import { LockFile } from '../../storage/node-files/lock-file.ts'
import { NodeFiles } from '../../storage/node-files/node-files.ts'
import { syncNames } from '../../storage/node-files/sync-names.ts'
import type { SnapshotManifest } from '../../sync/snapshot/snapshot-records.ts'
import { type Hash, type Height, idBytes } from '../../types/ids.ts'
import type { NodeConfig } from '../config.ts'
import { chooseRecoverer } from '../crypto/choose-recoverer.ts'
import { EXIT, type Refusal, refusal } from '../exit-codes.ts'
import { readGenesisFile } from '../genesis-file.ts'
import { type Draft, draftPlaces, leftIn, openDraft } from './draft.ts'
import type { BeginningNetwork, ProvenManifest } from './prove-manifest.ts'

export interface BegunChain {
  readonly height: Height
  readonly blockHash: Hash
  readonly stateRoot: Hash
  readonly accounts: number
}

export interface StateSink {
  readonly state: StateImport
  /** Resolves when there is room for more: what was taken is on its way to the disk. */
  readonly room: () => Promise<void>
}

/** Where a snapshot comes from. What a rejection ignores may be otherwise later. */
export interface SnapshotSource {
  readonly lanes: number
  /** Whether what was taken of a state before the source failed is kept for the next attempt. */
  readonly isResumed: boolean
  /** `left`: what an earlier attempt has a part of. The rejection says what is wrong, for a person. */
  readonly manifest: (left: ProvenManifest | null) => Promise<Result<ProvenManifest, Rejection>>
  readonly fill: (sink: StateSink, proven: ProvenManifest) => Promise<Result<void, Rejection>>
}

const SEGMENT_BYTES = 64 * 1024 * 1024
/** BOUND: bytes on their way to the disk. */
const PENDING_BYTES_MAX = 32 * 1024 * 1024

/** `onStep`: one line for a person for each thing that has been proven. */
export async function beginChain(
  config: NodeConfig,
  open: (network: BeginningNetwork) => Promise<Result<SnapshotSource, Refusal>>,
  onStep: (line: string) => void,
): Promise<Result<BegunChain, Refusal>> {
  const { dataDir } = config
  const parsed = await readGenesisFile(config.genesisPath, config.modules, join(dataDir, 'modules'))
  if (!parsed.ok) return parsed
  const { genesis, registry } = parsed.value
  const { recoverer } = await chooseRecoverer()
  const network = { genesis, block: buildGenesisBlock(genesis, registry), verifier: recoverer, recoverer }
  const lock = LockFile.acquire(join(dataDir, 'LOCK'))
  if (!lock.ok) return err(refusal(`the data directory is in use: ${lock.error.message}`, EXIT.retry))
  try {
    for (const name of ['journal', 'state'])
      if (existsSync(join(dataDir, name)))
        return err(refusal(`${dataDir} holds a chain already: remove its journal and state to begin with a snapshot`))
    const source = await open(network)
    if (!source.ok) return source
    onStep(`genesis ${network.block.block.hash}`)
    const begun = await beginWith(source.value, dataDir, network, onStep)
    return begun.ok ? begun : err(refusal(begun.error.message, exitCodeOf(begun.error)))
  } finally {
    lock.value.release()
  }
}

function exitCodeOf({ verdict }: Rejection): number {
  return verdict === 'ignore' ? EXIT.retry : EXIT.refused
}

async function beginWith(
  source: SnapshotSource,
  dataDir: string,
  network: BeginningNetwork,
  onStep: (line: string) => void,
): Promise<Result<BegunChain, Rejection>> {
  const places = draftPlaces(dataDir)
  const proven = await source.manifest(source.isResumed ? leftIn(places, network) : null)
  if (!proven.ok) return proven
  const { block, sets } = proven.value.verified
  const { height, stateRoot, consensus } = block.header
  onStep(`${sets.length} validator set(s), each named by the one before, up to epoch ${consensus.epoch}`)
  onStep(`block ${height} ${block.hash}, final by a quorum of epoch ${consensus.epoch}`)
  onStep(`state root ${stateRoot}`)
  let isKept = false
  try {
    const draft = await openDraft(places, proven.value.manifest, source, onStep)
    const accounts = await build(draft, places.journal, source, proven.value, network)
    isKept = !accounts.ok && source.isResumed
    if (!accounts.ok) return accounts
    onStep(`all of the state, ${accounts.value} accounts`)
    // Between the two a crash leaves a journal that is refused for want of its state.
    renameSync(places.journal, join(dataDir, 'journal'))
    renameSync(places.state, join(dataDir, 'state'))
    syncNames(dataDir)
    return ok({ height, blockHash: block.hash, stateRoot, accounts: accounts.value })
  } finally {
    // What cannot be written or read any more does not get better by being gone on with.
    if (!isKept) rmSync(places.draft, { recursive: true, force: true })
  }
}

/** How many accounts there are. */
async function build(
  { store, state }: Draft,
  journal: string,
  source: SnapshotSource,
  proven: ProvenManifest,
  network: TrustedNetwork,
): Promise<Result<number, Rejection>> {
  try {
    const room = async (): Promise<void> => {
      if (store.pendingBytes > PENDING_BYTES_MAX) await store.flush()
    }
    const filled = await source.fill({ state, room }, proven)
    if (!filled.ok) return filled
    await store.flush()
    const start = await writeJournal(journal, proven, network.block.block.hash)
    state.finish()
    beginStore(store, network.block.block, { ...start, final: proven.final, sets: proven.verified.sets })
    await store.flush()
    return ok(state.accountsCount)
  } finally {
    await store.close()
  }
}

async function writeJournal(path: string, { manifest, final }: ProvenManifest, genesisHash: Hash) {
  rmSync(path, { recursive: true, force: true })
  mkdirSync(path, { recursive: true, mode: 0o700 })
  const files = new NodeFiles(path)
  try {
    const options = { genesisHash: idBytes(genesisHash), segmentBytes: SEGMENT_BYTES, fromSegment: 1, reliedOn: null }
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
