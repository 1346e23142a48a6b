/** What a transaction did, as committed to by receiptsRoot (EIP-658, EIP-2718). */
import type { Address, Hash } from './ids.ts'
import type { TransactionType } from './transaction.ts'

export interface Log {
  readonly address: Address
  readonly topics: readonly Hash[]
  readonly data: Uint8Array
}

export interface Receipt {
  readonly type: TransactionType
  readonly status: 0 | 1
  readonly gasUsed: number
  readonly cumulativeGasUsed: number
  /** Wei per gas. */
  readonly effectiveGasPrice: bigint
  /** 256 bytes. */
  readonly logsBloom: Uint8Array
  readonly logs: readonly Log[]
}
