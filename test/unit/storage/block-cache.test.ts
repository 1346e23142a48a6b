/** How much the decoded blocks take that are kept, whatever it is that makes them large. */
import { expect, it } from 'vitest'
import { blockCache } from '../../../src/storage/block-cache.ts'
import type { FinalBlock } from '../../../src/types/final-block.ts'
import { type Hash, ZERO_ADDRESS, ZERO_HASH } from '../../../src/types/ids.ts'
import type { Log, Receipt } from '../../../src/types/receipt.ts'
import type { SignedTransaction } from '../../../src/types/transaction.ts'

const MIB = 1024 * 1024
const BLOCKS = 300

function finalBlock(transactions: readonly Partial<SignedTransaction>[], logs: readonly Log[] = []): FinalBlock {
  const receipts = transactions.map((): Partial<Receipt> => ({ logs }))
  return { transactions, receipts } as unknown as FinalBlock
}

function transaction(bytes: number, keys = 0): Partial<SignedTransaction> {
  const accessList = [{ address: ZERO_ADDRESS, storageKeys: Array<Hash>(keys).fill(ZERO_HASH) }]
  return { envelope: new Uint8Array(bytes), accessList }
}

/** How many of many such blocks are kept. */
function kept(block: FinalBlock): number {
  const cache = blockCache()
  for (let height = 1; height <= BLOCKS; height++) cache.set(height, block)
  return [...cache.entries()].length
}

it('keeps fewer of large blocks: the bytes of envelopes, of what they list and of logs count', () => {
  const log = { address: ZERO_ADDRESS, topics: [], data: new Uint8Array(MIB) }
  // An envelope is held as part of its block, and as its transaction's own.
  expect(kept(finalBlock([transaction(MIB)]))).toBeLessThanOrEqual(112 / 2)
  expect(kept(finalBlock([transaction(100)], [log]))).toBeLessThanOrEqual(112)
  // 33 bytes in an envelope are a text of 66 characters.
  expect(kept(finalBlock([transaction(MIB, Math.floor(MIB / 33))]))).toBeLessThanOrEqual(112 / 4)
})

it('keeps 256 blocks of a hundred transfers, and six of five thousand', () => {
  expect(kept(finalBlock(Array(100).fill(transaction(110))))).toBe(256)
  expect(kept(finalBlock(Array(5_000).fill(transaction(110))))).toBe(6)
})
