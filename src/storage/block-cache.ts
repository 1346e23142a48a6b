/** Final blocks that were made or asked for last, decoded. */
import type { FinalBlock } from '../types/final-block.ts'
import type { Height } from '../types/ids.ts'

const BLOCKS_MAX = 256
/** Decoded, a transfer and its receipt take some 3.5 KB of heap: most of what a block takes is theirs. */
const TRANSACTIONS_MAX = 32_768

/** BOUND: so many blocks with so many transactions together; the one set longest ago goes. */
export class BlockCache {
  readonly #blocks = new Map<Height, FinalBlock>()
  #transactions = 0

  get(height: Height): FinalBlock | undefined {
    return this.#blocks.get(height)
  }

  set(height: Height, final: FinalBlock): void {
    this.#forget(height)
    this.#blocks.set(height, final)
    this.#transactions += final.transactions.length
    for (const oldest of this.#blocks.keys()) {
      // The newest stays however large it is: it is about to be read.
      const isWithin = this.#blocks.size <= BLOCKS_MAX && this.#transactions <= TRANSACTIONS_MAX
      if (isWithin || oldest === height) return
      this.#forget(oldest)
    }
  }

  #forget(height: Height): void {
    this.#transactions -= this.#blocks.get(height)?.transactions.length ?? 0
    this.#blocks.delete(height)
  }
}
