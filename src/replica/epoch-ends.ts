/** Tells whoever is still in an epoch how it has ended, at a bounded rate: one who knows moves all who do not. */
import { isPlanted } from '../base/planted-bug.ts'
import type { PeerId } from '../network/port.ts'
import type { ChainStore } from '../storage/chain-store.ts'
import type { Epoch } from '../types/ids.ts'
import { AnswerRate } from './answer-rate.ts'
import type { ValidatorLinks } from './validator-links.ts'

/** At most one answer a peer in this time. */
const ANSWER_EVERY_MS = 500

export class EpochEnds {
  readonly #store: ChainStore
  readonly #links: ValidatorLinks
  readonly #rate: AnswerRate

  constructor(store: ChainStore, links: ValidatorLinks, nowMs: () => number) {
    this.#store = store
    this.#links = links
    this.#rate = new AnswerRate(ANSWER_EVERY_MS, nowMs)
  }

  /** A peer shows that it has not heard of this epoch's end. */
  answer(peer: PeerId, epoch: Epoch): void {
    if (__CANARIES__ && isPlanted('old-epoch-unanswered')) return
    if (!this.#rate.take(peer)) return
    const proof = this.#store.epochEnd(epoch)
    if (proof !== undefined) this.#links.sendTo(peer, { kind: 'epochEnd', proof })
  }

  /** To the validators that the links lead to. */
  tellAll(epoch: Epoch): void {
    const proof = this.#store.epochEnd(epoch)
    if (proof !== undefined) this.#links.send('all', { kind: 'epochEnd', proof })
  }
}
