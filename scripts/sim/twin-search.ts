/** Runs a share of the scenarios and says what there is to add up. */
import { shrinkTwins } from '../../src/simulation/twins/shrink-twins.ts'
import type { TwinEncounter } from '../../src/simulation/twins/twin-run.ts'
import type { TwinScenario } from '../../src/simulation/twins/twin-scenario.ts'
import { TwinSimulator } from '../../src/simulation/twins/twin-simulator.ts'
import { TwinSpace } from '../../src/simulation/twins/twin-space.ts'
import { crypto, options } from './options.ts'

export interface TwinShare {
  readonly first: number
  readonly total: number
  /** Every how many-th scenario is ours. */
  readonly step: number
  /** Since the Unix epoch, in milliseconds. */
  readonly untilMs: number
}

export interface TwinReport {
  /** Its first position. */
  readonly share: number
  /** All of its positions below are done. */
  readonly next: number
  readonly scenarios: number
  readonly views: number
  readonly met: readonly (readonly [TwinEncounter, number])[]
  readonly failures: readonly string[]
}

const SCENARIOS_PER_REPORT = 200

export function* searchTwins({ first, total, step, untilMs }: TwinShare): Generator<TwinReport> {
  const space = new TwinSpace(options.views)
  const simulator = new TwinSimulator(crypto)
  let position = first
  while (position < total && Date.now() < untilMs) {
    const met = new Map<TwinEncounter, number>()
    const failures: string[] = []
    let scenarios = 0
    let views = 0
    for (; position < total && scenarios < SCENARIOS_PER_REPORT; position += step) {
      const index = options.sample === null ? options.from + position : space.draw(options.seed, position)
      const scenario = space.at(index)
      const result = simulator.run(scenario)
      scenarios += 1
      views += result.views
      for (const what of result.met) met.set(what, (met.get(what) ?? 0) + 1)
      if (result.failure !== null)
        failures.push(
          `#${index}: ${result.failure.message}\n  ${smallest(simulator, scenario, result.failure.invariant)}`,
        )
    }
    yield { share: first, next: position, scenarios, views, met: [...met], failures }
  }
}

function smallest(simulator: TwinSimulator, scenario: TwinScenario, invariant: string): string {
  const smaller = shrinkTwins(scenario, (candidate) => simulator.run(candidate).failure?.invariant === invariant)
  return `smallest scenario that still fails: ${JSON.stringify(smaller)}`
}
