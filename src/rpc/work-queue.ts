/**
 * Turns for expensive requests, so that they never delay consensus, which shares the loop: one job
 * after the other, the loop is given back after a few milliseconds, and then left alone for as
 * long as it was used.
 */
import { BoundedQueue } from '../base/bounded.ts'
import { LIMIT_EXCEEDED, RpcError, SERVER_ERROR } from './errors.ts'

/** Milliseconds of work between two visits to the loop. */
const SLICE_MS = 5
/** Jobs that wait for something (a disk, a long scan) do not hold up the others. */
const CONCURRENCY = 4

export class WorkQueue {
  readonly #waiting: BoundedQueue<() => void>
  #stopped = false
  #running = 0
  #scheduled = false
  #restUntilMs = 0

  constructor(queuedJobsMax: number) {
    this.#waiting = new BoundedQueue(queuedJobsMax)
  }

  /** Rejects with -32005 when too many wait. */
  run<T>(job: () => T | Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const taken = this.#waiting.push(() => this.#start(job, resolve, reject))
      if (taken) this.#schedule()
      else reject(new RpcError(LIMIT_EXCEEDED, 'the server is busy: too many expensive requests wait'))
    })
  }

  /** For long jobs: gives the loop back when they have held it for a slice. Answers when the next slice began. */
  async breathe(sliceStartMs: number): Promise<number> {
    const usedMs = performance.now() - sliceStartMs
    if (usedMs < SLICE_MS) return sliceStartMs
    await new Promise((resolve) => setTimeout(resolve, usedMs))
    this.#assertRunning()
    return performance.now()
  }

  /** What `read` makes of each number from `from` up to but not `end`, in slices. */
  async collect<T>(from: number, end: number, read: (at: number) => T): Promise<T[]> {
    const found: T[] = []
    let sliceStartMs = performance.now()
    for (let at = from; at < end; at++) {
      found.push(read(at))
      sliceStartMs = await this.breathe(sliceStartMs)
    }
    return found
  }

  /** What still waits, or goes on after its next breath, is refused: what it reads from is about to be closed. */
  stop(): void {
    this.#stopped = true
  }

  #schedule(): void {
    if (this.#scheduled || this.#waiting.size === 0 || this.#running >= CONCURRENCY) return
    this.#scheduled = true
    const restMs = this.#restUntilMs - performance.now()
    if (restMs <= 0) setImmediate(() => this.#slice())
    else setTimeout(() => this.#slice(), restMs)
  }

  #slice(): void {
    const sliceStartMs = performance.now()
    let usedMs = 0
    while (usedMs < SLICE_MS && this.#running < CONCURRENCY) {
      const startJob = this.#waiting.shift()
      if (startJob === undefined) break
      startJob()
      usedMs = performance.now() - sliceStartMs
    }
    if (usedMs >= SLICE_MS) this.#restUntilMs = performance.now() + usedMs
    this.#scheduled = false
    this.#schedule()
  }

  #assertRunning(): void {
    if (this.#stopped) throw new RpcError(SERVER_ERROR, 'the server is stopping')
  }

  #start<T>(job: () => T | Promise<T>, resolve: (value: T) => void, reject: (error: unknown) => void): void {
    try {
      this.#assertRunning()
      const outcome = job()
      if (!(outcome instanceof Promise)) {
        resolve(outcome)
        return
      }
      this.#running += 1
      const settle = <V>(how: (value: V) => void) => {
        return (value: V) => {
          this.#running -= 1
          this.#schedule()
          how(value)
        }
      }
      outcome.then(settle(resolve), settle(reject))
    } catch (error) {
      reject(error)
    }
  }
}
