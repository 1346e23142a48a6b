/** Logs of a range of blocks or of one block by its hash, and filters that tell what is new since the last poll. */

import type { LogFilter, NodeApi } from '../../node/node-api.ts'
import type { Height } from '../../types/ids.ts'
import { asBlockNumber, heightOf, LATEST } from '../block-id.ts'
import { invalidParams, rejectionError } from '../errors.ts'
import { readCriteria } from '../log-filter.ts'
import { defineMethod, type RpcContext, type RpcMethod } from '../method.ts'
import { asHash, asObject, asText, required } from '../params.ts'
import { logJson } from '../serializers/log.ts'

type FilterObject = Readonly<Record<string, unknown>>

const filterId = required('filterId', asText)

interface Range {
  readonly fromHeight: Height
  readonly toHeight: Height
}

function readRange(node: NodeApi, filter: FilterObject, blocksMax: number): Range {
  const { fromBlock, toBlock, blockHash } = filter
  if (blockHash !== undefined && blockHash !== null) {
    if (fromBlock !== undefined || toBlock !== undefined) {
      throw invalidParams('cannot specify both blockHash and fromBlock/toBlock, choose one or the other')
    }
    const height = heightOf(node, { by: 'hash', hash: asHash(blockHash, 'blockHash') })
    return { fromHeight: height, toHeight: height }
  }
  const fromHeight = readBound(node, fromBlock, 'fromBlock')
  const toHeight = readBound(node, toBlock, 'toBlock')
  if (fromHeight > toHeight) throw invalidParams('invalid block range params')
  if (toHeight > node.head().header.height) throw invalidParams('block range extends beyond current head block')
  if (toHeight - fromHeight >= blocksMax) throw invalidParams(`block range too large, at most ${blocksMax} blocks`)
  return { fromHeight, toHeight }
}

function readBound(node: NodeApi, value: unknown, what: string): Height {
  const id = value === undefined || value === null ? LATEST : asBlockNumber(value, what)
  return id.by === 'height' ? id.height : heightOf(node, id)
}

function getLogs(context: RpcContext, filter: FilterObject) {
  const { node, limits } = context
  return findLogs(context, { ...readRange(node, filter, limits.logRangeBlocksMax), ...readCriteria(filter, limits) })
}

async function findLogs({ node, limits, work }: RpcContext, filter: LogFilter) {
  const logs = await node.logs(filter, (sliceStartMs) => work.breathe(sliceStartMs))
  if (!logs.ok) throw rejectionError(logs.error)
  if (logs.value.length > limits.logsMax) throw invalidParams(`query returned more than ${limits.logsMax} results`)
  return logs.value.map(logJson)
}

/** What is new since the last poll. */
function changesOf(context: RpcContext, id: string) {
  const { node, filters } = context
  const filter = filters.poll(id)
  if (filter.kind === 'pendingTransactions') return filters.takePending(id)
  const { fromHeight, toHeight } = filters.takeHeights(id)
  if (fromHeight > toHeight) return []
  if (filter.kind === 'logs') return findLogs(context, { fromHeight, toHeight, ...filter.criteria })
  return Array.from({ length: toHeight + 1 - fromHeight }, (_, at) => node.blockByHeight(fromHeight + at)?.hash)
}

function allLogsOf(context: RpcContext, id: string) {
  const filter = context.filters.poll(id)
  if (filter.kind !== 'logs') throw invalidParams('this filter is not one of logs')
  return getLogs(context, filter.source)
}

export const ETH_LOG_METHODS: readonly RpcMethod[] = [
  defineMethod('eth_getLogs', [required('filter', asObject)], getLogs, 'expensive'),
  defineMethod('eth_newFilter', [required('filter', asObject)], ({ filters, limits }, source) =>
    filters.add({ kind: 'logs', criteria: readCriteria(source, limits), source }),
  ),
  defineMethod('eth_newBlockFilter', [], ({ filters }) => filters.add({ kind: 'blocks' })),
  defineMethod('eth_newPendingTransactionFilter', [], ({ filters }) => filters.add({ kind: 'pendingTransactions' })),
  defineMethod('eth_getFilterChanges', [filterId], changesOf, 'expensive'),
  defineMethod('eth_getFilterLogs', [filterId], allLogsOf, 'expensive'),
  defineMethod('eth_uninstallFilter', [filterId], ({ filters }, id) => filters.remove(id)),
]
