import { expect, it } from 'vitest'
import type { NodeApi } from '../../../src/node/node-api.ts'
import { suggestedTip } from '../../../src/rpc/fee-suggestions.ts'

const BASE_FEE = 10n
const GAS_LIMIT = 100

/** A node whose last block paid these prices for a unit of gas. */
function after(gasUsed: number, prices: readonly bigint[]): NodeApi {
  const header = { gasUsed, gasLimit: GAS_LIMIT, baseFeePerGas: BASE_FEE }
  const receipts = prices.map((effectiveGasPrice) => ({ effectiveGasPrice }))
  return { head: () => ({ header }), blockByHeight: () => ({ header, receipts }) } as unknown as NodeApi
}

it('suggests the lowest tip of a crowded block, and none while there is room', () => {
  expect(suggestedTip(after(51, [17n, 13n, 15n]))).toBe(3n)
  expect(suggestedTip(after(50, [17n, 13n, 15n]))).toBe(0n)
})

it('is not told by the calls of validators, which are free, that a tip of nothing is enough', () => {
  expect(suggestedTip(after(51, [17n, 0n, 13n]))).toBe(3n)
  expect(suggestedTip(after(51, [0n]))).toBe(0n)
})
