import { describe, expect, it } from 'vitest'
import { FAULT_KINDS, scenarioOf } from '../../src/simulation/scenario.ts'
import { Simulator } from '../../src/simulation/simulate.ts'
import { STRATEGIES } from '../../src/simulation/strategies/all.ts'

const HONEST = 20
const LYING = 12

/** Epochs of three to eight blocks: several of them end in every run. */
function run(seed: number, strategies: readonly string[]) {
  const scenario = scenarioOf(seed, { nodes: 4, faults: FAULT_KINDS, strategies })
  return new Simulator(STRATEGIES).run({ ...scenario, epochBlocks: 3 + (seed % 6) })
}

describe('networks whose epochs end', () => {
  it('keep every invariant under every fault', { timeout: 300_000 }, () => {
    let ended = 0
    for (let seed = 1; seed <= HONEST; seed++) {
      const { failure, coverage } = run(seed, [])
      expect(failure?.message, `seed ${seed}`).toBeUndefined()
      ended += coverage.count('epoch ended')
    }
    expect(ended).toBeGreaterThan(HONEST * 4)
  })

  it('keep every invariant with a liar among them', { timeout: 300_000 }, () => {
    for (let seed = 101; seed < 101 + LYING; seed++)
      expect(run(seed, [...STRATEGIES.keys()]).failure?.message, `seed ${seed}`).toBeUndefined()
  })
})
