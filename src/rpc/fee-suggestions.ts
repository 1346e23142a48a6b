/** What a transaction should offer now. */
import { defined } from '../base/invariant.ts'
import type { NodeApi } from '../node/node-api.ts'
import type { Receipt } from '../types/receipt.ts'

/** Wei per gas. */
export function nextBaseFee(node: NodeApi): bigint {
  return node.baseFeePerGas(node.head().header.height)
}

/** While blocks have room a tip buys nothing; in a crowd it takes what the cheapest of the last block that had to pay paid. */
export function suggestedTip(node: NodeApi): bigint {
  const { header } = node.head()
  if (header.gasUsed * 2 <= header.gasLimit) return 0n
  const { receipts } = defined(node.blockByHeight(header.height), 'the head')
  const paying = receipts.filter(({ effectiveGasPrice }) => effectiveGasPrice >= header.baseFeePerGas)
  const [lowest] = paying.map((receipt) => tipOf(receipt, header.baseFeePerGas)).sort(compareBigInts)
  return lowest ?? 0n
}

export function compareBigInts(a: bigint, b: bigint): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}

/** A free call of a validator pays nothing, not less than nothing. */
export function tipOf(receipt: Receipt, baseFeePerGas: bigint): bigint {
  return receipt.effectiveGasPrice > baseFeePerGas ? receipt.effectiveGasPrice - baseFeePerGas : 0n
}
