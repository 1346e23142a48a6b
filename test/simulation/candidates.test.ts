import { describe, expect, it } from 'vitest'
import { FAULT_KINDS, scenarioOf } from '../../src/simulation/scenario.ts'
import { Simulator } from '../../src/simulation/simulate.ts'
import { STRATEGIES } from '../../src/simulation/strategies/all.ts'

const RUNS = 3

describe('nodes that wait to become validators', () => {
  it('sign nothing, and follow the chain to its end through every fault', { timeout: 120_000 }, () => {
    const simulator = new Simulator(STRATEGIES)
    for (let seed = 1; seed <= RUNS; seed++) {
      const signers = new Set<number>()
      const scenario = { ...scenarioOf(seed, { nodes: 4, faults: FAULT_KINDS, strategies: [] }), candidates: 2 }
      const { failure, heights } = simulator.run(scenario, null, [{ onSign: ({ index }) => signers.add(index) }])
      expect(failure?.message, `seed ${seed}`).toBeUndefined()
      expect(heights).toHaveLength(6)
      expect(heights[5]).toBeGreaterThan(0)
      expect([...signers].filter((index) => index >= 4)).toEqual([])
    }
  })
})
