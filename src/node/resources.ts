/** What a node has opened, to be closed in reverse. */
export class Resources {
  readonly #closers: (() => Promise<void> | void)[] = []

  /** `close` runs once, after those of everything opened later. */
  add(close: () => Promise<void> | void): void {
    this.#closers.push(close)
  }

  /** Every closer runs even if one before it fails; the first failure is thrown at the end. */
  async closeAll(): Promise<void> {
    const failures: unknown[] = []
    for (let close = this.#closers.pop(); close !== undefined; close = this.#closers.pop()) {
      try {
        await close()
      } catch (error) {
        failures.push(error)
      }
    }
    if (failures.length > 0) throw failures[0]
  }
}
