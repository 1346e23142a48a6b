import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { toHex } from '../../../src/base/bytes.ts'
import { leaderSchedule, leaderWeights } from '../../../src/ledger/leader-schedule.ts'
import type { Hash } from '../../../src/types/ids.ts'

const seedOf = (n: number): Hash => toHex(new Uint8Array(32).fill(n)) as Hash
const leading = (n: number) => Array.from({ length: n }, () => ({ leads: true }))
const seeds = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => toHex(bytes) as Hash)

describe('the leader schedule', () => {
  test('of full weights has each validator once in each of four rounds', () => {
    fc.assert(
      fc.property(seeds, fc.integer({ min: 1, max: 60 }), (seed, n) => {
        const schedule = leaderSchedule(leading(n), Array(n).fill(4), seed, n)
        for (let round = 0; round < 4; round++)
          expect([...schedule.slice(round * n, (round + 1) * n)].sort((a, b) => a - b)).toEqual([...Array(n).keys()])
      }),
    )
  })

  test('has each validator as often as its weight says, and no more than 2t faulty leaders in a row', () => {
    fc.assert(
      fc.property(seeds, fc.integer({ min: 1, max: 5 }), (seed, t) => {
        const n = 3 * t + 1
        const weights = Array.from({ length: n }, (_, index) => (index < t ? 1 : 4))
        const schedule = leaderSchedule(leading(n), weights, seed, n - t)
        for (const [index, weight] of weights.entries())
          expect(schedule.filter((leader) => leader === index)).toHaveLength(weight)
        const full = leaderSchedule(leading(n), Array(n).fill(4), seed, n - t)
        let run = 0
        for (const leader of [...full, ...full]) {
          run = leader < t ? run + 1 : 0
          expect(run).toBeLessThanOrEqual(2 * t)
        }
      }),
      { numRuns: 50 },
    )
  })

  test('gives everyone that leads full weight when fewer than a quorum have it', () => {
    const schedule = leaderSchedule(leading(4), [4, 4, 1, 1], seedOf(1), 3)
    for (let index = 0; index < 4; index++) expect(schedule.filter((leader) => leader === index)).toHaveLength(4)
  })

  test('leaves out who does not lead, unless that is everybody', () => {
    const members = [{ leads: true }, { leads: false }, { leads: true }, { leads: true }]
    expect(leaderSchedule(members, [4, 4, 4, 4], seedOf(1), 3)).not.toContain(1)
    const nobody = members.map(() => ({ leads: false }))
    expect(leaderSchedule(nobody, [4, 4, 4, 4], seedOf(1), 3).toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3])
  })

  test('is fixed by its seed (golden)', () => {
    expect(leaderSchedule(leading(4), [4, 4, 4, 4], seedOf(1), 3)).toEqual([
      3, 2, 0, 1, 2, 3, 1, 0, 0, 2, 1, 3, 2, 0, 3, 1,
    ])
    expect(leaderSchedule(leading(4), [4, 4, 4, 4], seedOf(2), 3)).not.toEqual(
      leaderSchedule(leading(4), [4, 4, 4, 4], seedOf(1), 3),
    )
  })

  test('shuffles without favour: each validator leads first about equally often', () => {
    const first = [0, 0, 0, 0, 0, 0, 0]
    for (let n = 0; n < 7_000; n++) {
      const seed = toHex(new Uint8Array(32).map((_, index) => (index === 0 ? n >> 8 : n & 0xff))) as Hash
      const [leader = 0] = leaderSchedule(leading(7), Array(7).fill(1), seed, 0)
      first[leader] = (first[leader] ?? 0) + 1
    }
    for (const count of first) expect(Math.abs(count - 1_000)).toBeLessThan(150)
  })
})

describe('leader weights', () => {
  test('fall to one for who misses more than a quarter of its views, or has not voted', () => {
    const voted = 10
    expect(
      leaderWeights([
        { proposed: 3, missed: 1, voted },
        { proposed: 2, missed: 1, voted },
        { proposed: 0, missed: 0, voted },
        { proposed: 9, missed: 0, voted: 0 },
      ]),
    ).toEqual([4, 1, 4, 1])
  })
})
