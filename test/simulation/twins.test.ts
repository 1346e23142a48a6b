import { describe, expect, it } from 'vitest'
import { Random } from '../../src/simulation/random.ts'
import { FAULT_KINDS, type Scenario, scenarioOf } from '../../src/simulation/scenario.ts'
import { Simulator } from '../../src/simulation/simulate.ts'
import { STRATEGIES } from '../../src/simulation/strategies/all.ts'
import { expectToHold } from './seeds.ts'

const VIEWS = 8
const SECONDS_MAX = 600

/** Two full replicas with one key, in a network cut in two otherwise in each view, led by anybody. */
function twinScenario(seed: number, of: readonly number[], nodes = 4): Scenario {
  const random = new Random(seed, 'twins')
  const all = nodes + of.length
  const leaders = Array.from({ length: VIEWS }, () => random.below(nodes))
  const groups = Array.from({ length: VIEWS }, () => Array.from({ length: all }, () => random.below(2)))
  return {
    ...scenarioOf(seed, { nodes, faults: [], strategies: [] }),
    link: { delayMsMin: 1, delayMsMean: 5, slowShare: 0, lossShare: 0, duplicateShare: 0, ordered: true },
    faultyMs: 6_000,
    thinkMs: 20,
    // View v is led by the one at v mod length: each once through the views of the scenario, then all in turn.
    schedule: [0, ...leaders, ...Array.from({ length: 16 * nodes }, (_, index) => index % nodes)],
    twins: { of, groups },
  }
}

describe('a validator that runs twice', () => {
  it('forks nothing and stops nothing, however its views are cut', { timeout: SECONDS_MAX * 1000 }, () => {
    for (let seed = 1; seed <= 8; seed++) expectToHold(twinScenario(seed, [seed % 4]))
  })
})

describe('more liars than are tolerated', () => {
  it('are seen to break agreement, so the checkers can see it', { timeout: SECONDS_MAX * 1000 }, () => {
    const simulator = new Simulator(STRATEGIES)
    const broken = new Set<string>()
    for (let seed = 1; seed <= 60 && broken.size === 0; seed++) {
      const { failure } = simulator.run(twinScenario(seed, [0, 1]))
      if (failure !== null && ['fork', 'two QCs', 'halt', 'hidden lock'].includes(failure.invariant))
        broken.add(failure.invariant)
    }
    expect(broken.size).toBe(1)
  })

  it('stop the network when they are silent, and a client is told nothing', { timeout: SECONDS_MAX * 1000 }, () => {
    const scenario = scenarioOf(1, { nodes: 4, faults: FAULT_KINDS.slice(0, 0), strategies: [] })
    const byzantine = [0, 1].map((node) => ({ node, strategy: 'silent' }))
    const { failure, receipts } = new Simulator(STRATEGIES).run({ ...scenario, byzantine })
    expect([failure?.invariant, receipts]).toEqual(['liveness', 0])
  })
})
