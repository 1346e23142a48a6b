/** Opens a node's data directory: lock, then state database and journal. */
import { existsSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Logger } from '../base/logger.ts'
import type { Rejection } from '../base/rejection.ts'
import { err, ok, type Result } from '../base/result.ts'
import type { GenesisBlock } from '../ledger/genesis/genesis-block.ts'
import { type OpenedChain, openChain } from '../replica/open-replica.ts'
import type { FileDirectory } from '../storage/file-port.ts'
import { LevelStore } from '../storage/level/level-store.ts'
import { LockFile } from '../storage/node-files/lock-file.ts'
import { NodeFiles } from '../storage/node-files/node-files.ts'
import { makeDirectory, syncNames } from '../storage/node-files/sync-names.ts'
import { anewState, damagedJournal, damagedState } from './damage.ts'
import { EXIT, type Refusal, refusal } from './exit-codes.ts'
import type { Resources } from './resources.ts'

const DATABASE_CACHE_BYTES = 64 * 1024 * 1024
/** Refusals of the database that rebuilding it from the journal mends (docs/ledger.md, "State on disk"). */
const REBUILDABLE = new Set(['database-missing', 'database-unreadable', 'database-incomplete'])

export interface DiskUse {
  readonly logger: Logger
  readonly resources: Resources
  readonly onFailure: (error: Error) => void
  /** What the journal is read and written through. */
  readonly watch: (files: FileDirectory) => FileDirectory
  /** Whether a state that is damaged is thrown away, for a node that makes it anew. */
  readonly mayRebuild: boolean
}

/** Of a directory that is locked. */
export async function openDisk(
  dataDir: string,
  genesis: GenesisBlock,
  use: DiskUse,
): Promise<Result<OpenedChain, Refusal>> {
  const { logger, resources, watch } = use
  const database = await openDatabase(join(dataDir, 'state'), use)
  if (!database.ok) return database
  resources.add(() => database.value.close())
  const files = new NodeFiles(join(dataDir, 'journal'))
  resources.add(() => files.close())
  // Whoever made journal and state may have been killed before this.
  syncNames(dataDir)
  const chain = openChain(database.value, watch(files), genesis, use.onFailure)
  if (!chain.ok) return err(refused(chain.error, dataDir))
  const { cut } = chain.value.journal
  if (cut !== undefined)
    logger.warn('a torn record at the end of the journal was cut off', { file: cut.file, bytes: cut.bytes })
  return chain
}

function refused({ code, message }: Rejection, dataDir: string): Refusal {
  if (code === 'journal-corrupt') return damagedJournal(message, dataDir)
  if (code === 'storeDamaged') return damagedState(message, dataDir)
  return refusal(`${dataDir}: ${message}${code === 'storeSchema' ? `: ${anewState(dataDir)}` : ''}`)
}

/** Before anything is done that another process on the same directory could be hurt by. */
export function lockDirectory(dataDir: string, resources: Resources): Result<null, Refusal> {
  makeDirectory(dataDir)
  const lock = LockFile.acquire(join(dataDir, 'LOCK'))
  if (!lock.ok) return err(refusal(`the data directory is in use: ${lock.error.message}`, EXIT.retry))
  resources.add(() => lock.value.release())
  return ok(null)
}

/** Derived state on any doubt is thrown away and made again from the journal. */
async function openDatabase(
  path: string,
  { logger, onFailure, mayRebuild }: DiskUse,
): Promise<Result<LevelStore, Refusal>> {
  const options = { cacheBytes: DATABASE_CACHE_BYTES, onFailure }
  const opened = await LevelStore.open(path, { ...options, create: !existsSync(path) })
  if (opened.ok) return opened
  if (!REBUILDABLE.has(opened.error.code)) return err(refusal(opened.error.message, EXIT.retry))
  if (!mayRebuild) return err(refusal(`${opened.error.message}: "tertia start" makes the state anew from the journal`))
  logger.warn('the state database is thrown away and rebuilt from the journal', { reason: opened.error.message })
  putAside(path)
  const rebuilt = await LevelStore.open(path, { ...options, create: true })
  return rebuilt.ok ? ok(rebuilt.value) : err(refusal(rebuilt.error.message))
}

/** BOUND: the first that was damaged, which has most to say of the cause, and the last one. */
function putAside(path: string): void {
  const first = `${path}.damaged`
  const aside = existsSync(first) ? `${first}.again` : first
  rmSync(aside, { recursive: true, force: true })
  renameSync(path, aside)
}
