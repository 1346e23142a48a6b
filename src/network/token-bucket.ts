/** So many units a second, and one second's worth saved up; a large spend may leave a debt. */
export class TokenBucket {
  readonly #perSecond: number
  #tokens: number
  #refilledAtMs: number

  constructor(perSecond: number, nowMs: number) {
    this.#perSecond = perSecond
    this.#tokens = perSecond
    this.#refilledAtMs = nowMs
  }

  /** False, and nothing spent, when there is nothing left. */
  spend(amount: number, nowMs: number): boolean {
    const earned = (Math.max(0, nowMs - this.#refilledAtMs) * this.#perSecond) / 1000
    this.#tokens = Math.min(this.#perSecond, this.#tokens + earned)
    this.#refilledAtMs = nowMs
    if (this.#tokens <= 0) return false
    this.#tokens -= amount
    return true
  }
}
