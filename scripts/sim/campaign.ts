/** Many seeds, over several threads, added up: what happened, how fast, and what failed. */
import { Coverage, demandedOf } from '../../src/simulation/coverage.ts'
import { options } from './options.ts'
import { runShares, STOPPED_EXIT_CODE } from './run-shares.ts'
import type { SeedReport, SeedShare } from './seeds.ts'
import { ShareProgress } from './share-progress.ts'

const PROGRESS_MS = 10_000
/** From so many seeds on, everything that is counted and can happen must have happened. */
const COVERING_SEEDS = 200

class Totals {
  readonly #startMs = performance.now()
  readonly #startCpu = process.cpuUsage()
  readonly coverage = new Coverage()
  #reportedMs = this.#startMs
  readonly progress: ShareProgress
  #views = 0
  seeds = 0
  failures = 0

  constructor(shares: readonly SeedShare[]) {
    this.progress = new ShareProgress(shares.map(({ from }) => from))
  }

  add({ share, next, views, coverage, failure }: SeedReport): void {
    this.progress.reached(share, next)
    this.seeds += 1
    this.#views += views
    this.coverage.add({ entries: coverage })
    if (failure !== null) {
      this.failures += 1
      console.log(failure)
    }
    if (performance.now() - this.#reportedMs < PROGRESS_MS) return
    this.#reportedMs = performance.now()
    console.log(this.line)
  }

  get line(): string {
    const { user, system } = process.cpuUsage(this.#startCpu)
    const perCore = (this.#views * 1e6) / (user + system)
    const perSecond = (this.seeds * 1000) / (performance.now() - this.#startMs)
    return `${this.seeds} seeds (${perSecond.toFixed(1)}/s), ${this.#views} views (${perCore.toFixed(0)} per second and core), ${this.failures} failed`
  }
}

/** Resolves to the exit code. A seed does the same whichever thread runs it. */
export async function campaign(from: number, to: number, jobs: number, untilMs: number): Promise<number> {
  const shares = Array.from({ length: jobs }, (_, job): SeedShare => ({ from: from + job, to, step: jobs, untilMs }))
  const totals = new Totals(shares)
  const worker = new URL('seed-worker.ts', import.meta.url)
  const running = runShares({ shares, worker, onReport: (report: SeedReport) => totals.add(report) })
  console.log(`seeds ${from} to ${to}, threads: ${jobs}; Ctrl-C ends with what was found by then`)
  const isStopped = await running
  const { coverage, failures, seeds } = totals
  const { next } = totals.progress
  console.log(totals.line)
  console.log(coverage.entries.map(([what, count]) => `${what} ${count}`).join(', '))
  const missing = coverage.missing(demandedOf(options))
  if (missing.length > 0) console.log(`never happened: ${missing.join(', ')}`)
  if (next <= to) console.log(`not all of them: go on with --seeds ${next}..${to}`)
  if (failures > 0 || (seeds >= COVERING_SEEDS && missing.length > 0)) return 1
  return isStopped ? STOPPED_EXIT_CODE : 0
}
