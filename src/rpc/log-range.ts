/** Where eth_getLogs and filters look: between two blocks, or in one that is named by its hash. */
import type { NodeApi } from '../node/node-api.ts'
import type { Hash, Height } from '../types/ids.ts'
import { asBlockNumber, type BlockId, heightOf, LATEST } from './block-id.ts'
import { invalidParams } from './errors.ts'
import { asHash } from './params.ts'

/** As the client named it: what a tag means changes with each block. */
export type LogBounds = { readonly hash: Hash } | { readonly from: BlockId; readonly to: BlockId }

interface LogRange {
  readonly fromHeight: Height
  readonly toHeight: Height
}

/** Of the `fromBlock`, `toBlock` and `blockHash` of a filter object. @throws RpcError -32602 */
export function readBounds({ fromBlock, toBlock, blockHash }: Readonly<Record<string, unknown>>): LogBounds {
  if (!isGiven(blockHash)) return { from: readBound(fromBlock, 'fromBlock'), to: readBound(toBlock, 'toBlock') }
  if (isGiven(fromBlock) || isGiven(toBlock))
    throw invalidParams('cannot specify both blockHash and fromBlock/toBlock, choose one or the other')
  return { hash: asHash(blockHash, 'blockHash') }
}

/** @throws RpcError when it names no range of at most so many blocks that there are. */
export function rangeOf(node: NodeApi, bounds: LogBounds, blocksMax: number): LogRange {
  if ('hash' in bounds) {
    const height = heightOf(node, { by: 'hash', hash: bounds.hash })
    return { fromHeight: height, toHeight: height }
  }
  const fromHeight = boundOf(node, bounds.from)
  const toHeight = boundOf(node, bounds.to)
  if (fromHeight > toHeight) throw invalidParams('invalid block range params')
  if (toHeight > node.head().header.height) throw invalidParams('block range extends beyond current head block')
  if (toHeight - fromHeight >= blocksMax) throw invalidParams(`block range too large, at most ${blocksMax} blocks`)
  return { fromHeight, toHeight }
}

function readBound(value: unknown, what: string): BlockId {
  return isGiven(value) ? asBlockNumber(value, what) : LATEST
}

/** A field that is null is one that was left out. */
function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null
}

function boundOf(node: NodeApi, id: BlockId): Height {
  return id.by === 'height' ? id.height : heightOf(node, id)
}
