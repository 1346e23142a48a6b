/** Runs seed after seed and says of each what there is to add up. */
import type { Coverage } from '../../src/simulation/coverage.ts'
import type { Scenario } from '../../src/simulation/scenario.ts'
import { shrink } from '../../src/simulation/shrink.ts'
import type { RunResult } from '../../src/simulation/world.ts'
import { scenarioFor, simulator } from './options.ts'

export interface SeedShare {
  readonly from: number
  readonly to: number
  /** Every how many-th seed is ours. */
  readonly step: number
  /** Since the Unix epoch, in milliseconds; no seed is begun later. */
  readonly untilMs: number
}

export interface SeedReport {
  /** Its first seed. */
  readonly share: number
  /** All of its seeds below are done. */
  readonly next: number
  readonly views: number
  readonly coverage: Coverage['entries']
  /** Null when every invariant held, otherwise what to print. */
  readonly failure: string | null
}

export function* runSeeds({ from, to, step, untilMs }: SeedShare): Generator<SeedReport> {
  for (let seed = from; seed <= to && Date.now() < untilMs; seed += step) {
    const scenario = scenarioFor(seed)
    const result = simulator.run(scenario)
    const failure = result.failure === null ? null : describe(scenario, result)
    yield { share: from, next: seed + step, views: result.views, coverage: result.coverage.entries, failure }
  }
}

function describe(scenario: Scenario, result: RunResult): string {
  const smaller = shrink(
    scenario,
    (candidate) => simulator.run(candidate).failure?.invariant === result.failure?.invariant,
  )
  return `seed ${scenario.seed}: ${result.failure?.message ?? ''}\n  smallest scenario that still fails: ${JSON.stringify(smaller)}`
}
