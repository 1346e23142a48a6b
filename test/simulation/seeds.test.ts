import { describe, expect, it } from 'vitest'
import { Coverage } from '../../src/simulation/coverage.ts'
import { expectToHold, scenarioFor } from './seeds.ts'

const SEEDS = 500
const SEEDS_PER_TEST = 50
/** A busy machine takes many times as long; a hang ends. */
const SECONDS_MAX = 600

describe('four replicas under random faults and lies', () => {
  const coverage = new Coverage()
  const firstSeeds = Array.from({ length: SEEDS / SEEDS_PER_TEST }, (_, index) => 1 + index * SEEDS_PER_TEST)

  it.each(firstSeeds)(
    `keep every invariant: one chain, no lost receipt, no second signature, progress once all is well (${SEEDS_PER_TEST} seeds from %i)`,
    (first) => {
      for (let seed = first; seed < first + SEEDS_PER_TEST; seed++)
        coverage.add(expectToHold(scenarioFor(seed)).coverage)
    },
    SECONDS_MAX * 1000,
  )

  it('meet everything that a campaign counts', () => {
    expect(coverage.missing).toEqual([])
  })
})

describe('seven replicas under random faults and lies', () => {
  it('keep every invariant', { timeout: SECONDS_MAX * 1000 }, () => {
    for (let seed = 1001; seed <= 1004; seed++) expectToHold(scenarioFor(seed, 7))
  })
})
