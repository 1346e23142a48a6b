/**
 * Transactions that wait for their signature check. Those of this node's own clients have room of their own and
 * take turns with those of others, so that strangers who send without end can neither keep them out nor back.
 */
import { BoundedQueue } from '../base/bounded.ts'

export type IntakeOrigin = 'local' | 'remote'

interface Arrival {
  readonly envelope: Uint8Array
  readonly origin: IntakeOrigin
}

/** BOUND: of each origin, envelopes and bytes of them. */
const ARRIVALS_MAX = 10_000
const ARRIVED_BYTES_MAX = 32 * 1024 * 1024

export class ArrivalQueue<T extends Arrival> {
  readonly #local = new Lane<T>()
  readonly #remote = new Lane<T>()
  #next: IntakeOrigin = 'local'

  get size(): number {
    return this.#local.size + this.#remote.size
  }

  /** Whether there was room for it. */
  push(arrival: T): boolean {
    return this.#lane(arrival.origin).push(arrival)
  }

  shift(): T | undefined {
    const turn = this.#next
    const other = turn === 'local' ? 'remote' : 'local'
    this.#next = other
    return this.#lane(turn).shift() ?? this.#lane(other).shift()
  }

  #lane(origin: IntakeOrigin): Lane<T> {
    return origin === 'local' ? this.#local : this.#remote
  }
}

class Lane<T extends Arrival> {
  readonly #arrivals = new BoundedQueue<T>(ARRIVALS_MAX)
  #bytes = 0

  get size(): number {
    return this.#arrivals.size
  }

  push(arrival: T): boolean {
    const bytes = this.#bytes + arrival.envelope.length
    if (bytes > ARRIVED_BYTES_MAX || !this.#arrivals.push(arrival)) return false
    this.#bytes = bytes
    return true
  }

  shift(): T | undefined {
    const arrival = this.#arrivals.shift()
    this.#bytes -= arrival?.envelope.length ?? 0
    return arrival
  }
}
