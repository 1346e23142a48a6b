/** Files in memory whose syncs end when a test says so. */
import type { SyncDone } from '../../../src/storage/file-port.ts'
import { MemoryFiles } from '../../../src/storage/memory/memory-files.ts'
import type { StorageFailure } from '../../../src/storage/storage-failure.ts'

interface Sync {
  readonly name: string
  readonly done: SyncDone
}

export class HeldDisk extends MemoryFiles {
  readonly syncs: Sync[] = []
  isHolding = false

  override sync(name: string, done: SyncDone): void {
    if (this.isHolding) this.syncs.push({ name, done })
    else super.sync(name, done)
  }

  override syncDirectory(done: SyncDone): void {
    if (this.isHolding) this.syncs.push({ name: '.', done })
    else super.syncDirectory(done)
  }

  /** Ends the oldest sync of a file whose name has this in it. */
  release(part: string, failure?: StorageFailure): void {
    const index = this.syncs.findIndex(({ name }) => name.includes(part))
    const [sync] = this.syncs.splice(index, 1)
    if (sync === undefined || index < 0) throw new Error(`no sync of ${part} is under way`)
    sync.done(failure)
  }

  /** Ends all of them, those too that are asked for meanwhile. */
  releaseAll(part: string): void {
    while (this.syncs.some(({ name }) => name.includes(part))) this.release(part)
  }
}
