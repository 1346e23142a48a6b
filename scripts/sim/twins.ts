/** Searches the scenarios in which a validator runs twice, or shows one of them. */
import { readFileSync } from 'node:fs'
import { TWIN_ENCOUNTERS, type TwinEncounter } from '../../src/simulation/twins/twin-run.ts'
import { readTwinScenario, type TwinScenario } from '../../src/simulation/twins/twin-scenario.ts'
import { TwinSimulator } from '../../src/simulation/twins/twin-simulator.ts'
import { TwinSpace } from '../../src/simulation/twins/twin-space.ts'
import { TwinTimeline } from '../../src/simulation/twins/twin-timeline.ts'
import { BadOption, crypto, options } from './options.ts'
import { runShares, STOPPED_EXIT_CODE } from './run-shares.ts'
import { ShareProgress } from './share-progress.ts'
import { showTimeline } from './show-timeline.ts'
import type { TwinReport, TwinShare } from './twin-search.ts'

const PROGRESS_MS = 10_000
/** From so many scenarios on, everything that is counted must have happened. */
const COVERING_SCENARIOS = 2_000
const FAILURES_PRINTED_MAX = 10

/** Resolves to the exit code. */
export async function twins(): Promise<number> {
  if (options.scenario !== undefined) return show(scenarioIn(options.scenario), options.scenario)
  const { size } = new TwinSpace(options.views)
  if (options.replay !== null) return show(scenarioAt(options.replay), `#${options.replay}`)
  const total = options.sample ?? size - options.from
  if (total <= 0) throw new BadOption(`--from: there are ${size} scenarios of ${options.views} views`)
  return search(total, size)
}

function scenarioAt(index: number): TwinScenario {
  const space = new TwinSpace(options.views)
  if (index >= space.size) throw new BadOption(`--replay: there are ${space.size} scenarios of ${options.views} views`)
  return space.at(index)
}

function scenarioIn(file: string): TwinScenario {
  let json: unknown
  try {
    json = JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    throw new BadOption(`--scenario: ${error instanceof Error ? error.message : String(error)}`)
  }
  const read = readTwinScenario(json)
  if (!read.ok) throw new BadOption(`--scenario: ${file}: ${read.error}`)
  return read.value
}

function show(scenario: TwinScenario, name: string): number {
  const timeline = new TwinTimeline()
  const { failure, guilty } = new TwinSimulator(crypto).run(scenario, timeline)
  showTimeline(scenario, timeline)
  console.log(
    `${name}: ${failure?.message ?? 'every invariant holds'}; proven guilty: ${guilty.join(', ') || 'nobody'}`,
  )
  return failure === null ? 0 : 1
}

async function search(total: number, size: number): Promise<number> {
  const { jobs, untilMs } = options
  const shares = Array.from({ length: jobs }, (_, job): TwinShare => ({ first: job, total, step: jobs, untilMs }))
  const totals = new Totals(total, shares)
  const worker = new URL('twin-worker.ts', import.meta.url)
  const running = runShares({ shares, worker, onReport: (report: TwinReport) => totals.add(report) })
  const which = options.sample === null ? 'all of them' : `${total} drawn`
  console.log(`${size} scenarios of ${options.views} views; ${which}; Ctrl-C ends with what was found by then`)
  const isStopped = await running
  return totals.finish() || (isStopped ? STOPPED_EXIT_CODE : 0)
}

class Totals {
  readonly #total: number
  readonly #startCpu = process.cpuUsage()
  readonly #met = new Map<TwinEncounter, number>(TWIN_ENCOUNTERS.map((what) => [what, 0]))
  readonly #progress: ShareProgress
  #reportedMs = performance.now()
  #scenarios = 0
  #views = 0
  #failures = 0

  constructor(total: number, shares: readonly TwinShare[]) {
    this.#total = total
    this.#progress = new ShareProgress(shares.map(({ first }) => first))
  }

  add({ share, next, scenarios, views, met, failures }: TwinReport): void {
    this.#progress.reached(share, next)
    this.#scenarios += scenarios
    this.#views += views
    for (const [what, count] of met) this.#met.set(what, (this.#met.get(what) ?? 0) + count)
    for (const failure of failures) {
      this.#failures += 1
      if (this.#failures <= FAILURES_PRINTED_MAX) console.log(failure)
    }
    if (performance.now() - this.#reportedMs < PROGRESS_MS) return
    this.#reportedMs = performance.now()
    console.log(this.#line)
  }

  finish(): number {
    const missing = [...this.#met].filter(([, count]) => count === 0).map(([what]) => what)
    console.log(this.#line)
    console.log([...this.#met].map(([what, count]) => `${what} ${count}`).join(', '))
    if (missing.length > 0) console.log(`never happened: ${missing.join(', ')}`)
    if (this.#scenarios < this.#total && options.sample === null)
      console.log(`not all of them: go on with --from ${options.from + this.#progress.next}`)
    return this.#failures === 0 && (this.#scenarios < COVERING_SCENARIOS || missing.length === 0) ? 0 : 1
  }

  get #line(): string {
    const { user, system } = process.cpuUsage(this.#startCpu)
    const perCore = (this.#scenarios * 1e6) / (user + system)
    return `${this.#scenarios} of ${this.#total} scenarios (${perCore.toFixed(0)} per second and core), ${this.#views} views, ${this.#failures} failed`
  }
}
