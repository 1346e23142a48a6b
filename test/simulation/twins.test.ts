import { describe, expect, it } from 'vitest'
import { type PlantedBug, plantBug } from '../../src/base/planted-bug.ts'
import { Random } from '../../src/simulation/random.ts'
import { type Scenario, scenarioOf } from '../../src/simulation/scenario.ts'
import { Simulator } from '../../src/simulation/simulate.ts'
import { STRATEGIES } from '../../src/simulation/strategies/all.ts'
import { TWIN_ENCOUNTERS, type TwinResult } from '../../src/simulation/twins/twin-run.ts'
import { readTwinScenario, type TwinScenario } from '../../src/simulation/twins/twin-scenario.ts'
import { TwinSimulator } from '../../src/simulation/twins/twin-simulator.ts'
import { TwinSpace } from '../../src/simulation/twins/twin-space.ts'
import { expectToHold } from './seeds.ts'

const SECONDS_MAX = 600
const HONEST = [1, 2, 3]

function orders<T>(items: readonly T[]): T[][] {
  if (items.length === 0) return [[]]
  return items.flatMap((first) => orders(items.filter((item) => item !== first)).map((rest) => [first, ...rest]))
}

/** The same whatever the honest are called, whichever twin is the first, and whichever part of the network. */
function nameless({ views }: TwinScenario): string {
  const names = orders(HONEST).flatMap((honest) => [
    [0, ...honest, 4],
    [4, ...honest, 0],
  ])
  const renamed = names.map((places) =>
    views.map(({ leader, parts }) => {
      const moved = places.map((place) => parts[place] ?? 0)
      return [leader === 0 ? 0 : places.indexOf(leader), moved.map((part) => Number(part === moved[0])).join('')]
    }),
  )
  return renamed.map((each) => JSON.stringify(each)).sort((a, b) => (a < b ? -1 : 1))[0] ?? ''
}

function expectTwinsToHold(space: TwinSpace, index: number): TwinResult {
  const scenario = space.at(index)
  const result = new TwinSimulator().run(scenario)
  expect(result.failure?.message ?? 'holds', JSON.stringify(scenario)).toBe('holds')
  return result
}

describe('the scenarios of one twin', () => {
  it('are each there once, whatever the replicas are called', () => {
    const every = new Set<string>()
    const views = [0, 1, 2, 3].flatMap((leader) =>
      Array.from({ length: 32 }, (_, bits) => ({ leader, parts: [0, 1, 2, 3, 4].map((at) => ((bits >> at) & 1) + 1) })),
    )
    for (const one of views)
      for (const other of views) every.add(nameless({ validators: 4, twins: [0], views: [one, other] }))
    const space = new TwinSpace(2)
    const numbered = Array.from({ length: space.size }, (_, index) => nameless(space.at(index)))
    expect(new Set(numbered)).toEqual(every)
    expect(numbered.length).toBe(every.size)
  })

  it('are 1,502,936 of four views', () => {
    expect(new TwinSpace(4).size).toBe(1_502_936)
  })

  it('can be written down and read again, and what makes no sense is refused', () => {
    const scenario = new TwinSpace(4).at(123_456)
    expect(readTwinScenario(JSON.parse(JSON.stringify(scenario)))).toEqual({ ok: true, value: scenario })
    const wrong: unknown[] = [
      null,
      [],
      { ...scenario, extra: 1 },
      { ...scenario, validators: 0 },
      { ...scenario, validators: 1.5 },
      { ...scenario, twins: [4] },
      { ...scenario, twins: [0, 0] },
      { ...scenario, views: {} },
      { ...scenario, views: [{ leader: 4, parts: [1, 1, 1, 1, 1] }] },
      { ...scenario, views: [{ leader: 0, parts: [1, 1, 1, 1] }] },
      { ...scenario, views: [{ leader: 0, parts: [1, 1, 1, 1, -1] }] },
    ]
    for (const each of wrong) expect(readTwinScenario(each).ok, JSON.stringify(each)).toBe(false)
  })
})

describe('a validator that runs twice', { timeout: SECONDS_MAX * 1000 }, () => {
  it('forks nothing and stops nothing, however its views are cut, and is all that is proven guilty', () => {
    const met = new Set<string>()
    const [four, eight] = [new TwinSpace(4), new TwinSpace(8)]
    for (let position = 0; position < 500; position++) {
      const { guilty, met: here } = expectTwinsToHold(four, Math.floor((position * four.size) / 500))
      for (const what of here) met.add(what)
      expect(guilty.filter((validator) => validator !== 0)).toEqual([])
    }
    for (let position = 0; position < 150; position++) expectTwinsToHold(eight, eight.draw(1, position))
    expect(TWIN_ENCOUNTERS.filter((what) => !met.has(what))).toEqual([])
  })

  it('does so neither where a replica is in both parts of the network', () => {
    const random = new Random(1, 'overlapping parts')
    for (let run = 0; run < 60; run++) {
      const views = Array.from({ length: 6 }, () => ({
        leader: random.below(4),
        parts: Array.from({ length: 5 }, () => 1 + random.below(3)),
      }))
      const { failure } = new TwinSimulator().run({ validators: 4, twins: [0], views })
      expect(failure?.message ?? 'holds', JSON.stringify(views)).toBe('holds')
    }
  })

  it('does so neither as whole replicas, with disks, pools and a network', () => {
    const eight = new TwinSpace(8)
    for (let position = 0; position < 8; position++) expectToHold(asWholeReplicas(eight.at(eight.draw(2, position))))
  })

  it.each(['quorum-too-small', 'commit-after-timeout', 'duplicate-vote-counted', 'vote-twice', 'timeout-said-once'])(
    'shows the planted bug %s',
    (bug) => {
      plantBug(bug as PlantedBug)
      try {
        const eight = new TwinSpace(8)
        // The network is made anew: a planted bug may be in what genesis fixes.
        const simulator = new TwinSimulator()
        let isFound = false
        for (let position = 0; position < 1_000 && !isFound; position++)
          isFound = simulator.run(eight.at(eight.draw(1, position))).failure !== null
        expect(isFound).toBe(true)
      } finally {
        plantBug(null)
      }
    },
  )
})

/** Two replicas with one key in a network that is cut as the scenario says, led by whom it says. */
function asWholeReplicas({ validators, twins, views }: TwinScenario): Scenario {
  const turns = Array.from({ length: 16 * validators }, (_, index) => index % validators)
  return {
    ...scenarioOf(1, { nodes: validators, faults: [], strategies: [] }),
    link: { delayMsMin: 1, delayMsMean: 5, slowShare: 0, lossShare: 0, duplicateShare: 0, ordered: true },
    faultyMs: 6_000,
    thinkMs: 20,
    // View v is led by the one at v mod length.
    schedule: [0, ...views.map(({ leader }) => leader), ...turns],
    twins: { of: twins, groups: views.map(({ parts }) => parts) },
  }
}

describe('more liars than are tolerated', { timeout: SECONDS_MAX * 1000 }, () => {
  it('are seen to fork or halt the chain, and then both are proven guilty, and nobody else', () => {
    const random = new Random(1, 'two twins of four')
    const broken = new Set<string>()
    for (let run = 0; run < 150; run++) {
      const views = Array.from({ length: 8 }, () => ({
        leader: random.below(4),
        parts: Array.from({ length: 6 }, () => 1 + random.below(2)),
      }))
      const { failure, guilty } = new TwinSimulator().run({ validators: 4, twins: [0, 1], views })
      if (failure === null) continue
      broken.add(failure.invariant)
      expect(guilty, `${failure.message} ${JSON.stringify(views)}`).toEqual([0, 1])
    }
    expect([...broken]).toEqual(expect.arrayContaining(['fork', 'halt']))
  })

  it('stop the network when they are silent, and a client is told nothing', () => {
    const scenario = scenarioOf(1, { nodes: 4, faults: [], strategies: [] })
    const byzantine = [0, 1].map((node) => ({ node, strategy: 'silent' }))
    const { failure, receipts } = new Simulator(STRATEGIES).run({ ...scenario, byzantine })
    expect([failure?.invariant, receipts]).toEqual(['liveness', 0])
  })
})
