/**
 * Transactions that wait for their signature check. Those of this node's own clients, those that validators send on,
 * and gossip each have room of their own and take turns, so that strangers who send without end can neither keep the
 * others out nor back.
 */
import { BoundedQueue } from '../base/bounded.ts'
import { defined } from '../base/invariant.ts'

const ORIGINS = ['local', 'validator', 'gossip'] as const
export type IntakeOrigin = (typeof ORIGINS)[number]

interface Arrival {
  readonly envelope: Uint8Array
  readonly origin: IntakeOrigin
}

/** BOUND: of each origin, envelopes and bytes of them. */
const ARRIVALS_MAX = 10_000
const ARRIVED_BYTES_MAX = 32 * 1024 * 1024

export class ArrivalQueue<T extends Arrival> {
  readonly #lanes = ORIGINS.map(() => new Lane<T>())
  /** Whose turn it is. */
  #next = 0

  get size(): number {
    return this.#lanes.reduce((sum, { size }) => sum + size, 0)
  }

  /** Whether there was room for it. */
  push(arrival: T): boolean {
    return this.#lane(ORIGINS.indexOf(arrival.origin)).push(arrival)
  }

  shift(): T | undefined {
    for (const offset of ORIGINS.keys()) {
      const turn = (this.#next + offset) % ORIGINS.length
      const arrival = this.#lane(turn).shift()
      if (arrival === undefined) continue
      this.#next = (turn + 1) % ORIGINS.length
      return arrival
    }
    return undefined
  }

  #lane(index: number): Lane<T> {
    return defined(this.#lanes[index], 'a lane for each origin')
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
