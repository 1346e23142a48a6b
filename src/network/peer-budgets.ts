/** So many units a second for each peer, and one second's worth saved up. Names cost nothing, so few are remembered. */
import { BoundedMap } from '../base/bounded.ts'
import type { PeerId } from './port.ts'
import { TokenBucket } from './token-bucket.ts'

/** BOUND: peers; who has been silent longest is forgotten. */
const PEERS_MAX = 1_024

export class PeerBudgets {
  readonly #perSecond: number
  readonly #buckets = new BoundedMap<PeerId, TokenBucket>(PEERS_MAX)

  constructor(perSecond: number) {
    this.#perSecond = perSecond
  }

  /** False, and nothing spent, when the peer has nothing left. A large amount may leave a debt. */
  spend(peer: PeerId, amount: number, nowMs: number): boolean {
    const bucket = this.#buckets.get(peer) ?? new TokenBucket(this.#perSecond, nowMs)
    this.#buckets.set(peer, bucket)
    return bucket.spend(amount, nowMs)
  }
}
