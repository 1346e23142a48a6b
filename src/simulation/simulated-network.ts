/**
 * The wires between the nodes: delay, loss, duplication, reordering and partitions, each drawn from
 * a stream of its own. Carries the same bytes as production.
 */
import { Random } from './random.ts'
import type { LinkModel } from './scenario.ts'
import type { Scheduler } from './scheduler.ts'

const CALM_LINK: LinkModel = {
  delayMsMin: 1,
  delayMsMean: 5,
  slowShare: 0,
  lossShare: 0,
  duplicateShare: 0,
  ordered: true,
}

export class SimulatedNetwork {
  readonly #scheduler: Scheduler
  readonly #nodes: number
  readonly #delays: Random
  readonly #losses: Random
  readonly #duplicates: Random
  /** When the last message of a directed link arrives. */
  readonly #arrivals: Float64Array
  #link: LinkModel
  #groups: readonly number[] | null = null
  #oneWay = false

  constructor(scheduler: Scheduler, seed: number, nodes: number, link: LinkModel) {
    this.#scheduler = scheduler
    this.#nodes = nodes
    this.#link = link
    this.#delays = new Random(seed, 'network delay')
    this.#losses = new Random(seed, 'network loss')
    this.#duplicates = new Random(seed, 'network duplication')
    this.#arrivals = new Float64Array(nodes * nodes)
  }

  /** Global stabilisation: from now on every message arrives, and soon. */
  calm(): void {
    this.#link = CALM_LINK
    this.#groups = null
  }

  partition(groups: readonly number[], oneWay: boolean): void {
    this.#groups = groups
    this.#oneWay = oneWay
  }

  heal(groups: readonly number[]): void {
    if (this.#groups === groups) this.#groups = null
  }

  /** Calls `deliver` never, once or twice. */
  carry(from: number, to: number, deliver: () => void): void {
    if (!this.#passes(from, to) || this.#losses.chance(this.#link.lossShare)) return
    this.#scheduler.at(this.#arrivalUs(from, to), deliver)
    if (this.#duplicates.chance(this.#link.duplicateShare)) this.#scheduler.at(this.#arrivalUs(from, to), deliver)
  }

  #passes(from: number, to: number): boolean {
    if (this.#groups === null) return true
    const [source, target] = [this.#groups[from] ?? 0, this.#groups[to] ?? 0]
    return source === target || (this.#oneWay && source < target)
  }

  #arrivalUs(from: number, to: number): number {
    const { delayMsMin, delayMsMean, slowShare, ordered } = this.#link
    const slowness = slowShare > 0 && this.#delays.chance(slowShare) ? 20 : 1
    const delayMs = (delayMsMin + this.#delays.exponential(delayMsMean)) * slowness
    const arrivalUs = this.#scheduler.nowUs + Math.ceil(delayMs * 1000)
    if (!ordered) return arrivalUs
    const link = from * this.#nodes + to
    const inOrder = Math.max(arrivalUs, (this.#arrivals[link] as number) + 1)
    this.#arrivals[link] = inOrder
    return inOrder
  }
}
