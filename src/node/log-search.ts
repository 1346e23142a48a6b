/** `eth_getLogs`: bloom filters first, receipts only of blocks that may match. */
import { bloomMayMatch, matchesLog } from '../ledger/log-criteria.ts'
import type { ChainStore } from '../storage/chain-store.ts'
import type { FinalBlock } from '../types/final-block.ts'
import { timestampOf } from '../types/header.ts'
import type { Breathe, LocatedLog, LogFilter } from './node-api.ts'

/** One after the other, so that the caller may stop when it has enough. */
export async function* searchLogs(
  store: ChainStore,
  filter: LogFilter,
  breathe: Breathe,
): AsyncGenerator<LocatedLog, void> {
  const to = Math.min(filter.toHeight, store.tip.header.height)
  let sliceStartMs = performance.now()
  for (let height = filter.fromHeight; height <= to; height++) {
    const header = store.header(height)
    const final = header !== undefined && bloomMayMatch(header.logsBloom, filter) ? store.finalBlock(height) : undefined
    for (const found of final === undefined ? [] : matching(final, filter)) {
      yield found
      sliceStartMs = await breathe(sliceStartMs)
    }
    sliceStartMs = await breathe(sliceStartMs)
  }
}

function* matching(final: FinalBlock, filter: LogFilter): Generator<LocatedLog, void> {
  const { hash, header } = final.block
  let logIndex = 0
  for (const [transactionIndex, receipt] of final.receipts.entries())
    for (const log of receipt.logs) {
      const transaction = final.transactions[transactionIndex]
      if (transaction !== undefined && matchesLog(filter, log))
        yield {
          log,
          blockHash: hash,
          height: header.height,
          timestamp: timestampOf(header),
          transactionHash: transaction.hash,
          transactionIndex,
          logIndex,
        }
      logIndex += 1
    }
}
