/** What a transaction has to offer. */
import type { FinalBlock } from '../../node/node-api.ts'
import { asBlockNumber, type BlockId, blockAt, headerAt, heightOf, oldestHeight } from '../block-id.ts'
import { compareBigInts, nextBaseFee, suggestedTip, tipOf } from '../fee-suggestions.ts'
import { defineMethod, type RpcContext, type RpcMethod } from '../method.ts'
import { asArray, asLenientQuantity, invalid, optional, required } from '../params.ts'
import { quantity } from '../serializers/encoding.ts'

const PERCENTILES_MAX = 100

function asPercentiles(value: unknown, what: string): readonly number[] {
  const percentiles = asArray((item) => item, PERCENTILES_MAX)(value, what)
  let previous = 0
  return percentiles.map((percentile) => {
    if (typeof percentile !== 'number' || percentile < previous || percentile > 100) {
      throw invalid(what, 'expected ascending numbers between 0 and 100')
    }
    previous = percentile
    return percentile
  })
}

/** Tips at percentiles of the gas used, transactions ordered by tip (geth's definition). */
function rewards(block: FinalBlock, percentiles: readonly number[]) {
  const paid = block.receipts
    .map((receipt) => ({ gasUsed: receipt.gasUsed, tip: tipOf(receipt, block.header.baseFeePerGas) }))
    .sort((a, b) => compareBigInts(a.tip, b.tip))
  let index = 0
  let gasUpTo = paid[0]?.gasUsed ?? 0
  return percentiles.map((percentile) => {
    const threshold = Math.floor((block.header.gasUsed * percentile) / 100)
    while (gasUpTo < threshold && index < paid.length - 1) {
      index += 1
      gasUpTo += paid[index]?.gasUsed ?? 0
    }
    return quantity(paid[index]?.tip ?? 0n)
  })
}

async function feeHistory(
  { node, limits, work }: RpcContext,
  blockCount: number,
  newest: BlockId,
  percentiles: readonly number[] | null,
) {
  const last = heightOf(node, newest)
  // Fewer where there are fewer, as execution-apis has it: a node that began with a snapshot lacks those before.
  const count = Math.min(blockCount, limits.feeHistoryBlocksMax, Math.max(1, last + 1 - oldestHeight(node)))
  const oldest = last + 1 - count
  const baseFees: string[] = []
  const ratios: number[] = []
  const reward: string[][] = []
  let sliceStartMs = performance.now()
  for (let height = oldest; height <= last; height++) {
    const { header } = headerAt(node, height)
    baseFees.push(quantity(header.baseFeePerGas))
    ratios.push(header.gasUsed / header.gasLimit)
    if (percentiles !== null && percentiles.length > 0) reward.push(rewards(blockAt(node, height), percentiles))
    sliceStartMs = await work.breathe(sliceStartMs)
  }
  return {
    oldestBlock: quantity(oldest),
    baseFeePerGas: [...baseFees, quantity(node.baseFeePerGas(last))],
    gasUsedRatio: ratios,
    baseFeePerBlobGas: Array.from({ length: count + 1 }, () => '0x0'),
    blobGasUsedRatio: Array.from({ length: count }, () => 0),
    ...(percentiles !== null && percentiles.length > 0 && { reward }),
  }
}

export const ETH_FEE_METHODS: readonly RpcMethod[] = [
  defineMethod('eth_gasPrice', [], ({ node }) => quantity(nextBaseFee(node) + suggestedTip(node))),
  defineMethod('eth_maxPriorityFeePerGas', [], ({ node }) => quantity(suggestedTip(node))),
  defineMethod('eth_baseFee', [], ({ node }) => quantity(nextBaseFee(node))),
  // As the history of fees says: there are no blobs, and nobody pays for them.
  defineMethod('eth_blobBaseFee', [], () => '0x0'),
  defineMethod(
    'eth_feeHistory',
    [
      required('blockCount', asLenientQuantity),
      required('newestBlock', asBlockNumber),
      optional('rewardPercentiles', asPercentiles, null),
    ],
    feeHistory,
    'expensive',
  ),
]
