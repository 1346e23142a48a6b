import { describe, expect, it } from 'vitest'
import { MissedViews } from '../../../src/replica/governance/missed-views.ts'
import type { Header } from '../../../src/types/header.ts'
import type { Address, View } from '../../../src/types/ids.ts'

const NAMES = ['0xa', '0xb', '0xc', '0xd'].map((name) => name as Address)
const SILENT = '0xb' as Address
const leaderOf = (view: View): Address | undefined => NAMES[view % NAMES.length]
const block = (view: View, justifyView: View): Header => ({ consensus: { view, justifyView } }) as Header

/** Every view of the leaders that are not silent makes a block. */
function watch(policy: { missedLeaderViewsMax: number; leaderViewsWindow: number }, silent: Address[], until: View) {
  const missed = new MissedViews(policy)
  let last = 0
  for (let view = 1; view <= until; view++)
    if (!silent.includes(leaderOf(view) as Address)) {
      missed.onFinal(block(view, last), leaderOf)
      last = view
    }
  return missed
}

describe('the policy on missed leader views', () => {
  it('names who missed more than it allows of its last ones, and nobody before there are so many', () => {
    const policy = { missedLeaderViewsMax: 4, leaderViewsWindow: 5 }
    expect(watch(policy, [SILENT], 16).silent).toEqual([])
    expect(watch(policy, [SILENT], 16 + 2).silent).toEqual([{ validator: '0xb', missed: 5 }])
    expect(watch(policy, [], 100).silent).toEqual([])
  })

  it('forgives who leads again', () => {
    const policy = { missedLeaderViewsMax: 2, leaderViewsWindow: 5 }
    const missed = watch(policy, [SILENT], 30)
    expect(missed.silent).toEqual([{ validator: '0xb', missed: 5 }])
    for (let view = 31; view <= 31 + 12; view++) missed.onFinal(block(view, view - 1), leaderOf)
    expect(missed.silent).toEqual([])
  })

  it('forgets who is no validator any more', () => {
    const missed = watch({ missedLeaderViewsMax: 0, leaderViewsWindow: 2 }, [SILENT], 30)
    missed.keepOnly(NAMES.filter((name) => name !== SILENT))
    expect(missed.silent).toEqual([])
  })

  it('accuses nobody when it is off', () => {
    expect(watch({ missedLeaderViewsMax: 0, leaderViewsWindow: 0 }, [SILENT], 100).silent).toEqual([])
  })

  it('looks at no more views than it counts, however many failed in a row', () => {
    const missed = watch({ missedLeaderViewsMax: 1, leaderViewsWindow: 3 }, [], 12)
    let asked = 0
    missed.onFinal(block(2 ** 40, 12), (view) => {
      asked += 1
      return leaderOf(view)
    })
    expect(asked).toBeLessThan(50)
    expect(Math.max(...missed.silent.map(({ missed: count }) => count))).toBe(3)
  })
})
