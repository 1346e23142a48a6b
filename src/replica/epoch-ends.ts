/** Tells whoever is still in an epoch how it has ended, at a bounded rate: one who knows moves all who do not. */
import { BoundedMap } from '../base/bounded.ts'
import type { PeerId } from '../network/port.ts'
import type { ChainStore } from '../storage/chain-store.ts'
import type { Epoch } from '../types/ids.ts'
import type { ValidatorLinks } from './validator-links.ts'

/** BOUND: peers whose last answer is remembered. */
const PEERS_MAX = 512
/** At most one answer a peer in this time. */
const ANSWER_EVERY_MS = 500

export class EpochEnds {
  readonly #store: ChainStore
  readonly #links: ValidatorLinks
  readonly #nowMs: () => number
  readonly #answeredAtMs = new BoundedMap<PeerId, number>(PEERS_MAX)

  constructor(store: ChainStore, links: ValidatorLinks, nowMs: () => number) {
    this.#store = store
    this.#links = links
    this.#nowMs = nowMs
  }

  /** A peer shows that it has not heard of this epoch's end. */
  answer(peer: PeerId, epoch: Epoch): void {
    const nowMs = this.#nowMs()
    const answeredAtMs = this.#answeredAtMs.get(peer)
    if (answeredAtMs !== undefined && nowMs - answeredAtMs < ANSWER_EVERY_MS) return
    const proof = this.#store.epochEnd(epoch)
    if (proof === undefined) return
    this.#answeredAtMs.set(peer, nowMs)
    this.#links.sendTo(peer, { kind: 'epochEnd', proof })
  }

  /** To the validators that the links lead to. */
  tellAll(epoch: Epoch): void {
    const proof = this.#store.epochEnd(epoch)
    if (proof !== undefined) this.#links.send('all', { kind: 'epochEnd', proof })
  }
}
