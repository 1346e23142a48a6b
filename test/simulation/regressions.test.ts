import { describe, expect, it } from 'vitest'
import { type PlantedBug, plantBug } from '../../src/base/planted-bug.ts'
import type { Scenario } from '../../src/simulation/scenario.ts'
import { Simulator } from '../../src/simulation/simulate.ts'
import { STRATEGIES } from '../../src/simulation/strategies/all.ts'
import regressions from './regressions.json' with { type: 'json' }
import { expectToHold } from './seeds.ts'

/** Scenarios that failed once, as they were when shrunk: seeds alone would change with the generator. */
interface Regression {
  readonly found: string
  /** The defect as it was, planted again; none where the simulator itself was wrong, or a unit test shows it. */
  readonly bug?: PlantedBug
  readonly scenario: Scenario
}

describe.each(regressions as readonly Regression[])('a scenario that failed once: $found', ({ bug, scenario }) => {
  it('holds', { timeout: 120_000 }, () => {
    expectToHold(scenario)
  })

  if (bug === undefined) return

  it('fails again when the defect is put back', { timeout: 120_000 }, () => {
    const simulator = new Simulator(STRATEGIES)
    plantBug(bug)
    try {
      expect(simulator.run(scenario).failure).not.toBeNull()
    } finally {
      plantBug(null)
    }
  })
})
