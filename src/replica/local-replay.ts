/** Applies again what the journal knows to be final and the store has lost: a restart's first work. */
import { defined } from '../base/invariant.ts'
import { isPlanted } from '../base/planted-bug.ts'
import type { Rejection } from '../base/rejection.ts'
import type { Result } from '../base/result.ts'
import type { Block } from '../types/block.ts'
import type { FinalityProof } from '../types/finality.ts'
import type { Height } from '../types/ids.ts'
import type { Verified } from '../types/verified.ts'
import type { EpochValidators } from '../validation/epoch-validators.ts'
import type { RecoveredRange } from './recovered-chain.ts'

export class LocalReplay {
  readonly #ranges: RecoveredRange[]
  /** Height of the last block delivered. */
  #until: Height = 0

  constructor(ranges: readonly RecoveredRange[]) {
    this.#ranges = [...ranges]
  }

  /** Whether everything is not only delivered but committed. */
  isDone(committedHeight: Height): boolean {
    if (__CANARIES__ && isPlanted('replay-not-awaited')) return this.#ranges.length === 0
    return this.#ranges.length === 0 && committedHeight >= this.#until
  }

  /** The next range, by the judges of its epoch, once everything before is committed; an error when the journal holds what cannot be. */
  next(
    committedHeight: Height,
    validators: EpochValidators,
  ): Result<
    { readonly blocks: readonly Verified<Block>[]; readonly finality: Verified<FinalityProof> } | null,
    Rejection
  > {
    const range = committedHeight < this.#until ? undefined : this.#ranges.shift()
    if (range === undefined) return { ok: true, value: null }
    const { hash, header } = defined(range.blocks.at(-1), 'the last block of a range')
    const finality = validators.finality.finality(hash, header, range.finality)
    if (!finality.ok) return finality
    const blocks: Verified<Block>[] = []
    for (const block of range.blocks) {
      const judged = validators.proposals.anchoredBlock(block)
      if (!judged.ok) return judged
      blocks.push(judged.value)
      this.#until = block.header.height
    }
    return { ok: true, value: { blocks, finality: finality.value } }
  }
}
