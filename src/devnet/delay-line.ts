/** Lets things happen later, in their order. */

interface Held {
  readonly dueAtMs: number
  readonly happen: () => void
}

/** BOUND: what waits; a line that is full takes no more, as a send queue does. */
const HELD_MAX = 16_384

export class DelayLine {
  readonly #held: Held[] = []
  #delayMs = 0
  #timer: NodeJS.Timeout | undefined

  setDelay(delayMs: number): void {
    this.#delayMs = delayMs
  }

  /** At once when there is no delay and nothing before it. False: there is no room. */
  push(happen: () => void): boolean {
    if (this.#delayMs === 0 && this.#held.length === 0) {
      happen()
      return true
    }
    if (this.#held.length >= HELD_MAX) return false
    const soonestMs = this.#held.at(-1)?.dueAtMs ?? 0
    this.#held.push({ dueAtMs: Math.max(soonestMs, performance.now() + this.#delayMs), happen })
    this.#wait()
    return true
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#held.length = 0
  }

  #wait(): void {
    const first = this.#held[0]
    if (this.#timer !== undefined || first === undefined) return
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined
        const nowMs = performance.now()
        const due = this.#held.findIndex(({ dueAtMs }) => dueAtMs > nowMs)
        for (const { happen } of this.#held.splice(0, due < 0 ? this.#held.length : due)) happen()
        this.#wait()
      },
      Math.max(0, first.dueAtMs - performance.now()),
    )
  }
}
