/**
 * Virtual time: what is to happen, in the order of (time, order of scheduling). Nothing here waits;
 * an hour passes as fast as its events can be run.
 */
import { invariant } from '../base/invariant.ts'

export interface ScheduledEvent {
  readonly atUs: number
  readonly sequence: number
  /** Null once cancelled. */
  action: (() => void) | null
}

export class Scheduler {
  /** A binary heap. */
  readonly #heap: ScheduledEvent[] = []
  #sequence = 0
  #nowUs = 0

  get nowUs(): number {
    return this.#nowUs
  }

  get nowMs(): number {
    return this.#nowUs / 1000
  }

  at(atUs: number, action: () => void): ScheduledEvent {
    const event = { atUs: Math.max(this.#nowUs, Math.ceil(atUs)), sequence: this.#sequence, action }
    invariant(Number.isSafeInteger(event.atUs), 'a time in microseconds')
    this.#sequence += 1
    this.#push(event)
    return event
  }

  after(delayUs: number, action: () => void): ScheduledEvent {
    return this.at(this.#nowUs + delayUs, action)
  }

  /** Runs the next event; false when there is none at or before `untilUs`, which is then the time. */
  step(untilUs: number): boolean {
    for (;;) {
      const next = this.#heap[0]
      if (next === undefined || next.atUs > untilUs) {
        this.#nowUs = Math.max(this.#nowUs, untilUs)
        return false
      }
      this.#pop()
      const { action } = next
      if (action === null) continue
      this.#nowUs = next.atUs
      action()
      return true
    }
  }

  #push(event: ScheduledEvent): void {
    const heap = this.#heap
    let index = heap.length
    heap.push(event)
    while (index > 0) {
      const parentIndex = (index - 1) >> 1
      const parent = heap[parentIndex] as ScheduledEvent
      if (!isBefore(event, parent)) break
      heap[index] = parent
      index = parentIndex
    }
    heap[index] = event
  }

  #pop(): void {
    const heap = this.#heap
    const last = heap.pop()
    if (last === undefined || heap.length === 0) return
    let index = 0
    for (;;) {
      let childIndex = 2 * index + 1
      const left = heap[childIndex]
      if (left === undefined) break
      const right = heap[childIndex + 1]
      if (right !== undefined && isBefore(right, left)) childIndex += 1
      const child = heap[childIndex] as ScheduledEvent
      if (!isBefore(child, last)) break
      heap[index] = child
      index = childIndex
    }
    heap[index] = last
  }
}

function isBefore(a: ScheduledEvent, b: ScheduledEvent): boolean {
  return a.atUs < b.atUs || (a.atUs === b.atUs && a.sequence < b.sequence)
}
