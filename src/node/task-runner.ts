/**
 * Runs long synchronous work in slices, one task after another, so that messages, timers and
 * requests get their turn in between.
 */

/** The loop is not kept longer than this by one task. */
const SLICE_MS = 5

export class TaskRunner {
  readonly #tasks: Iterator<void, void>[] = []
  readonly #onError: (error: unknown) => void
  #isScheduled = false
  #isStopped = false

  /** A task that throws has found a mistake of ours: `onError` decides what becomes of the process. */
  constructor(onError: (error: unknown) => void) {
    this.#onError = onError
  }

  run(task: Iterator<void, void>): void {
    this.#tasks.push(task)
    this.#schedule()
  }

  stop(): void {
    this.#isStopped = true
    this.#tasks.length = 0
  }

  #schedule(): void {
    if (this.#isScheduled || this.#isStopped) return
    this.#isScheduled = true
    setImmediate(() => {
      this.#isScheduled = false
      this.#slice()
    })
  }

  #slice(): void {
    const untilMs = performance.now() + SLICE_MS
    try {
      while (performance.now() < untilMs) {
        const task = this.#tasks[0]
        if (task === undefined) return
        if (task.next().done === true) this.#tasks.shift()
      }
    } catch (error) {
      this.stop()
      this.#onError(error)
      return
    }
    if (this.#tasks.length > 0) this.#schedule()
  }
}
