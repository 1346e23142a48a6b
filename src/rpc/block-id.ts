/**
 * The ways to name a block: a tag, a number, a hash, or an EIP-1898 object. Final is all there is:
 * latest, safe and finalized are one block, and reads at pending are reads at latest.
 */
import type { FinalBlock, FinalHeader, NodeApi, StateView } from '../node/node-api.ts'
import type { Hash, Height } from '../types/ids.ts'
import { fieldsOf } from './call-object.ts'
import { RESOURCE_NOT_FOUND, RpcError, rejectionError } from './errors.ts'
import type { Parameter } from './parameter.ts'
import {
  asBoolean,
  asHash,
  asLenientQuantity,
  asQuantity,
  asText,
  invalid,
  kindOf,
  optional,
  required,
} from './params.ts'

export type BlockId =
  | { readonly by: 'head'; readonly pending: boolean }
  | { readonly by: 'height'; readonly height: Height }
  | { readonly by: 'hash'; readonly hash: Hash }

export const LATEST: BlockId = { by: 'head', pending: false }
const PENDING: BlockId = { by: 'head', pending: true }
const EARLIEST: BlockId = { by: 'height', height: 0 }

const TAGS: ReadonlyMap<string, BlockId> = new Map<string, BlockId>([
  ['latest', LATEST],
  ['safe', LATEST],
  ['finalized', LATEST],
  ['pending', PENDING],
  ['earliest', EARLIEST],
])

const HASH_LENGTH = 66

function asBlockId(value: unknown, what: string): BlockId {
  if (typeof value === 'string') return blockIdOfText(value, what)
  if (typeof value !== 'object') throw invalid(what, `expected a hex number, a tag or a hash, got ${kindOf(value)}`)
  const field = fieldsOf(value, what)
  const hash = field('blockHash', asHash, null)
  const number = field('blockNumber', asText, null)
  field('requireCanonical', asBoolean, null)
  if (hash !== null && number !== null) {
    throw invalid(what, 'cannot specify both blockHash and blockNumber, choose one or the other')
  }
  if (hash !== null) return { by: 'hash', hash }
  if (number === null) throw invalid(what, 'expected blockNumber or blockHash')
  return blockIdOfText(number, what)
}

/** As `asBlockNumber`, and a plain JSON number: explorers send one. */
export function asLenientBlockNumber(value: unknown, what: string): BlockId {
  return typeof value === 'number'
    ? { by: 'height', height: asLenientQuantity(value, what) }
    : asBlockNumber(value, what)
}

/** A tag or number; a hash is refused, as eth_getBlockByNumber and the ranges of logs do. */
export function asBlockNumber(value: unknown, what: string): BlockId {
  const id = blockIdOfText(asText(value, what), what)
  if (id.by === 'hash') throw invalid(what, 'expected a block number or tag, got a hash')
  return id
}

export const blockParameter: Parameter<BlockId> = optional('block', asBlockId, LATEST)
export const blockNumberParameter: Parameter<BlockId> = required('block', asBlockNumber)
export const requiredBlockParameter: Parameter<BlockId> = required('block', asBlockId)

export function findBlock(node: NodeApi, id: BlockId): FinalBlock | undefined {
  switch (id.by) {
    case 'head':
      return blockAt(node, node.head().header.height)
    case 'height':
      return id.height > node.head().header.height ? undefined : blockAt(node, id.height)
    case 'hash':
      return node.blockByHash(id.hash)
  }
}

export function findHeader(node: NodeApi, id: BlockId): FinalHeader | undefined {
  switch (id.by) {
    case 'head':
      return node.head()
    case 'height':
      return id.height > node.head().header.height ? undefined : headerAt(node, id.height)
    case 'hash':
      return node.headerByHash(id.hash)
  }
}

/** The height of a block that has to exist. @throws RpcError -32001 */
export function heightOf(node: NodeApi, id: BlockId): Height {
  if (id.by === 'head') return node.head().header.height
  if (id.by === 'height') {
    if (id.height > node.head().header.height) throw unknownBlock(`number ${id.height}`)
    return id.height
  }
  const found = node.headerByHash(id.hash)
  if (found === undefined) throw unknownBlock(`hash ${id.hash}`)
  return found.header.height
}

/** A block that has to exist. @throws RpcError -32001 */
export function existingBlock(node: NodeApi, id: BlockId): FinalBlock {
  return blockAt(node, heightOf(node, id))
}

/** As `existingBlock`. */
export function existingHeader(node: NodeApi, id: BlockId): FinalHeader {
  return headerAt(node, heightOf(node, id))
}

/** `height` is at most the head's. @throws RpcError when the node began with a snapshot of later. */
export function blockAt(node: NodeApi, height: Height): FinalBlock {
  const block = node.blockByHeight(height)
  if (block === undefined) throw historyPruned(node)
  return block
}

/** As `blockAt`. */
export function headerAt(node: NodeApi, height: Height): FinalHeader {
  const found = node.headerByHeight(height)
  if (found === undefined) throw historyPruned(node)
  return found
}

/** Where the blocks begin that are here without a gap: genesis, or what a snapshot was made of. */
export function oldestHeight({ historyFrom }: NodeApi): Height {
  return historyFrom > 1 ? historyFrom : 0
}

/** @throws RpcError when the block is unknown or its state no longer kept. */
export function stateOf(node: NodeApi, id: BlockId): StateView {
  const state = node.stateAt(heightOf(node, id))
  if (!state.ok) throw rejectionError(state.error)
  return state.value
}

function historyPruned({ historyFrom }: NodeApi): RpcError {
  return new RpcError(RESOURCE_NOT_FOUND, `history pruned before #${historyFrom}: this node began with a snapshot`)
}

function unknownBlock(which: string): RpcError {
  return new RpcError(RESOURCE_NOT_FOUND, `header not found: unknown block, ${which}`)
}

function blockIdOfText(text: string, what: string): BlockId {
  const tag = TAGS.get(text)
  if (tag !== undefined) return tag
  if (!text.startsWith('0x')) throw invalid(what, `expected ${[...TAGS.keys()].join(', ')}, or hex with 0x prefix`)
  if (text.length === HASH_LENGTH) return { by: 'hash', hash: asHash(text, what) }
  return { by: 'height', height: asQuantity(text, what) }
}
