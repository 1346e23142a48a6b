/** Runs scenarios for tests: a failure names its seed and says how to see it again. */
import { expect } from 'vitest'
import { campaignScenario, FAULT_KINDS, type Scenario } from '../../src/simulation/scenario.ts'
import { Simulator } from '../../src/simulation/simulate.ts'
import { STRATEGIES } from '../../src/simulation/strategies/all.ts'
import type { RunResult } from '../../src/simulation/world.ts'

const simulator = new Simulator(STRATEGIES)

/** As the campaign runner does it: even seeds have liars. */
export function scenarioFor(seed: number, nodes = 4): Scenario {
  return campaignScenario(seed, {
    nodes,
    faults: FAULT_KINDS,
    strategies: seed % 2 === 0 ? [...STRATEGIES.keys()] : [],
  })
}

export function expectToHold(scenario: Scenario): RunResult {
  const result = simulator.run(scenario)
  expect(result.failure?.message ?? 'holds', `npm run sim -- --replay ${scenario.seed} --trace`).toBe('holds')
  return result
}
