import { expect, it } from 'vitest'
import { type Fault, type Scenario, scenarioOf } from '../../src/simulation/scenario.ts'
import { shrink } from '../../src/simulation/shrink.ts'

const crash = (atMs: number): Fault => ({ kind: 'crash', atMs, node: 0, boundary: 0, downMs: 100 })

it('a scenario that fails by its first fault shrinks to that one, in a short time without later ones', () => {
  const [early, late] = [crash(300), crash(7_000)]
  const drawn = scenarioOf(1, { nodes: 4, faults: [], strategies: [] })
  const moves = [{ kind: 'leave', atMs: 7_500, node: 1 }] as const
  // The late ones cannot be left out alone, only with the time in which they come.
  const fails = ({ faultyMs, faults, moves: made = [] }: Scenario): boolean =>
    faults.includes(early) && (faultyMs < drawn.faultyMs || (faults.includes(late) && made.length > 0))
  const small = shrink({ ...drawn, faults: [early, late], moves }, fails)
  expect(small).toMatchObject({ faultyMs: 500, faults: [early], moves: [], clients: 1 })
})
