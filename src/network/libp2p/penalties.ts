/**
 * Who misbehaved, and how badly. Points fade with time; beyond a threshold the peer is banned by
 * its id (never by its address: a whole consortium may share one) and for a bounded time.
 */
import { BoundedMap } from '../../base/bounded.ts'
import type { NetworkLimits } from '../limits.ts'
import type { PeerId } from '../port.ts'

export class Penalties {
  readonly #limits: NetworkLimits
  readonly #points: BoundedMap<PeerId, { points: number; atMs: number }>
  readonly #bannedUntilMs: BoundedMap<PeerId, number>

  constructor(limits: NetworkLimits) {
    this.#limits = limits
    this.#points = new BoundedMap(limits.penalisedPeersMax)
    this.#bannedUntilMs = new BoundedMap(limits.penalisedPeersMax)
  }

  /** True when these points are what bans the peer. */
  add(peer: PeerId, points: number, nowMs: number): boolean {
    const total = this.points(peer, nowMs) + points
    if (total < this.#limits.banPoints) {
      this.#points.set(peer, { points: total, atMs: nowMs })
      return false
    }
    this.#points.delete(peer)
    this.#bannedUntilMs.set(peer, nowMs + this.#limits.banMs)
    return true
  }

  points(peer: PeerId, nowMs: number): number {
    const entry = this.#points.get(peer)
    if (entry === undefined) return 0
    return Math.max(0, entry.points - ((nowMs - entry.atMs) / 1000) * this.#limits.penaltyPointsPerSecond)
  }

  isBanned(peer: PeerId, nowMs: number): boolean {
    const until = this.#bannedUntilMs.get(peer)
    if (until === undefined) return false
    if (until > nowMs) return true
    this.#bannedUntilMs.delete(peer)
    return false
  }

  bannedCount(nowMs: number): number {
    let count = 0
    for (const until of this.#bannedUntilMs.values()) if (until > nowMs) count += 1
    return count
  }
}
