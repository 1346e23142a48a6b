/** The price of gas (EIP-1559). The base fee is a parameter of the network and is not burnt. */
import { isPlanted } from '../base/planted-bug.ts'

export interface FeeCaps {
  /** Wei per gas, as are all prices here. */
  readonly maxFeePerGas: bigint
  readonly maxPriorityFeePerGas: bigint
}

/** What the sender pays per gas; the whole of it goes to the proposer's fee recipient. */
export function effectiveGasPrice(caps: FeeCaps, baseFeePerGas: bigint): bigint {
  if (__CANARIES__ && isPlanted('tip-not-paid')) return baseFeePerGas
  const wanted = baseFeePerGas + caps.maxPriorityFeePerGas
  if (wanted > caps.maxFeePerGas) return caps.maxFeePerGas
  return wanted
}

/** The most a sender may have to pay: it must own this much. */
export function costMax(transaction: FeeCaps & { readonly gasLimit: number; readonly value: bigint }): bigint {
  return BigInt(transaction.gasLimit) * transaction.maxFeePerGas + transaction.value
}
