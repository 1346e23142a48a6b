/** Runs scenarios for tests: a failure names its seed and says how to see it again. */
import { expect } from 'vitest'
import { campaignScenario, FAULT_KINDS, type Scenario } from '../../src/simulation/scenario.ts'
import { Simulator } from '../../src/simulation/simulate.ts'
import { STRATEGIES } from '../../src/simulation/strategies/all.ts'
import type { RunResult } from '../../src/simulation/world.ts'

/** Nothing is lost, and there is always something to do. */
export const BRISK = {
  link: { delayMsMin: 1, delayMsMean: 5, slowShare: 0, lossShare: 0, duplicateShare: 0, ordered: true },
  clients: 4,
  thinkMs: 50,
} as const

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
