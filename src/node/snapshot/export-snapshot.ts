/** `tertia snapshot export` of a node that is stopped: from its data directory. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { silentLogger } from '../../base/logger.ts'
import { err, ok, type Result } from '../../base/result.ts'
import { buildGenesisBlock } from '../../ledger/genesis/genesis-block.ts'
import { manifestOf } from '../../replica/snapshot/manifest-of.ts'
import type { ChainStore } from '../../storage/chain-store.ts'
import type { FileDirectory } from '../../storage/file-port.ts'
import { cutState } from '../../sync/snapshot/cut-state.ts'
import { encodeStateRecord, type SnapshotManifest } from '../../sync/snapshot/snapshot-records.ts'
import type { Height } from '../../types/ids.ts'
import type { NodeConfig } from '../config.ts'
import { damageOf } from '../damage.ts'
import { type Refusal, refusal } from '../exit-codes.ts'
import { readGenesisFile } from '../genesis-file.ts'
import { lockDirectory, openDisk } from '../open-disk.ts'
import { Resources } from '../resources.ts'
import { type ExportedSnapshot, writeSnapshot } from './write-snapshot.ts'

/** BOUND: how far back from the tip a block with a proof of its own is sought: as far as states are kept. */
const HEIGHTS_MAX = 256

/** `height` null: the newest final block with a proof of its own. */
export async function exportSnapshot(
  config: NodeConfig,
  file: string,
  height: Height | null,
): Promise<Result<ExportedSnapshot, Refusal>> {
  const genesis = await readGenesisFile(config.genesisPath, config.modules, join(config.dataDir, 'modules'))
  if (!genesis.ok) return genesis
  const resources = new Resources()
  try {
    const block = buildGenesisBlock(genesis.value.genesis, genesis.value.registry)
    // Opening makes what is not there.
    for (const name of ['journal', 'state'])
      if (!existsSync(join(config.dataDir, name)))
        return err(refusal(`${config.dataDir} holds no chain: it has no ${name}, which "tertia start" makes`))
    const locked = lockDirectory(config.dataDir, resources)
    if (!locked.ok) return locked
    const use = { logger: silentLogger, resources, onFailure: told, watch: unwatched, mayRebuild: false }
    const chain = await openDisk(config.dataDir, block, use)
    if (!chain.ok) return chain
    const { store } = chain.value
    const manifest = manifestAt(store, height)
    if (!manifest.ok) return manifest
    return await writeSnapshot(file, manifest.value, encodedState(manifest.value, store))
  } catch (error) {
    const damage = damageOf(error, config.dataDir)
    if (damage === null) throw error
    return err(damage)
  } finally {
    await resources.closeAll()
  }
}

/** Whoever reads is told as well. */
function told(): void {}

function unwatched(files: FileDirectory): FileDirectory {
  return files
}

function* encodedState({ block }: SnapshotManifest, store: ChainStore): Generator<Uint8Array> {
  for (const record of cutState(block.header.stateRoot, store.stateSource)) yield encodeStateRecord(record)
}

function manifestAt(store: ChainStore, wanted: Height | null): Result<SnapshotManifest, Refusal> {
  const height = wanted ?? newestProven(store)
  const final = height < 1 ? undefined : store.finalBlock(height)
  if (final === undefined)
    return err(
      refusal(`there is no final block ${height} here: the chain of this node ends at ${store.tip.header.height}`),
    )
  if (final.finality === null)
    return err(refusal(`block ${height} has no proof of its own, block ${newestProven(store)} has: leave out --height`))
  return ok(manifestOf(store, final.block, final.finality))
}

/** 0 when there is none. */
function newestProven(store: ChainStore): Height {
  const tip = store.tip.header.height
  for (let height = tip; height > Math.max(0, tip - HEIGHTS_MAX); height--)
    if (store.finality(height) !== null) return height
  return 0
}
