/** How far a search has come, whose shares are gone through side by side, each from its first position on. */
export class ShareProgress {
  /** By the first position of a share: all of its positions below are done. */
  readonly #next: Map<number, number>

  constructor(firsts: readonly number[]) {
    this.#next = new Map(firsts.map((first) => [first, first]))
  }

  reached(first: number, next: number): void {
    this.#next.set(first, next)
  }

  /** All positions below are done. */
  get next(): number {
    return Math.min(...this.#next.values())
  }
}
