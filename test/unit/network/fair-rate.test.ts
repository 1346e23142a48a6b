import { describe, expect, it } from 'vitest'
import { FairRate } from '../../../src/network/fair-rate.ts'
import type { PeerId } from '../../../src/network/port.ts'

const PER_SECOND = 20
const START_MS = 5_000
const SECONDS = 10

/** How many answers each gets in ten seconds, when it asks every so many milliseconds. */
function answers(periodsMs: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
  const rate = new FairRate(PER_SECOND, START_MS)
  const taken = Object.fromEntries(Object.keys(periodsMs).map((name) => [name, 0]))
  for (let ms = 0; ms < SECONDS * 1_000; ms++)
    for (const [name, periodMs] of Object.entries(periodsMs))
      if (ms % periodMs === 0 && rate.take(name as PeerId, START_MS + ms)) taken[name] = (taken[name] ?? 0) + 1
  return taken
}

describe('a rate that peers share', () => {
  it('is all for one that asks alone, and no more than it', () => {
    const { alone = 0 } = answers({ alone: 1 })
    expect(alone).toBeGreaterThanOrEqual(SECONDS * PER_SECOND)
    // One second's worth was saved up.
    expect(alone).toBeLessThanOrEqual((SECONDS + 1) * PER_SECOND)
  })

  it('is not used up by a peer that asks without end: another that asks at leisure gets its half', () => {
    const { greedy = 0, modest = 0 } = answers({ greedy: 1, modest: 40 })
    expect(modest).toBeGreaterThanOrEqual((SECONDS * PER_SECOND) / 2 - 1)
    expect(greedy + modest).toBeLessThanOrEqual((SECONDS + 1) * PER_SECOND)
  })

  it('gives what somebody does not ask for to the others', () => {
    const { greedy = 0, rare = 0 } = answers({ greedy: 1, rare: 2_500 })
    expect(rare).toBe(SECONDS / 2.5)
    expect(greedy).toBeGreaterThan(SECONDS * PER_SECOND * 0.75)
  })

  it('is shared by a crowd, none of which gets less than half its share', () => {
    const size = 32
    const crowd = Object.fromEntries(Array.from({ length: size }, (_, index) => [`peer ${index}`, 7 + index]))
    const taken = Object.values(answers(crowd))
    expect(Math.min(...taken)).toBeGreaterThanOrEqual(Math.floor((SECONDS * PER_SECOND) / size / 2))
    expect(taken.reduce((sum, count) => sum + count, 0)).toBeLessThanOrEqual((SECONDS + 1) * PER_SECOND)
  })
})
