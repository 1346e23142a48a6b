/** Logs of a range of blocks or of one block by its hash, and filters that tell what is new since the last poll. */
import type { LogCriteria } from '../../ledger/log-criteria.ts'
import type { LogFilter } from '../../node/node-api.ts'
import { invalidParams, rejectionError } from '../errors.ts'
import { JsonList, JsonText } from '../json-text.ts'
import { readCriteria } from '../log-filter.ts'
import { type LogBounds, rangeOf, readBounds } from '../log-range.ts'
import { defineMethod, type RpcContext, type RpcMethod } from '../method.ts'
import { asObject, asText, required } from '../params.ts'
import { logJson } from '../serializers/log.ts'

type FilterObject = Readonly<Record<string, unknown>>

const filterId = required('filterId', asText)

function getLogs(context: RpcContext, filter: FilterObject) {
  const { limits } = context
  return logsWithin(context, readBounds(filter), readCriteria(filter, limits))
}

function logsWithin(context: RpcContext, bounds: LogBounds, criteria: LogCriteria) {
  const { node, limits } = context
  return findLogs(context, { ...rangeOf(node, bounds, limits.logRangeBlocksMax), ...criteria })
}

async function findLogs({ node, limits, work }: RpcContext, filter: LogFilter) {
  const logs = node.logs(filter, (sliceStartMs) => work.breathe(sliceStartMs))
  if (!logs.ok) throw rejectionError(logs.error)
  const { logsMax, responseBytesMax } = limits
  const found = new JsonList()
  for await (const log of logs.value) {
    found.add(logJson(log))
    if (found.size > logsMax) throw invalidParams(`query returned more than ${logsMax} results`)
    if (found.length > responseBytesMax) throw invalidParams(`query returned more than ${responseBytesMax} bytes`)
  }
  return new JsonText(found.text)
}

/** What is new since the last poll. */
function changesOf(context: RpcContext, id: string) {
  const { node, filters, work } = context
  const filter = filters.poll(id)
  if (filter.kind === 'pendingTransactions') return filters.takePending(id)
  const { fromHeight, toHeight } = filters.takeHeights(id)
  if (fromHeight > toHeight) return []
  const told: Promise<unknown> =
    filter.kind === 'logs'
      ? findLogs(context, { fromHeight, toHeight, ...filter.criteria })
      : work.collect(fromHeight, toHeight + 1, (height) => node.headerByHeight(height)?.hash)
  return told.catch((error: unknown) => {
    filters.giveBack(id, fromHeight)
    throw error
  })
}

function allLogsOf(context: RpcContext, id: string) {
  const filter = context.filters.poll(id)
  if (filter.kind !== 'logs') throw invalidParams('this filter is not one of logs')
  return logsWithin(context, filter.bounds, filter.criteria)
}

export const ETH_LOG_METHODS: readonly RpcMethod[] = [
  defineMethod('eth_getLogs', [required('filter', asObject)], getLogs, 'expensive'),
  defineMethod('eth_newFilter', [required('filter', asObject)], ({ filters, limits }, source) =>
    filters.add({ kind: 'logs', criteria: readCriteria(source, limits), bounds: readBounds(source) }),
  ),
  defineMethod('eth_newBlockFilter', [], ({ filters }) => filters.add({ kind: 'blocks' })),
  defineMethod('eth_newPendingTransactionFilter', [], ({ filters }) => filters.add({ kind: 'pendingTransactions' })),
  defineMethod('eth_getFilterChanges', [filterId], changesOf, 'expensive'),
  defineMethod('eth_getFilterLogs', [filterId], allLogsOf, 'expensive'),
  defineMethod('eth_uninstallFilter', [filterId], ({ filters }, id) => filters.remove(id)),
]
