import { describe, expect, it } from 'vitest'
import { Pacemaker } from '../../../src/consensus/pacemaker.ts'
import { PARAMETERS } from './core-world.ts'

/** T(r) of the default parameters of these tests: two views at the base, then half as much again each, up to the cap. */
const TIMEOUTS = [1_000, 1_000, 1_000, 1_500, 2_250, 3_375, 5_063, 7_594, 8_000, 8_000]
/** Nobody leads twice. */
const MANY = Array.from({ length: 100 }, (_, index) => index)

describe('the time for a view', () => {
  it('grows with each failed view in a row, up to its cap, and shrinks with each that succeeds', () => {
    const pacemaker = new Pacemaker(PARAMETERS, MANY, 1, 0)
    const timeouts = TIMEOUTS.map((_, failed) => {
      if (failed > 0) pacemaker.enter(failed + 1, 'tc', null)
      return pacemaker.viewTimeoutMs()
    })
    expect(timeouts).toEqual(TIMEOUTS)
    pacemaker.enter(11, 'qc', null)
    pacemaker.enter(12, 'qc', null)
    expect(pacemaker.viewTimeoutMs()).toBe(TIMEOUTS[7])
  })

  it('after a restart is that of the views which have failed since the highest QC', () => {
    for (const [failed, timeoutMs] of TIMEOUTS.entries())
      expect(new Pacemaker(PARAMETERS, MANY, 7 + failed, 6).viewTimeoutMs()).toBe(timeoutMs)
    expect(new Pacemaker(PARAMETERS, MANY, 1, 0).viewTimeoutMs()).toBe(1_000)
  })

  it('is a quarter for a leader that lost its last two views, but in every fourth of its turns, until it is heard', () => {
    const steady = { ...PARAMETERS, viewTimeoutSteadyViews: 1_000 }
    const pacemaker = new Pacemaker(steady, [0], 1, 0)
    const timeouts = Array.from({ length: 9 }, (_, index) => {
      pacemaker.enter(index + 2, 'tc', null)
      return pacemaker.viewTimeoutMs()
    })
    expect(timeouts).toEqual([1_000, 250, 250, 1_000, 250, 250, 250, 1_000, 250])
    pacemaker.heardFromLeader(0)
    expect(pacemaker.viewTimeoutMs()).toBe(1_000)
  })
})
