/** What a machine takes for the time of day: wrong by an offset since it was set, and going too fast or too slow. */
export class WallClock {
  readonly #originMs: number
  #offsetMs = 0
  #driftPpm = 0
  #setAtMs = 0

  /** @param originMs the true time of day at the beginning of virtual time. */
  constructor(originMs: number) {
    this.#originMs = originMs
  }

  set(nowMs: number, offsetMs: number, driftPpm: number): void {
    this.#setAtMs = nowMs
    this.#offsetMs = offsetMs
    this.#driftPpm = driftPpm
  }

  wallMs(nowMs: number): number {
    return this.#originMs + nowMs + this.#offsetMs + ((nowMs - this.#setAtMs) * this.#driftPpm) / 1e6
  }
}
