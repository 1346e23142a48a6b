/**
 * A key-value store whose writes reach the disk some time later, as LevelDB's do: a crash loses a
 * run of the newest batches, each as a whole.
 */
import type { KeyValueOperation } from '../../storage/key-value-store.ts'
import { MemoryStore } from '../../storage/memory/memory-store.ts'
import type { Random } from '../random.ts'

/** Batches that the node leaves unsynced at most. */
const UNSYNCED_MAX = 64

export class SimulatedStore extends MemoryStore {
  readonly #random: Random
  readonly #boundary: () => void
  /** What takes each unsynced batch back, oldest first. */
  #undo: (readonly KeyValueOperation[])[] = []

  constructor(random: Random, boundary: () => void) {
    super()
    this.#random = random
    this.#boundary = boundary
  }

  override write(operations: readonly KeyValueOperation[]): void {
    this.#boundary()
    const undo = operations.map((operation): KeyValueOperation => {
      const { key } = operation
      const value = this.replace(operation)
      return value === undefined ? { type: 'del', key } : { type: 'put', key, value }
    })
    this.#undo.push(undo.reverse())
    if (this.#undo.length > UNSYNCED_MAX) this.#undo.shift()
  }

  /** Everything written so far outlives a crash. */
  settle(): void {
    this.#undo = []
  }

  crash(): void {
    const lost = this.#random.chance(0.3) ? 0 : this.#random.below(this.#undo.length + 1)
    for (let count = 0; count < lost; count++) super.write(this.#undo.pop() ?? [])
    this.#undo = []
  }
}
