/** Logs of a range of blocks, or of one block by its hash. */

import type { NodeApi } from '../../node/node-api.ts'
import type { Height } from '../../types/ids.ts'
import { asBlockNumber, heightOf, LATEST } from '../block-id.ts'
import { invalidParams, rejectionError } from '../errors.ts'
import { type LogCriteria, readCriteria } from '../log-filter.ts'
import { defineMethod, type RpcContext, type RpcMethod } from '../method.ts'
import { asHash, asObject, required } from '../params.ts'
import { logJson } from '../serializers/log.ts'

type FilterObject = Readonly<Record<string, unknown>>

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

async function getLogs({ node, limits }: RpcContext, filter: FilterObject) {
  const criteria: LogCriteria = readCriteria(filter, limits)
  const logs = await node.logs({ ...readRange(node, filter, limits.logRangeBlocksMax), ...criteria })
  if (!logs.ok) throw rejectionError(logs.error)
  if (logs.value.length > limits.logsMax) throw invalidParams(`query returned more than ${limits.logsMax} results`)
  return logs.value.map(logJson)
}

export const ETH_LOG_METHODS: readonly RpcMethod[] = [
  defineMethod('eth_getLogs', [required('filter', asObject)], getLogs, 'expensive'),
]
