/** At most one answer a peer in a time: what a peer asks for again and again costs us one send. */
import { BoundedMap } from '../base/bounded.ts'
import type { PeerId } from '../network/port.ts'

/** BOUND: peers whose last answer is remembered. */
const PEERS_MAX = 512

export class AnswerRate {
  readonly #everyMs: number
  readonly #nowMs: () => number
  readonly #answeredAtMs = new BoundedMap<PeerId, number>(PEERS_MAX)

  constructor(everyMs: number, nowMs: () => number) {
    this.#everyMs = everyMs
    this.#nowMs = nowMs
  }

  /** Whether it may be answered now; then that counts as its answer. */
  take(peer: PeerId): boolean {
    const nowMs = this.#nowMs()
    const answeredAtMs = this.#answeredAtMs.get(peer)
    if (answeredAtMs !== undefined && nowMs - answeredAtMs < this.#everyMs) return false
    this.#answeredAtMs.set(peer, nowMs)
    return true
  }
}
