/**
 * Where a chain is made that begins with a snapshot. What a fetch has verified and stored when it is interrupted, the
 * next one goes on with, if its peers still give that very state (docs/operations.md, "Snapshots").
 */
import { existsSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { StateImport } from '../../replica/snapshot/state-import.ts'
import { LevelStore } from '../../storage/level/level-store.ts'
import { StorageFailure } from '../../storage/storage-failure.ts'
import { decodeManifest, encodeManifest, type SnapshotManifest } from '../../sync/snapshot/snapshot-records.ts'
import type { Hash, Height } from '../../types/ids.ts'
import { type BeginningNetwork, type ProvenManifest, proveManifest } from './prove-manifest.ts'
import { SnapshotReader, writeSnapshotFile } from './snapshot-file.ts'

/** The first holds the others. */
export interface DraftPlaces {
  readonly draft: string
  readonly manifest: string
  readonly state: string
  readonly journal: string
}

export interface Draft {
  readonly store: LevelStore
  readonly state: StateImport
}

const CACHE_BYTES = 64 * 1024 * 1024

export function draftPlaces(dataDir: string): DraftPlaces {
  const draft = join(dataDir, 'snapshot.draft')
  return { draft, manifest: join(draft, 'manifest'), state: join(draft, 'state'), journal: join(draft, 'journal') }
}

/** What an interrupted fetch has a part of, proven anew; null when there is nothing, or nothing that can be proven. */
export function leftIn({ manifest, state }: DraftPlaces, network: BeginningNetwork): ProvenManifest | null {
  if (!existsSync(manifest) || !existsSync(state)) return null
  const reader = new SnapshotReader(manifest)
  try {
    const first = reader.checkFirstLine()
    const record = first.ok ? reader.next() : first
    const decoded = record.ok && record.value !== null ? decodeManifest(record.value) : null
    const proven = decoded?.ok === true ? proveManifest(decoded.value, network) : null
    return proven?.ok === true ? proven.value : null
  } finally {
    reader.close()
  }
}

/** For the state after the manifest's block. Throws the StorageFailure of a disk that does not take it. */
export async function openDraft(
  places: DraftPlaces,
  manifest: SnapshotManifest,
  source: { readonly lanes: number; readonly isResumed: boolean },
  onStep: (line: string) => void,
): Promise<Draft> {
  const { height, stateRoot } = manifest.block.header
  const left =
    source.isResumed && existsSync(places.state) ? await openLeft(places.state, height, stateRoot, source.lanes) : null
  if (left !== null && typeof left !== 'string') {
    onStep(`going on behind ${left.state.accountsCount} accounts that an earlier fetch has proven and stored`)
    return left
  }
  if (left !== null) onStep(`beginning anew: ${left}`)
  rmSync(places.draft, { recursive: true, force: true })
  mkdirSync(places.draft, { mode: 0o700 })
  await writeSnapshotFile(places.manifest, [encodeManifest(manifest)])
  const opened = await openStore(places.state, true)
  if (!opened.ok) throw new StorageFailure('EIO', opened.error.message)
  return { store: opened.value, state: new StateImport(opened.value, height, stateRoot, source.lanes) }
}

/** Or why it is of no use. */
async function openLeft(path: string, height: Height, stateRoot: Hash, lanes: number): Promise<Draft | string> {
  const opened = await openStore(path, false)
  if (!opened.ok) return `what an earlier fetch has left cannot be read (${opened.error.message})`
  const store = opened.value
  const state = StateImport.resume(store, height, stateRoot, lanes)
  if (state !== null) return { store, state }
  await store.close()
  return 'what an earlier fetch has left is of another state than peers give now'
}

function openStore(path: string, create: boolean) {
  // Whoever writes or flushes next is told.
  return LevelStore.open(path, { cacheBytes: CACHE_BYTES, onFailure: () => undefined, create })
}
