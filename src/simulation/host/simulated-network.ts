/**
 * The wires between the nodes: delay, loss, duplication, reordering and partitions, each drawn from
 * a stream of its own; links that clog, and connections that break with all that is under way.
 * Carries the same bytes as production.
 */
import type { Coverage } from '../coverage.ts'
import { Random } from '../random.ts'
import type { LinkModel } from '../scenario.ts'
import type { Scheduler } from '../scheduler.ts'

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
  /** Until when a directed link lets nothing through. */
  readonly #cloggedUntilUs: Float64Array
  /** How many connections of a directed link have broken: what was sent over one arrives over no other. */
  readonly #connections: Uint32Array
  /** By the directed link of the two: whether they have no connection. */
  readonly #apart: Uint8Array
  readonly #coverage: Coverage
  #link: LinkModel
  #groups: readonly number[] | null = null
  #oneWay = false

  constructor(scheduler: Scheduler, seed: number, nodes: number, link: LinkModel, coverage: Coverage) {
    this.#scheduler = scheduler
    this.#nodes = nodes
    this.#link = link
    this.#delays = new Random(seed, 'network delay')
    this.#losses = new Random(seed, 'network loss')
    this.#duplicates = new Random(seed, 'network duplication')
    this.#arrivals = new Float64Array(nodes * nodes)
    this.#cloggedUntilUs = new Float64Array(nodes * nodes)
    this.#connections = new Uint32Array(nodes * nodes)
    this.#apart = new Uint8Array(nodes * nodes)
    this.#coverage = coverage
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

  /** What arrives waits, and then comes all at once and in order, as when a reader of TCP has been slow. */
  clog(from: number, to: number, forMs: number): void {
    const link = this.#linkOf(from, to)
    const { nowUs } = this.#scheduler
    if ((this.#cloggedUntilUs[link] as number) <= nowUs) this.#cloggedUntilUs[link] = nowUs + forMs * 1000
  }

  /** What is under way both ways never arrives; the two are apart until they `connect`. */
  breakConnection(one: number, other: number): void {
    for (const link of this.#linksOf(one, other)) {
      this.#breakLink(link)
      this.#apart[link] = 1
    }
  }

  connect(one: number, other: number): void {
    for (const link of this.#linksOf(one, other)) this.#apart[link] = 0
  }

  isApart(one: number, other: number): boolean {
    return this.#apart[this.#linkOf(one, other)] === 1
  }

  /** Another number for each connection that the two have had. */
  connectionOf(one: number, other: number): number {
    return this.#linksOf(one, other).reduce((sum, link) => sum + (this.#connections[link] as number), 0)
  }

  /** It is down: nothing reaches it that is under way. What it has sent, others still get. */
  loseTowards(node: number): void {
    for (let from = 0; from < this.#nodes; from++) this.#breakLink(this.#linkOf(from, node))
  }

  /** Calls `deliver` never, once or twice. */
  carry(from: number, to: number, deliver: () => void): void {
    if (!this.#passes(from, to) || this.#losses.chance(this.#link.lossShare)) return
    this.#send(from, to, deliver)
    if (this.#duplicates.chance(this.#link.duplicateShare)) this.#send(from, to, deliver)
  }

  #send(from: number, to: number, deliver: () => void): void {
    const link = this.#linkOf(from, to)
    const connection = this.#connections[link]
    const arrive = (): void => {
      const cloggedUntilUs = this.#cloggedUntilUs[link] as number
      if (this.#connections[link] !== connection) this.#coverage.hit('message lost with its connection')
      else if (cloggedUntilUs > this.#scheduler.nowUs) {
        this.#coverage.hit('message held by a clogged link')
        this.#scheduler.at(cloggedUntilUs, arrive)
      } else deliver()
    }
    this.#scheduler.at(this.#arrivalUs(from, to), arrive)
  }

  #breakLink(link: number): void {
    this.#cloggedUntilUs[link] = 0
    this.#connections[link] = (this.#connections[link] as number) + 1
  }

  #linksOf(one: number, other: number): readonly number[] {
    return [this.#linkOf(one, other), this.#linkOf(other, one)]
  }

  #linkOf(from: number, to: number): number {
    return from * this.#nodes + to
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
    const link = this.#linkOf(from, to)
    const inOrder = Math.max(arrivalUs, (this.#arrivals[link] as number) + 1)
    this.#arrivals[link] = inOrder
    return inOrder
  }
}
