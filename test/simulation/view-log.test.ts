/** What a replay prints has to be what happened. */
import { describe, expect, test } from 'vitest'
import { TokenCrypto } from '../../src/simulation/host/simulated-crypto.ts'
import { campaignScenario, FAULT_KINDS } from '../../src/simulation/scenario.ts'
import { Simulator } from '../../src/simulation/simulate.ts'
import { STRATEGIES } from '../../src/simulation/strategies/all.ts'
import { Timeline } from '../../src/simulation/timeline.ts'
import { TwinSimulator } from '../../src/simulation/twins/twin-simulator.ts'
import { TwinTimeline } from '../../src/simulation/twins/twin-timeline.ts'
import { printViews, type ViewOutcome } from '../../src/simulation/view-log.ts'

const QUORUM = 3

function replay(seed: number, strategies: readonly string[]): readonly ViewOutcome[] {
  const timeline = new Timeline()
  const result = new Simulator(STRATEGIES).run(
    campaignScenario(seed, { nodes: 4, faults: FAULT_KINDS, strategies }),
    timeline,
  )
  expect(result.failure).toBeNull()
  return timeline.views.outcomes
}

describe('the log of views', () => {
  test('names for every final block its one proposer and a quorum that voted, twice', () => {
    const final = replay(5, []).flatMap(({ blocks }) => blocks.filter(({ finalMs }) => finalMs !== null))
    expect(final.length).toBeGreaterThan(5)
    for (const { proposers, voters } of final) {
      expect(proposers).toHaveLength(1)
      expect(voters.length).toBeGreaterThanOrEqual(QUORUM)
    }
    expect(final.map(({ height }) => height)).toEqual(final.map((_, index) => index + 1))
  })

  test('says of a view without a final block who gave it up, and why', () => {
    const outcomes = replay(5, []).slice(0, -1)
    const given = outcomes.filter(({ blocks }) => blocks.every(({ finalMs }) => finalMs === null))
    expect(given.length).toBeGreaterThan(0)
    for (const { timeouts } of given) {
      expect(timeouts.length).toBeGreaterThanOrEqual(QUORUM)
      expect(timeouts.every(({ reason }) => reason !== null)).toBe(true)
    }
  })

  test('shows both blocks of a leader that runs twice', () => {
    const whole = [1, 1, 1, 1, 1]
    const views = [
      { leader: 0, parts: [1, 1, 1, 2, 2] },
      { leader: 1, parts: whole },
    ]
    const timeline = new TwinTimeline()
    new TwinSimulator(new TokenCrypto()).run({ validators: 4, twins: [0], views }, timeline)
    const [first] = timeline.views.outcomes
    expect(first?.blocks.map(({ proposers }) => proposers)).toEqual([[0], [4]])
    expect(printViews(timeline.views.outcomes)).toMatch(/epoch 1 view {3}1 .*, by 0;.*\n.*, by 4;/)
  })
})
