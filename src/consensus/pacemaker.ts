/**
 * Which view it is and how long it may take (docs/consensus.md, "Views and leaders"). The view
 * follows the highest certificates and nothing else: curView = max(highQC.view, highTC.view) + 1.
 */

import { isPlanted } from '../base/planted-bug.ts'
import type { ConsensusParameters } from '../types/genesis.ts'
import type { View } from '../types/ids.ts'

/** A leader that lost this many views in a row is expected to be down … */
const LOST_VIEWS_UNTIL_SUSPECTED = 2
/** … and waited for in full only in every n-th of its turns. */
const FULL_WAIT_EVERY_TURNS = 4
const EWMA_WEIGHT = 0.2
const REBROADCAST_MS_MAX = 2_000

interface LeaderRecord {
  lostViews: number
  turns: number
}

export class Pacemaker {
  readonly #parameters: ConsensusParameters
  readonly #schedule: readonly number[]
  readonly #leaders = new Map<number, LeaderRecord>()
  #view: View
  /** Failed views in a row, decaying with each that succeeds. */
  #failedViews: number
  #viewMsAverage = 0

  constructor(parameters: ConsensusParameters, schedule: readonly number[], view: View, highQcView: View) {
    this.#parameters = parameters
    this.#schedule = schedule
    this.#view = view
    this.#failedViews = Math.max(0, view - highQcView - 1)
  }

  get view(): View {
    return this.#view
  }

  leader(view: View): number {
    return this.#schedule[view % this.#schedule.length] as number
  }

  /** `tookMs` is how long the view before was worked on; null when it was idle. */
  enter(view: View, by: 'qc' | 'tc', tookMs: number | null): void {
    const left = this.#leaderRecord(this.leader(view - 1))
    if (by === 'tc') {
      left.lostViews += 1
      this.#failedViews += 1
    } else {
      left.lostViews = 0
      this.#failedViews = Math.max(0, this.#failedViews - 1)
      if (tookMs !== null) this.#viewMsAverage += EWMA_WEIGHT * (tookMs - this.#viewMsAverage)
    }
    this.#view = view
    this.#leaderRecord(this.leader(view)).turns += 1
  }

  /** Any sign of life: the leader is waited for in full again. */
  heardFromLeader(leader: number): void {
    this.#leaderRecord(leader).lostViews = 0
  }

  isSuspected(validator: number): boolean {
    return this.#leaderRecord(validator).lostViews >= LOST_VIEWS_UNTIL_SUSPECTED
  }

  /** T(r) = min(Tmax, Tbase · β^max(0, r − k)), a quarter of it for a leader expected to be down. */
  viewTimeoutMs(): number {
    const { viewTimeoutMs, viewTimeoutGrowth, viewTimeoutSteadyViews, viewTimeoutMsMax } = this.#parameters
    const exponent = Math.max(0, this.#failedViews - viewTimeoutSteadyViews)
    const capMs = __CANARIES__ && isPlanted('backoff-uncapped') ? Number.MAX_SAFE_INTEGER : viewTimeoutMsMax
    const full = Math.min(capMs, viewTimeoutMs * viewTimeoutGrowth ** exponent)
    const leader = this.leader(this.#view)
    const hopeless = this.isSuspected(leader) && this.#leaderRecord(leader).turns % FULL_WAIT_EVERY_TURNS !== 0
    return Math.round(hopeless ? full / 4 : full)
  }

  /** How long commit votes of a block may take that are under way. */
  commitVotesMs(): number {
    return Math.round(Math.max(3 * this.#viewMsAverage, this.viewTimeoutMs() / 4))
  }

  /** Until a timeout is sent again; spread by validator and view so that replicas do not speak in chorus. */
  rebroadcastMs(self: number): number {
    const spread = ((self * 7919 + this.#view * 104_729) % 41) - 20
    return Math.round((Math.min(this.viewTimeoutMs(), REBROADCAST_MS_MAX) * (100 + spread)) / 100)
  }

  #leaderRecord(leader: number): LeaderRecord {
    let record = this.#leaders.get(leader)
    if (record === undefined) {
      record = { lostViews: 0, turns: 0 }
      this.#leaders.set(leader, record)
    }
    return record
  }
}
