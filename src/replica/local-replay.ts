/** Applies again what the journal knows to be final and the store has lost: a restart's first work. */
import { isPlanted } from '../base/planted-bug.ts'
import type { Rejection } from '../base/rejection.ts'
import type { Result } from '../base/result.ts'
import type { Block } from '../types/block.ts'
import type { CommitCertificate } from '../types/certificate.ts'
import type { Height } from '../types/ids.ts'
import type { Verified } from '../types/verified.ts'
import type { EpochValidators } from '../validation/epoch-validators.ts'
import type { RecoveredRange } from './recovered-chain.ts'

export class LocalReplay {
  readonly #ranges: RecoveredRange[]
  readonly #validators: EpochValidators
  /** Height of the last block delivered. */
  #until: Height = 0

  constructor(ranges: readonly RecoveredRange[], validators: EpochValidators) {
    this.#ranges = [...ranges]
    this.#validators = validators
  }

  /** Whether everything is not only delivered but committed. */
  isDone(committedHeight: Height): boolean {
    if (__CANARIES__ && isPlanted('replay-not-awaited')) return this.#ranges.length === 0
    return this.#ranges.length === 0 && committedHeight >= this.#until
  }

  /** The next range once everything before is committed; an error when the journal holds what cannot be. */
  next(
    committedHeight: Height,
  ): Result<
    { readonly blocks: readonly Verified<Block>[]; readonly certificate: Verified<CommitCertificate> } | null,
    Rejection
  > {
    const range = committedHeight < this.#until ? undefined : this.#ranges.shift()
    if (range === undefined) return { ok: true, value: null }
    const certificate = this.#validators.certificates.commitCertificate(range.certificate)
    if (!certificate.ok) return certificate
    const blocks: Verified<Block>[] = []
    for (const block of range.blocks) {
      const judged = this.#validators.proposals.anchoredBlock(block)
      if (!judged.ok) return judged
      blocks.push(judged.value)
      this.#until = block.header.height
    }
    return { ok: true, value: { blocks, certificate: certificate.value } }
  }
}
