/** One INFO line a block, and why a view failed: what an operator reads first. */
import type { Logger } from '../base/logger.ts'
import type { Effect } from '../consensus/effects.ts'
import type { Event } from '../consensus/events.ts'
import type { FinalBlock } from '../types/final-block.ts'
import type { Genesis } from '../types/genesis.ts'
import type { View } from '../types/ids.ts'
import { signersOf } from '../types/signer-bitmap.ts'
import type { ValidatorSet } from '../types/validator-set.ts'

export class BlockLog {
  readonly #logger: Logger
  readonly #validators: ValidatorSet
  readonly #names: readonly string[]
  readonly #nowMs: () => number
  /** When the view was entered that is being worked in. */
  #viewStartedAtMs: number
  #failure: string | null = null

  constructor(logger: Logger, validators: ValidatorSet, genesis: Genesis, nowMs: () => number) {
    this.#logger = logger
    this.#validators = validators
    this.#names = validators.members.map(
      ({ address }) => genesis.validators.find((validator) => validator.address === address)?.name ?? address,
    )
    this.#nowMs = nowMs
    this.#viewStartedAtMs = nowMs()
  }

  onCoreStep(event: Event, effects: readonly Effect[]): void {
    if (event.kind === 'proposal') this.#viewStartedAtMs = this.#nowMs()
    for (const effect of effects) {
      if (effect.kind === 'viewTimedOut') this.#onTimeout(effect.view, effect.leader, effect.reason)
      else if (effect.kind === 'viewEntered')
        this.#logger.debug('view', { view: effect.view, by: effect.by, leader: this.#nameOf(effect.leader) })
      else if (effect.kind === 'conflict')
        this.#logger.warn('a validator contradicted itself', {
          validator: this.#nameOf(effect.conflict.signer),
          statement: effect.conflict.kind,
        })
    }
  }

  /** `late`: validators known to have voted to commit it, beyond those of its certificate. */
  onFinalBlock(final: FinalBlock, late: readonly number[]): void {
    const { header } = final.block
    const { epoch, view } = header.consensus
    const signers = final.certificate === null ? null : new Set([...signersOf(final.certificate.bitmap), ...late])
    const missing = signers === null ? [] : this.#names.filter((_, index) => !signers.has(index))
    this.#logger.info(`#${header.height}`, {
      epoch,
      view,
      txs: final.transactions.length,
      ms: Math.max(0, Math.round(this.#nowMs() - this.#viewStartedAtMs)),
      signers:
        signers === null ? 'by a descendant' : this.#names.map((_, index) => (signers.has(index) ? '✓' : '✗')).join(''),
      ...(missing.length === 0 ? {} : { missing: missing.join(',') }),
      ...(this.#failure === null ? {} : { after: this.#failure }),
    })
    this.#failure = null
  }

  #onTimeout(view: View, leader: number, reason: string): void {
    this.#failure = `view ${view} timed out: ${reason}, leader ${this.#nameOf(leader)}`
    this.#logger.debug('view timed out', { view, reason, leader: this.#nameOf(leader) })
  }

  #nameOf(index: number): string {
    return this.#names[index] ?? this.#validators.at(index)?.address ?? String(index)
  }
}
