/** What nodes ask each other, and the answers, as bytes. */
import { EMPTY_BYTES } from '../base/bytes.ts'
import type { Rejection } from '../base/rejection.ts'
import type { Result } from '../base/result.ts'
import { decodeWith } from '../codec/decode.ts'
import { DecodeError } from '../codec/decode-error.ts'
import { asBytes, asFixedBytes, asList, asTuple, asUint, uintBytes } from '../codec/fields.ts'
import { encodeRlp, type RlpItem } from '../codec/rlp.ts'
import { decodeTagged, encodeTagged } from '../codec/tagged.ts'
import { hashHeader } from '../crypto/digests.ts'
import { type Block, blockItem, readBlock } from '../types/block.ts'
import { optionalItem, readOptional } from '../types/certificate-codec.ts'
import type { CertificateBundle } from '../types/consensus-message.ts'
import { type FinalityProof, finalityItem, readFinality } from '../types/finality.ts'
import { type Epoch, type Hash, type Height, hashFromBytes, idBytes } from '../types/ids.ts'
import { bundleItem, readBundle, readStatus, type Status, statusItem } from './messages.ts'

export type Request =
  /** The block and its ancestors above a height, newest first. */
  | { readonly kind: 'blocks'; readonly hash: Hash; readonly above: Height }
  /** Final blocks of one epoch from this height up, with the proof of the last; or a fragment, see `RANGE_BLOCKS_MAX`. */
  | { readonly kind: 'range'; readonly from: Height; readonly count: number }
  | { readonly kind: 'certificates' }
  | { readonly kind: 'status' }
  /** A node of the trie of accounts, by its path in nibbles and its hash; answered by its encoding. */
  | { readonly kind: 'stateNode'; readonly path: Uint8Array; readonly hash: Uint8Array }
  /** The end of the newest epoch with the state after it, as a snapshot's manifest without links; empty when there is none. */
  | { readonly kind: 'snapshot' }
  /** The ends of epochs with the sets that they name, from this epoch on; as many as fit. */
  | { readonly kind: 'setLinks'; readonly from: Epoch }
  /** A part of a trie of the state, between two keys; empty when it is not kept. */
  | { readonly kind: 'stateChunk'; readonly part: StatePart }
  /** Code by its hash; empty when there is none. */
  | { readonly kind: 'code'; readonly hash: Uint8Array }

/** For what a state consists of. */
export type StateRequest = Extract<Request, { readonly kind: 'stateChunk' | 'code' }>

export interface StatePart {
  /** Empty: the trie of accounts; otherwise the hash of an address, whose storage it is. */
  readonly owner: Uint8Array
  readonly root: Uint8Array
  readonly from: Uint8Array
  /** Included. */
  readonly until: Uint8Array
}

export interface FinalRange {
  /** Oldest first; empty when the peer has none. */
  readonly blocks: readonly Block[]
  /** Of the last block. Null of a fragment, whose proof is of a block in an answer that follows. */
  readonly finality: FinalityProof | null
}

/** BOUND: blocks in one answer. */
export const BLOCKS_PER_RESPONSE_MAX = 64
/** BOUND: blocks of a range that goes on until one has a certificate of its own; who asks for so many takes fragments … */
export const RANGE_BLOCKS_MAX = 256
/**
 * BOUND: bytes of blocks in one answer, certificates and all. The last may go beyond it by its own size, and leaves room
 * for the longest proof in a message of 4 MiB.
 */
export const RESPONSE_BYTES_MAX = 2 * 1024 * 1024

const REQUEST_TAGS = {
  blocks: 1,
  range: 2,
  certificates: 3,
  status: 4,
  stateNode: 5,
  snapshot: 6,
  setLinks: 7,
  stateChunk: 8,
  code: 9,
} as const
const BARE_REQUESTS = ['certificates', 'status', 'snapshot'] as const
const PATH_NIBBLES_MAX = 64

export function encodeRequest(request: Request): Uint8Array {
  return encodeTagged(REQUEST_TAGS[request.kind], requestItem(request))
}

function requestItem(request: Request): RlpItem {
  switch (request.kind) {
    case 'blocks':
      return [idBytes(request.hash), uintBytes(request.above)]
    case 'range':
      return [uintBytes(request.from), uintBytes(request.count)]
    case 'certificates':
    case 'status':
    case 'snapshot':
      return EMPTY_BYTES
    case 'stateNode':
      return [request.path, request.hash]
    case 'setLinks':
      return uintBytes(request.from)
    case 'stateChunk':
      return [request.part.owner, request.part.root, request.part.from, request.part.until]
    case 'code':
      return request.hash
  }
}

export function decodeRequest(bytes: Uint8Array): Result<Request, Rejection<'malformed'>> {
  return decodeTagged(bytes, readRequest)
}

function readRequest(tag: number, item: RlpItem): Request {
  const kind = BARE_REQUESTS.find((bare) => REQUEST_TAGS[bare] === tag)
  if (kind !== undefined) {
    asFixedBytes(item, 0, 'request')
    return { kind }
  }
  switch (tag) {
    case REQUEST_TAGS.blocks: {
      const [hash, above] = asTuple(item, 2, 'blocks request')
      return { kind: 'blocks', hash: hashFromBytes(asFixedBytes(hash, 32, 'hash')), above: asUint(above, 'above') }
    }
    case REQUEST_TAGS.range: {
      const [from, count] = asTuple(item, 2, 'range request')
      return { kind: 'range', from: asUint(from, 'from'), count: asUint(count, 'count') }
    }
    case REQUEST_TAGS.stateNode: {
      const [path, hash] = asTuple(item, 2, 'state node request')
      return { kind: 'stateNode', path: asBytes(path, 'path', PATH_NIBBLES_MAX), hash: asFixedBytes(hash, 32, 'hash') }
    }
    case REQUEST_TAGS.setLinks:
      return { kind: 'setLinks', from: asUint(item, 'from') }
    case REQUEST_TAGS.stateChunk:
      return { kind: 'stateChunk', part: readStatePart(item) }
    case REQUEST_TAGS.code:
      return { kind: 'code', hash: asFixedBytes(item, 32, 'hash') }
    default:
      throw new DecodeError(`unknown request tag ${tag}`)
  }
}

function readStatePart(item: RlpItem): StatePart {
  const [owner, root, from, until] = asTuple(item, 4, 'state chunk request')
  const ownerBytes = asBytes(owner, 'owner', 32)
  if (ownerBytes.length % 32 !== 0) throw new DecodeError('an owner is nobody or the hash of an address')
  return {
    owner: ownerBytes,
    root: asFixedBytes(root, 32, 'root'),
    from: asFixedBytes(from, 32, 'from'),
    until: asFixedBytes(until, 32, 'until'),
  }
}

export function encodeBlocks(blocks: readonly Block[]): Uint8Array {
  return encodeRlp(blocks.map(blockItem))
}

export function decodeBlocks(bytes: Uint8Array): Result<readonly Block[], Rejection<'malformed'>> {
  return decodeWith(bytes, (item) => readBlocks(item, BLOCKS_PER_RESPONSE_MAX))
}

/** Whether an answer of so many blocks with so many bytes takes no more. Only then is it a fragment. */
export function isFullRange(blocks: number, bytes: number): boolean {
  return blocks >= RANGE_BLOCKS_MAX || bytes > RESPONSE_BYTES_MAX
}

export function encodeRange(range: FinalRange): Uint8Array {
  return encodeRlp([range.blocks.map(blockItem), optionalItem(range.finality, finalityItem)])
}

export function decodeRange(bytes: Uint8Array): Result<FinalRange, Rejection<'malformed'>> {
  return decodeWith(bytes, (item) => {
    const [blocks, finality] = asTuple(item, 2, 'range')
    return {
      blocks: readBlocks(blocks ?? [], RANGE_BLOCKS_MAX),
      finality: readOptional(finality, readFinality),
    }
  })
}

export function encodeBundle(bundle: CertificateBundle): Uint8Array {
  return encodeRlp(bundleItem(bundle))
}

/** The answer to a request for certificates. @internal */
export function decodeBundle(bytes: Uint8Array): Result<CertificateBundle, Rejection<'malformed'>> {
  return decodeWith(bytes, readBundle)
}

export function encodeStatus(status: Status): Uint8Array {
  return encodeRlp(statusItem(status))
}

export function decodeStatus(bytes: Uint8Array): Result<Status, Rejection<'malformed'>> {
  return decodeWith(bytes, readStatus)
}

function readBlocks(item: RlpItem, countMax: number): Block[] {
  return asList(item, 'blocks', countMax).map((block) => readBlock(block, hashHeader))
}
