import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RecoveredChain } from '../../../src/replica/recovered-chain.ts'
import {
  BLOCK_RECORD,
  COMMIT_RECORD,
  encodeBlockRecord,
  encodeCommitRecord,
} from '../../../src/storage/journal-records.ts'
import type { Block } from '../../../src/types/block.ts'
import { Committee } from '../consensus/committee.ts'

const committee = new Committee(4)
const chain = committee.chain(8)
const at = (height: number): Block => chain[height - 1] as Block
const position = { segment: 1, offset: 0, length: 0 }
const GENESIS = { height: 0, hash: committee.rootHash }

/** What the journal holds: heights of blocks, negative ones for their certificates. */
function recovered(entries: readonly (number | Block)[], tip = GENESIS): RecoveredChain {
  const found = new RecoveredChain(tip)
  for (const entry of entries) {
    if (typeof entry !== 'number') found.visit(BLOCK_RECORD, encodeBlockRecord(entry), position)
    else if (entry > 0) found.visit(BLOCK_RECORD, encodeBlockRecord(at(entry)), position)
    else
      found.visit(
        COMMIT_RECORD,
        encodeCommitRecord(-entry, { certificate: committee.commitQcOf(at(-entry)), suffix: [] }),
        position,
      )
  }
  return found
}
const heights = (blocks: readonly Block[]): number[] => blocks.map(({ header }) => header.height)
const rangesOf = (found: RecoveredChain): number[][] => found.ranges().map(({ blocks }) => heights(blocks))

describe('what a restart finds in the journal', () => {
  it('is final as far as a certificate reaches, and pending beyond', () => {
    const found = recovered([1, 2, 3, 4, 5, -1, -3])
    expect(rangesOf(found)).toEqual([[1], [2, 3]])
    expect(found.ranges().map(({ finality }) => finality.certificate.blockHash)).toEqual([at(1).hash, at(3).hash])
    expect(heights(found.pending())).toEqual([4, 5])
    expect(found.positions.size).toBe(5)
  })

  it('does not depend on the order of the records', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([1, 2, 3, 4, 5, 6, -2, -5], { minLength: 8 }), (entries) => {
        const found = recovered(entries)
        expect(rangesOf(found)).toEqual([
          [1, 2],
          [3, 4, 5],
        ])
        expect(heights(found.pending())).toEqual([6])
      }),
    )
  })

  it('begins above the tip of the store', () => {
    const found = recovered([1, 2, 3, 4, -2, -4], { height: 2, hash: at(2).hash })
    expect(rangesOf(found)).toEqual([[3, 4]])
    expect(found.positions.size).toBe(2)
  })

  it('follows the final chain past blocks that lost', () => {
    const loser = committee.block({ view: 9, parent: at(1), justify: committee.qcOf(at(1)), tc: null })
    const found = recovered([1, loser, 2, -2])
    expect(rangesOf(found)).toEqual([[1, 2]])
    expect(found.pending()).toEqual([loser])
  })

  it('ends where a block is missing, and counts nothing of it twice', () => {
    expect(rangesOf(recovered([1, 2, 4, -1, -4]))).toEqual([[1]])
    expect(rangesOf(recovered([1, 1, 2, 2, -2, -2]))).toEqual([[1, 2]])
    expect(rangesOf(recovered([-3]))).toEqual([])
    expect(rangesOf(recovered([]))).toEqual([])
  })

  it('is taken up again in bounded number, parents first', () => {
    const many = Array.from({ length: 300 }, (_, n) => committee.block({ view: 300 - n, justify: committee.root }))
    const pending = recovered(many).pending()
    expect(pending).toHaveLength(256)
    const views = pending.map(({ header }) => header.consensus.view)
    expect(views).toEqual(views.toSorted((a, b) => a - b))
  })
})
