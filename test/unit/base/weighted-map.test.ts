import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { WeightedMap } from '../../../src/base/bounded.ts'

const LIMITS = { entriesMax: 8, weightMax: 100, weightOf: (weight: number) => weight }

function keysOf(map: WeightedMap<number, number>): readonly number[] {
  return [...map.entries()].map(([key]) => key)
}

describe('a WeightedMap', () => {
  it('keeps so many light ones', () => {
    const map = new WeightedMap<number, number>(LIMITS)
    for (let key = 0; key < 10; key++) map.set(key, 1)
    expect(keysOf(map)).toEqual([2, 3, 4, 5, 6, 7, 8, 9])
  })

  it('keeps fewer heavy ones, and the newest however heavy it is', () => {
    const map = new WeightedMap<number, number>(LIMITS)
    for (let key = 0; key < 5; key++) map.set(key, 30)
    expect(keysOf(map)).toEqual([2, 3, 4])
    map.set(5, 101)
    expect(keysOf(map)).toEqual([5])
    map.delete(5)
    map.set(6, 100)
    map.set(6, 50)
    map.set(7, 50)
    expect(keysOf(map)).toEqual([6, 7])
  })

  it('holds what was set last, within its limits, whatever is set again or deleted', () => {
    const step = fc.record({ key: fc.nat(12), weight: fc.nat(60), isDeletion: fc.boolean() })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const map = new WeightedMap<number, number>(LIMITS)
        const model = new Map<number, number>()
        for (const { key, weight, isDeletion } of steps) {
          model.delete(key)
          if (isDeletion) map.delete(key)
          else {
            map.set(key, weight)
            model.set(key, weight)
          }
          const held = keysOf(map)
          expect(held).toEqual([...model.keys()].slice(model.size - held.length))
          expect(held.length).toBeLessThanOrEqual(LIMITS.entriesMax)
          expect(held.reduce((sum, each) => sum + (model.get(each) ?? 0), 0)).toBeLessThanOrEqual(LIMITS.weightMax)
          expect(map.get(key)).toBe(isDeletion ? undefined : weight)
        }
      }),
    )
  })
})
