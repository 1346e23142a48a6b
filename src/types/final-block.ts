/** A block that q replicas hold durably, with what it did here. */
import type { Block } from './block.ts'
import type { FinalityProof } from './finality.ts'
import type { Receipt } from './receipt.ts'
import type { SignedTransaction } from './transaction.ts'

export interface FinalBlock {
  readonly block: Block
  readonly transactions: readonly SignedTransaction[]
  readonly receipts: readonly Receipt[]
  /** Of the block itself; null when a descendant's made it final, and for genesis. */
  readonly finality: FinalityProof | null
}
