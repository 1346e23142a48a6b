/** What a block did here, kept until it is final or abandoned. */
import type { ExecutedBlock } from '../ledger/block-execution.ts'
import type { WorldState } from '../ledger/world-state.ts'
import type { Block } from '../types/block.ts'
import type { Header } from '../types/header.ts'
import type { Hash } from '../types/ids.ts'
import type { SignedTransaction } from '../types/transaction.ts'

/** A block whose post-state is known. */
export interface BlockResult {
  readonly hash: Hash
  readonly header: Header
  readonly executed: Pick<ExecutedBlock, 'state' | 'stateRoot' | 'receipts'>
  readonly transactions: readonly SignedTransaction[]
  readonly transactionHashes: ReadonlySet<Hash>
}

/** The result of a block that is final already, whose state is on disk. */
export function resultAt(block: Pick<Block, 'hash' | 'header'>, state: WorldState): BlockResult {
  return {
    hash: block.hash,
    header: block.header,
    executed: { state, stateRoot: block.header.stateRoot, receipts: [] },
    transactions: [],
    transactionHashes: new Set(),
  }
}
