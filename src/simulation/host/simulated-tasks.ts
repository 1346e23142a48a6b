/** What a node does in steps: one task after another, other work in between. */
const STEP_US = 100

export class SimulatedTasks {
  readonly #after: (delayUs: number, action: () => void) => void
  #tasks: Iterator<void, void>[] = []

  constructor(after: (delayUs: number, action: () => void) => void) {
    this.#after = after
  }

  add(task: Iterator<void, void>): void {
    this.#tasks.push(task)
    if (this.#tasks.length === 1) this.#after(STEP_US, () => this.#step())
  }

  forget(): void {
    this.#tasks = []
  }

  #step(): void {
    const task = this.#tasks[0]
    if (task === undefined) return
    if (task.next().done === true) this.#tasks.shift()
    if (this.#tasks.length > 0) this.#after(STEP_US, () => this.#step())
  }
}
