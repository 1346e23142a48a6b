/** What a block is executed with besides its parent's state and its transactions. */
import type { Address, Epoch, Hash, Height, View } from '../types/ids.ts'

/** Known before the first transaction. */
export interface BlockEnvironment {
  readonly height: Height
  readonly timeMs: number
  readonly proposer: Address
  /** Receives base fee and tips. */
  readonly feeRecipient: Address
  readonly parentHash: Hash
  readonly parentStateRoot: Hash
  readonly epoch: Epoch
  readonly gasLimit: number
  /** Wei per gas. */
  readonly baseFeePerGas: bigint
}

/** What the block's certificates say of the validators; known when it is sealed. */
export interface Justification {
  readonly view: View
  readonly justifyView: View
  /** Proposers of the views between justifyView and view, which therefore failed. */
  readonly missedLeaders: readonly Address[]
  /** Whose votes are in `justify`. */
  readonly voters: readonly Address[]
}
