/** One INFO line a block, and why a view failed: what an operator reads first. */
import type { Logger } from '../base/logger.ts'
import type { Effect } from '../consensus/effects.ts'
import type { Event } from '../consensus/events.ts'
import { hashHeader } from '../crypto/digests.ts'
import type { EpochContext } from '../replica/epoch-context.ts'
import type { HeldEvidence } from '../replica/governance/evidence-desk.ts'
import type { Evidence, EvidenceKind } from '../types/evidence.ts'
import type { FinalBlock } from '../types/final-block.ts'
import type { View } from '../types/ids.ts'
import { signersOf } from '../types/signer-bitmap.ts'

export const OFFENCES: Readonly<Record<EvidenceKind, string>> = {
  doubleProposal: 'double proposal',
  doubleVote: 'double vote',
  doubleCommitVote: 'double commit vote',
  hiddenLock: 'lock hidden from a timeout',
  abandonedCommit: 'commit abandoned',
  doubleTimeout: 'double timeout',
  badHeader: 'bad header',
  voteForBadHeader: 'vote for a bad header',
}

export class BlockLog {
  readonly #logger: Logger
  readonly #nowMs: () => number
  #epoch: EpochContext
  #names: readonly string[]
  /** When the view was entered that is being worked in. */
  #viewStartedAtMs: number
  #failure: string | null = null

  constructor(logger: Logger, epoch: EpochContext, nowMs: () => number) {
    this.#logger = logger
    this.#epoch = epoch
    this.#names = namesIn(epoch)
    this.#nowMs = nowMs
    this.#viewStartedAtMs = nowMs()
  }

  /** `silence`: why this node signs nothing in it. */
  onEpoch(epoch: EpochContext, silence: string | null): void {
    const wasValidator = this.#epoch.self !== null
    const before = this.#names
    this.#epoch = epoch
    this.#names = namesIn(epoch)
    const out = before.filter((name) => !this.#names.includes(name))
    const added = this.#names.filter((name) => !before.includes(name))
    const { validators, self } = epoch
    this.#logger.info(`epoch ${validators.epoch}`, {
      validators: this.#names.join(','),
      quorum: `${validators.quorum} of ${validators.n}`,
      ...(out.length === 0 ? {} : { out: out.join(',') }),
      ...(added.length === 0 ? {} : { in: added.join(',') }),
      as: self === null ? 'observer' : 'validator',
    })
    if (wasValidator && self === null) this.#logger.warn('this node validates no longer', { because: silence })
  }

  onCoreStep(event: Event, effects: readonly Effect[]): void {
    if (event.kind === 'proposal') this.#viewStartedAtMs = this.#nowMs()
    for (const effect of effects) {
      if (effect.kind === 'viewTimedOut') this.#onTimeout(effect.view, effect.leader, effect.reason)
      else if (effect.kind === 'viewEntered')
        this.#logger.debug('view', { view: effect.view, by: effect.by, leader: this.#nameOf(effect.leader) })
    }
  }

  onEvidence({ culprit, kind, epoch, view, evidence }: HeldEvidence): void {
    const index = this.#epoch.validators.indexOf(culprit)
    this.#logger.warn(`EVIDENCE ${OFFENCES[kind]}`, {
      by: index === undefined ? culprit : this.#nameOf(index),
      epoch,
      view,
      ...statementsOf(evidence),
    })
  }

  /** `late`: validators known to have voted to commit it, beyond those of its certificate. */
  onFinalBlock(final: FinalBlock, late: readonly number[]): void {
    const { header } = final.block
    const { epoch, view } = header.consensus
    const signers = final.finality === null ? null : new Set([...signersOf(final.finality.certificate.bitmap), ...late])
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
    return this.#names[index] ?? String(index)
  }
}

function namesIn({ validators, records }: EpochContext): readonly string[] {
  return validators.members.map(({ address }, index) => records[index]?.name ?? address)
}

/** What contradicts what. */
export function statementsOf(evidence: Evidence): Readonly<Record<string, string | number>> {
  switch (evidence.kind) {
    case 'doubleProposal':
      return { blocks: `${hashHeader(evidence.first.header)} / ${hashHeader(evidence.second.header)}` }
    case 'doubleVote':
    case 'doubleCommitVote':
      return { blocks: `${evidence.first.blockHash} / ${evidence.second.blockHash}` }
    case 'hiddenLock':
      return { locked: evidence.vote.justifyView, claimed: evidence.timeout.highQcView }
    case 'abandonedCommit':
      return { committed: evidence.commitVote.view, claimed: evidence.timeout.highQcView }
    case 'doubleTimeout':
      return { claimed: `${evidence.first.highQcView} / ${evidence.second.highQcView}` }
    case 'badHeader':
    case 'voteForBadHeader':
      return { block: hashHeader(evidence.header) }
  }
}
