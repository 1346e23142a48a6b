import { describe, expect, it } from 'vitest'
import { Coverage } from '../../src/simulation/coverage.ts'
import { expectToHold, scenarioFor } from './seeds.ts'

const SEEDS = 60
const SECONDS_MAX = 600

describe('four replicas under random faults and lies', () => {
  it(
    `keep every invariant: one chain, no lost receipt, no second signature, progress once all is well (${SEEDS} seeds)`,
    () => {
      const coverage = new Coverage()
      for (let seed = 1; seed <= SEEDS; seed++) coverage.add(expectToHold(scenarioFor(seed)).coverage)
      expect(coverage.missing).toEqual([])
    },
    SECONDS_MAX * 1000,
  )
})

describe('seven replicas under random faults and lies', () => {
  it('keep every invariant', { timeout: SECONDS_MAX * 1000 }, () => {
    for (let seed = 1001; seed <= 1004; seed++) expectToHold(scenarioFor(seed, 7))
  })
})
