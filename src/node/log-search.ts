/** `eth_getLogs`: bloom filters first, receipts only of blocks that may match. */
import { type Rejection, rejection } from '../base/rejection.ts'
import { err, ok, type Result } from '../base/result.ts'
import { bloomMayHold } from '../ledger/receipt-codec.ts'
import type { ChainStore } from '../storage/chain-store.ts'
import type { FinalBlock } from '../types/final-block.ts'
import { timestampOf } from '../types/header.ts'
import type { Log } from '../types/receipt.ts'
import type { Breathe, LocatedLog, LogFilter } from './node-api.ts'

/** BOUND: logs in one answer. */
const LOGS_MAX = 10_000
export async function searchLogs(
  store: ChainStore,
  filter: LogFilter,
  breathe: Breathe,
): Promise<Result<readonly LocatedLog[], Rejection<'tooManyLogs'>>> {
  const found: LocatedLog[] = []
  const to = Math.min(filter.toHeight, store.tip.header.height)
  let sliceStartMs = performance.now()
  for (let height = filter.fromHeight; height <= to; height++) {
    const header = store.header(height)
    if (header !== undefined && mayMatch(header.logsBloom, filter)) {
      const final = store.finalBlock(height)
      if (final !== undefined) collect(final, filter, found)
    }
    if (found.length > LOGS_MAX)
      return err(rejection('tooManyLogs', `more than ${LOGS_MAX} logs match: ask for fewer blocks`))
    sliceStartMs = await breathe(sliceStartMs)
  }
  return ok(found)
}

function mayMatch(bloom: Uint8Array, { addresses, topics }: LogFilter): boolean {
  if (addresses.length > 0 && !addresses.some((address) => bloomMayHold(bloom, address))) return false
  return topics.every((options) => options === null || options.some((topic) => bloomMayHold(bloom, topic)))
}

function collect(final: FinalBlock, filter: LogFilter, found: LocatedLog[]): void {
  const { hash, header } = final.block
  let logIndex = 0
  for (const [transactionIndex, receipt] of final.receipts.entries())
    for (const log of receipt.logs) {
      const transaction = final.transactions[transactionIndex]
      if (transaction !== undefined && matches(log, filter))
        found.push({
          log,
          blockHash: hash,
          height: header.height,
          timestamp: timestampOf(header),
          transactionHash: transaction.hash,
          transactionIndex,
          logIndex,
        })
      logIndex += 1
    }
}

function matches(log: Log, { addresses, topics }: LogFilter): boolean {
  if (addresses.length > 0 && !addresses.includes(log.address)) return false
  return topics.every((options, position) => {
    const topic = log.topics[position]
    return options === null || (topic !== undefined && options.includes(topic))
  })
}
