/**
 * Opens what is on a simulated disk. INVARIANT: a bit that the disk reads wrong is noticed, and costs what a crash
 * may cost at most: it is refused, or goes with the last batch, of which nobody can tell that it was whole
 * (storage/journal/recovery.ts). Without such a bit nothing is cut off that had been synced, and nothing is of what
 * is refused: read once more, it may be right.
 */
import type { Rejection } from '../../base/rejection.ts'
import type { Result } from '../../base/result.ts'
import type { GenesisBlock } from '../../ledger/genesis/genesis-block.ts'
import { type OpenedChain, openChain } from '../../replica/open-replica.ts'
import type { ChainStore } from '../../storage/chain-store.ts'
import type { KeyValueStore } from '../../storage/key-value-store.ts'
import { StorageFailure } from '../../storage/storage-failure.ts'
import { finalHash } from '../../types/finality.ts'
import type { Coverage } from '../coverage.ts'
import { SimulationFailure } from '../simulation-failure.ts'
import type { SimulatedDisk } from './simulated-disk.ts'

export function openJudged(
  store: KeyValueStore,
  disk: SimulatedDisk,
  genesis: GenesisBlock,
  coverage: Coverage,
): Result<OpenedChain, Rejection> {
  const before = bytesOn(disk)
  disk.takeFlipped()
  const opened = openChain(store, disk, genesis)
  const flipped = disk.takeFlipped()
  if (!opened.ok) {
    if (disk.wrongBits === 0) throw new SimulationFailure('recovery', opened.error.message)
    const after = bytesOn(disk)
    for (const [name, { written }] of before)
      if (after.get(name)?.written !== written)
        throw new SimulationFailure('damage', `${name} was cut and then refused`)
    coverage.hit('flipped bit refused')
    return opened
  }
  const { cut } = opened.value.journal
  if (flipped !== null) {
    const isCut = cut !== undefined && cut.file === flipped.file && cut.offset <= flipped.offset
    if (!isCut)
      throw new SimulationFailure('damage', `a wrong bit of ${flipped.file} at ${flipped.offset} was believed`)
    coverage.hit('flipped bit cut off')
  }
  const { synced = 0, witnessed = 0 } = cut === undefined ? {} : (before.get(cut.file) ?? {})
  if (cut !== undefined && cut.offset < (flipped === null ? synced : witnessed))
    throw new SimulationFailure('damage', `${cut.file} was cut at ${cut.offset}, but is durable up to ${synced}`)
  if (disk.wrongBits > 0 && !hasTip(opened.value.store))
    throw new SimulationFailure('damage', `the journal has lost block ${opened.value.store.tip.header.height}`)
  return opened
}

/** By file. */
function bytesOn(disk: SimulatedDisk): ReadonlyMap<string, ReturnType<SimulatedDisk['bytesOf']>> {
  return new Map(disk.list().map((name) => [name, disk.bytesOf(name)]))
}

/** Whether the block that was applied last can be read with its proof. */
function hasTip(store: ChainStore): boolean {
  const { hash, header } = store.tip
  try {
    const proof = store.finality(header.height)
    return store.block(header.height)?.hash === hash && (proof === null || finalHash(proof) === hash)
  } catch (error) {
    if (!(error instanceof StorageFailure)) throw error
    return false
  }
}
