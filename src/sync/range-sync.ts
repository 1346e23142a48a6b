/**
 * Catching up with a chain that is far ahead (docs/network.md, "Fetching blocks"): final blocks in ranges,
 * each ending in a block whose finality was proven, so that a lie is found at once and what was
 * taken stays taken. None goes beyond the end of an epoch: what comes after it needs other judges.
 */
import { BoundedMap } from '../base/bounded.ts'
import { defined } from '../base/invariant.ts'
import { isPlanted } from '../base/planted-bug.ts'
import type { Rejection } from '../base/rejection.ts'
import type { Result } from '../base/result.ts'
import type { PeerId } from '../network/port.ts'
import { BLOCKS_PER_RESPONSE_MAX, decodeRange, encodeRequest, type FinalRange } from '../network/requests.ts'
import type { Block } from '../types/block.ts'
import type { FinalityProof } from '../types/finality.ts'
import type { Epoch, Hash, Height } from '../types/ids.ts'
import type { Verified } from '../types/verified.ts'

export interface RangeSyncPorts {
  readonly request: (
    peer: PeerId,
    body: Uint8Array,
    timeoutMs: number,
    done: (response: Result<Uint8Array, Rejection>) => void,
  ) => void
  readonly later: (delayMs: number, callback: () => void) => void
  readonly judge: (block: Block) => Result<Verified<Block>, Rejection>
  readonly judgeFinality: (last: Block, proof: FinalityProof) => Result<Verified<FinalityProof>, Rejection>
  readonly penalise: (peer: PeerId, reason: string) => void
  readonly deliver: (blocks: readonly Verified<Block>[], finality: Verified<FinalityProof>) => void
  readonly committed: () => { readonly height: Height; readonly hash: Hash }
  readonly epoch: () => Epoch
  /** The epoch is over and the next one not yet open. */
  readonly isBetweenEpochs: () => boolean
  /** So many blocks behind within its epoch, a replica leaves the gap to the fetches of consensus. */
  readonly patienceBlocks: () => number
}

/** BOUND: peers whose height is remembered. */
const PEERS_MAX = 256
const REQUEST_TIMEOUT_MS = 3_000
/** A peer that failed is left alone for so long. */
const REST_MS = 2_000

interface Peer {
  height: Height
  epoch: Epoch
  isResting: boolean
  /** Answers in a row that were of no use: who has failed least is asked first, whatever height others claim. */
  failures: number
}

export class RangeSync {
  readonly #ports: RangeSyncPorts
  readonly #peers = new BoundedMap<PeerId, Peer>(PEERS_MAX)
  /** Height that is being fetched up to, or executed up to. */
  #target: Height | null = null
  #startedAt: Height = 0

  constructor(ports: RangeSyncPorts) {
    this.#ports = ports
  }

  /** Of a peer's own telling: only ever the cause of a question. */
  peerHasHeight(peer: PeerId, height: Height, epoch: Epoch): void {
    const known = this.#peers.get(peer) ?? { height, epoch, isResting: false, failures: 0 }
    known.height = height
    known.epoch = epoch
    this.#peers.set(peer, known)
    this.advance()
  }

  forget(peer: PeerId): void {
    this.#peers.delete(peer)
  }

  get highestHeight(): Height {
    let highest = this.#ports.committed().height
    for (const { height } of this.#peers.values()) highest = Math.max(highest, height)
    return highest
  }

  /** Null when nothing is being fetched. */
  get progress(): { readonly startingHeight: Height; readonly highestHeight: Height } | null {
    return this.#target === null ? null : { startingHeight: this.#startedAt, highestHeight: this.highestHeight }
  }

  /** Called after commits and news of peers. */
  advance(): void {
    if (this.#ports.isBetweenEpochs()) return
    const { height } = this.#ports.committed()
    if (this.#target !== null && height < this.#target) return
    const isRunning = this.#target !== null
    this.#target = null
    const peer = this.#bestPeer(height, isRunning ? 0 : this.#ports.patienceBlocks())
    if (peer === undefined) return
    if (!isRunning) this.#startedAt = height
    this.#ask(peer, height)
  }

  /** In a later epoch nobody waits for us: no patience then. */
  #bestPeer(committed: Height, patienceBlocks: number): PeerId | undefined {
    const ownEpoch = this.#ports.epoch()
    const useful = [...this.#peers.entries()].filter(
      ([, { height, epoch, isResting }]) => !isResting && height > committed + (epoch > ownEpoch ? 0 : patienceBlocks),
    )
    const [best] = useful.sort(([, a], [, b]) => a.failures - b.failures || b.height - a.height)
    return best?.[0]
  }

  #ask(peer: PeerId, committed: Height): void {
    this.#target = Number.POSITIVE_INFINITY
    const body = encodeRequest({ kind: 'range', from: committed + 1, count: BLOCKS_PER_RESPONSE_MAX })
    this.#ports.request(peer, body, REQUEST_TIMEOUT_MS, (response) => {
      this.#target = null
      if (response.ok && this.#accept(peer, response.value)) return
      this.#rest(peer)
      this.advance()
    })
  }

  #rest(peer: PeerId): void {
    const known = this.#peers.get(peer)
    if (known === undefined) return
    known.isResting = true
    known.failures += 1
    this.#ports.later(REST_MS, () => {
      known.isResting = false
      this.advance()
    })
  }

  #accept(peer: PeerId, bytes: Uint8Array): boolean {
    const decoded = decodeRange(bytes)
    if (!decoded.ok) return this.#refuse(peer, decoded.error.message)
    const newest = decoded.value.blocks.at(-1)?.header.height ?? 0
    // It has nothing more for us, or the chain has grown past its answer while that was on its way.
    const isBlamed = __CANARIES__ && isPlanted('overtaken-answer-blamed')
    if (newest <= this.#ports.committed().height && !isBlamed) return false
    const judged = this.#judge(decoded.value)
    if (typeof judged === 'string') return this.#refuse(peer, judged)
    this.#target = defined(judged.blocks.at(-1), 'the last block').header.height
    const known = this.#peers.get(peer)
    if (known !== undefined) known.failures = 0
    this.#ports.deliver(judged.blocks, judged.finality)
    return true
  }

  /** INVARIANT F2: blocks are taken only as an unbroken chain from our tip to a block that is proven final. */
  #judge(
    range: FinalRange,
  ): { readonly blocks: readonly Verified<Block>[]; readonly finality: Verified<FinalityProof> } | string {
    const last = range.blocks.at(-1)
    if (range.finality === null || last === undefined) return 'a range without its proof'
    const finality = this.#ports.judgeFinality(last, range.finality)
    if (!finality.ok) return finality.error.message
    const blocks: Verified<Block>[] = []
    let parent = this.#ports.committed()
    for (const block of range.blocks) {
      if (block.header.parentHash !== parent.hash) {
        // The chain may have grown under our feet while the answer was on its way.
        if (blocks.length === 0 && block.header.height <= parent.height) continue
        return 'a range that does not follow our chain'
      }
      const judged = this.#ports.judge(block)
      if (!judged.ok) return judged.error.message
      blocks.push(judged.value)
      parent = { hash: block.hash, height: block.header.height }
    }
    return { blocks, finality: finality.value }
  }

  #refuse(peer: PeerId, reason: string): false {
    this.#ports.penalise(peer, reason)
    return false
  }
}
