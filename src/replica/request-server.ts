/** Answers peers' requests from what this replica holds. A rejection without blame means that it does not want to. */
import { EMPTY_BYTES } from '../base/bytes.ts'
import { type Rejection, rejection } from '../base/rejection.ts'
import { err, ok, type Result } from '../base/result.ts'
import type { Core } from '../consensus/core.ts'
import { DEFAULT_NETWORK_LIMITS } from '../network/limits.ts'
import type { Status } from '../network/messages.ts'
import type { PeerId } from '../network/port.ts'
import {
  BLOCKS_PER_RESPONSE_MAX,
  decodeRequest,
  encodeBlocks,
  encodeBundle,
  encodeRange,
  encodeStatus,
  type FinalRange,
  isFullRange,
  RANGE_BLOCKS_MAX,
  RESPONSE_BYTES_MAX,
  type Request,
} from '../network/requests.ts'
import type { ChainStore } from '../storage/chain-store.ts'
import { type Block, wireBytes } from '../types/block.ts'
import type { CertificateBundle } from '../types/consensus-message.ts'
import type { Hash, Height } from '../types/ids.ts'
import type { SnapshotServer } from './snapshot/snapshot-server.ts'

export interface ServerParts {
  readonly core: () => Core
  readonly store: ChainStore
  readonly bundle: () => CertificateBundle
  readonly status: () => Status
  readonly snapshots: SnapshotServer
}

/** Code of genesis, or the headers behind a proof of finality, can be larger than any message. */
const TOO_LARGE = err(rejection('answer-too-large', 'the answer does not fit a message', 'ignore'))

export class RequestServer {
  readonly #parts: ServerParts

  constructor(parts: ServerParts) {
    this.#parts = parts
  }

  answer(from: PeerId, bytes: Uint8Array): Result<Uint8Array, Rejection> {
    const request = decodeRequest(bytes)
    if (!request.ok) return err(request.error)
    const answer = this.#answer(from, request.value)
    return answer.ok && answer.value.length > DEFAULT_NETWORK_LIMITS.messageBytesMax ? TOO_LARGE : answer
  }

  #answer(from: PeerId, request: Request): Result<Uint8Array, Rejection> {
    switch (request.kind) {
      case 'blocks':
        return ok(encodeBlocks(this.#ancestors(request.hash, request.above)))
      case 'range':
        return ok(encodeRange(this.#range(request.from, request.count)))
      case 'certificates':
        return ok(encodeBundle(this.#parts.bundle()))
      case 'status':
        return ok(encodeStatus(this.#parts.status()))
      case 'stateNode':
        return ok(this.#parts.store.accountNode(request.path, request.hash) ?? EMPTY_BYTES)
      case 'snapshot':
        return this.#parts.snapshots.manifest(from)
      case 'setLinks':
        return this.#parts.snapshots.links(from, request.from)
      case 'stateChunk':
        return this.#parts.snapshots.chunk(from, request.part)
      case 'code':
        return ok(this.#parts.snapshots.code(request.hash))
    }
  }

  /** Newest first. */
  #ancestors(hash: Hash, above: Height): Block[] {
    const blocks: Block[] = []
    let bytes = 0
    let block = this.#block(hash)
    while (block !== undefined && block.header.height > above) {
      blocks.push(block)
      bytes += wireBytes(block)
      if (blocks.length === BLOCKS_PER_RESPONSE_MAX || bytes > RESPONSE_BYTES_MAX) break
      block = this.#block(block.header.parentHash)
    }
    return blocks
  }

  #block(hash: Hash): Block | undefined {
    const uncommitted = this.#parts.core().block(hash)
    if (uncommitted !== undefined) return uncommitted
    const height = this.#parts.store.heightOf(hash)
    return height === undefined ? undefined : this.#parts.store.block(height)
  }

  /**
   * Ends in a block with a proof of its own: the last within the bounds and the epoch, or else the
   * first beyond the bounds. The last block of an epoch always has one. What fills an answer without
   * reaching any is a fragment, for who can put them together.
   */
  #range(from: Height, count: number): FinalRange {
    const { store } = this.#parts
    const blocks: Block[] = []
    let proven: FinalRange = { blocks: [], finality: null }
    let bytes = 0
    const full = from + Math.min(count, BLOCKS_PER_RESPONSE_MAX)
    const to = count === 0 ? 0 : Math.min(store.tip.header.height, from + RANGE_BLOCKS_MAX - 1)
    for (let height = Math.max(1, from); height <= to && !isFullRange(blocks.length, bytes); height++) {
      if (height >= full && proven.finality !== null) break
      const block = store.block(height)
      if (block === undefined) break
      blocks.push(block)
      bytes += wireBytes(block)
      const finality = store.finality(height)
      if (finality !== null) proven = { blocks: blocks.slice(), finality }
      if (block.header.consensus.end) break
    }
    const isFragment = proven.finality === null && isFullRange(blocks.length, bytes)
    return isFragment && count >= RANGE_BLOCKS_MAX ? { blocks, finality: null } : proven
  }
}
