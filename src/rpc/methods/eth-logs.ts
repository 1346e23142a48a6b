/** Logs of a range of blocks or of one block by its hash, and filters that tell what is new since the last poll. */
import type { LogCriteria } from '../../ledger/log-criteria.ts'
import type { LocatedLog, LogFilter } from '../../node/node-api.ts'
import { invalidParams, rejectionError } from '../errors.ts'
import type { BlockFilter, TakenBlocks } from '../filter-store.ts'
import { JsonList, JsonText } from '../json-text.ts'
import { readCriteria } from '../log-filter.ts'
import { type LogBounds, rangeOf, readBounds } from '../log-range.ts'
import { defineMethod, type RpcContext, type RpcMethod } from '../method.ts'
import { asObject, asText, required } from '../params.ts'
import { logJson } from '../serializers/log.ts'

type FilterObject = Readonly<Record<string, unknown>>

const filterId = required('filterId', asText)
/** Clients poll several filters in one batch: the logs of one take no more of the answer than this part. */
const PARTS_OF_ANSWER = 4

function getLogs(context: RpcContext, filter: FilterObject) {
  const { limits } = context
  return logsWithin(context, readBounds(filter), readCriteria(filter, limits))
}

function logsWithin(context: RpcContext, bounds: LogBounds, criteria: LogCriteria) {
  const { node, limits } = context
  return findLogs(context, { ...rangeOf(node, bounds, limits.logRangeBlocksMax), ...criteria })
}

async function findLogs(context: RpcContext, filter: LogFilter) {
  const { logsMax, responseBytesMax } = context.limits
  const found = new JsonList()
  for await (const log of search(context, filter)) {
    if (found.size === logsMax) throw invalidParams(`query returned more than ${logsMax} results`)
    if (!found.add(logJson(log), responseBytesMax))
      throw invalidParams(`query returned more than ${responseBytesMax} bytes`)
  }
  return new JsonText(found.text)
}

/** What is new since the last poll; of logs that are too many for one answer the rest is for the next poll. */
async function changesOf(context: RpcContext, id: string) {
  const { filters } = context
  const filter = filters.poll(id)
  if (filter.kind === 'pendingTransactions') {
    const hashes = filters.takePending(id)
    return new JsonText(JSON.stringify(hashes), () => filters.giveBackPending(id, hashes))
  }
  const taken = filters.takeBlocks(id)
  const giveBack = () => filters.giveBackFrom(id, taken.from)
  try {
    return new JsonText(await toldOf(context, id, filter, taken), giveBack)
  } catch (error) {
    giveBack()
    throw error
  }
}

async function toldOf(context: RpcContext, id: string, filter: BlockFilter, { from, toHeight }: TakenBlocks) {
  const { node, filters, work, limits } = context
  if (filter.kind === 'blocks') {
    const hashes = await work.collect(from.height, toHeight + 1, (height) => node.headerByHeight(height)?.hash)
    return JSON.stringify(hashes)
  }
  const told = new JsonList()
  const range = { fromHeight: from.height, toHeight, ...filter.criteria }
  for await (const log of search(context, range)) {
    if (log.height === from.height && log.logIndex < from.logIndex) continue
    const lengthMax = told.size === 0 ? Number.POSITIVE_INFINITY : limits.responseBytesMax / PARTS_OF_ANSWER
    if (told.size < limits.logsMax && told.add(logJson(log), lengthMax)) continue
    filters.giveBackFrom(id, log)
    break
  }
  return told.text
}

function search({ node, work }: RpcContext, filter: LogFilter): AsyncIterable<LocatedLog> {
  const logs = node.logs(filter, (sliceStartMs) => work.breathe(sliceStartMs))
  if (!logs.ok) throw rejectionError(logs.error)
  return logs.value
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
