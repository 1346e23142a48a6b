/** So many answers, or whatever else is given or taken, a second for all peers, of which those that ask get equal shares: who asks alone gets all. */
import { BoundedMap } from '../base/bounded.ts'
import type { PeerId } from './port.ts'
import { TokenBucket } from './token-bucket.ts'

/** Who has not asked for so long has no share; what of a share was not asked for is saved up for as long. */
const MEMORY_MS = 1_000
/** BOUND: more than may be connected. */
const ASKERS_MAX = 512

interface Asker {
  askedAtMs: number
  /** Up to when its share is used. */
  usedUntilMs: number
}

export class FairRate {
  readonly #perSecond: number
  readonly #whole: TokenBucket
  /** Who asked last is the last. */
  readonly #askers = new BoundedMap<PeerId, Asker>(ASKERS_MAX)

  constructor(perSecond: number, nowMs: number) {
    this.#perSecond = perSecond
    this.#whole = new TokenBucket(perSecond, nowMs)
  }

  /** Whether the peer may be answered now; then that is taken from its share. A large amount may leave a debt. */
  take(peer: PeerId, nowMs: number, amount = 1): boolean {
    const asker = this.#asker(peer, nowMs)
    if (asker.usedUntilMs > nowMs || !this.#whole.spend(amount, nowMs)) return false
    this.#use(asker, nowMs, amount)
    return true
  }

  /** What an answer turned out to cost besides. */
  charge(peer: PeerId, nowMs: number, amount: number): void {
    this.#whole.spend(amount, nowMs)
    this.#use(this.#asker(peer, nowMs), nowMs, amount)
  }

  #asker(peer: PeerId, nowMs: number): Asker {
    const asker = this.#askers.get(peer) ?? { askedAtMs: nowMs, usedUntilMs: nowMs - MEMORY_MS }
    asker.askedAtMs = nowMs
    this.#askers.set(peer, asker)
    for (const [other, { askedAtMs, usedUntilMs }] of this.#askers.entries()) {
      if (nowMs - Math.max(askedAtMs, usedUntilMs) <= MEMORY_MS) break
      this.#askers.delete(other)
    }
    return asker
  }

  #use(asker: Asker, nowMs: number, amount: number): void {
    const costMs = (amount * this.#askers.size * 1_000) / this.#perSecond
    asker.usedUntilMs = Math.max(asker.usedUntilMs, nowMs - MEMORY_MS) + costMs
  }
}
