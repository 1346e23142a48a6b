import { expect, it } from 'vitest'
import { COVERED, Coverage, demandedOf } from '../../src/simulation/coverage.ts'
import { FAULT_KINDS } from '../../src/simulation/scenario.ts'

const ALL = { nodes: 4, faults: FAULT_KINDS, strategies: null }

it('a campaign of every fault and liar has to show everything that is counted', () => {
  expect(demandedOf(ALL)).toEqual(COVERED)
})

it('a campaign need not show what its options leave out, and has to show the rest', () => {
  const without = (options: Partial<typeof ALL>) => {
    const demanded = demandedOf({ ...ALL, ...options })
    return COVERED.filter((what) => !demanded.includes(what))
  }
  expect(without({ faults: FAULT_KINDS.filter((kind) => kind !== 'partition') })).toEqual(['partition'])
  expect(demandedOf({ ...ALL, strategies: [] })).not.toContain('evidence found')
  expect(demandedOf({ ...ALL, faults: [] })).toEqual(
    expect.arrayContaining(['commit', 'tc', 'evidence found', 'validator removed', 'key changed']),
  )
  expect(demandedOf({ ...ALL, faults: [] })).not.toContain('crash')
})

it('names what was to happen and has not', () => {
  const coverage = new Coverage()
  coverage.hit('commit')
  expect(coverage.missing(['commit', 'view'])).toEqual(['view'])
})
