import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BlockCache } from '../../../src/storage/block-cache.ts'
import type { FinalBlock } from '../../../src/types/final-block.ts'

const BLOCKS_MAX = 256
const TRANSACTIONS_MAX = 32_768

function withTransactions(length: number): FinalBlock {
  return { transactions: { length } } as FinalBlock
}

function kept(cache: BlockCache, heights: readonly number[]): readonly number[] {
  return heights.filter((height) => cache.get(height) !== undefined)
}

describe('the cache of final blocks', () => {
  it('keeps so many small ones', () => {
    const cache = new BlockCache()
    const heights = Array.from({ length: BLOCKS_MAX + 10 }, (_, height) => height)
    for (const height of heights) cache.set(height, withTransactions(1))
    expect(kept(cache, heights)).toEqual(heights.slice(10))
  })

  it('keeps fewer large ones, and the newest however large it is', () => {
    const cache = new BlockCache()
    const heights = [1, 2, 3, 4, 5, 6, 7, 8]
    for (const height of heights) cache.set(height, withTransactions(5_000))
    expect(kept(cache, heights)).toEqual([3, 4, 5, 6, 7, 8])
    cache.set(9, withTransactions(TRANSACTIONS_MAX + 1))
    expect(kept(cache, [...heights, 9])).toEqual([9])
  })

  it('holds those set last, within its bounds, whatever is set again', () => {
    const sets = fc.array(fc.tuple(fc.nat(20), fc.integer({ min: 0, max: 12_000 })), { minLength: 1, maxLength: 60 })
    fc.assert(
      fc.property(sets, (blocks) => {
        const cache = new BlockCache()
        const sizes = new Map<number, number>()
        for (const [height, transactions] of blocks) {
          cache.set(height, withTransactions(transactions))
          sizes.delete(height)
          sizes.set(height, transactions)
        }
        const newestFirst = [...sizes.keys()].reverse()
        const held = kept(cache, newestFirst)
        expect(held.length).toBeGreaterThan(0)
        expect(held).toEqual(newestFirst.slice(0, held.length))
        const transactions = held.reduce((sum, height) => sum + (sizes.get(height) ?? 0), 0)
        expect(transactions).toBeLessThanOrEqual(TRANSACTIONS_MAX)
      }),
    )
  })
})
