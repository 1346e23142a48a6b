/**
 * Catching up with a chain that is far ahead (docs/network.md, "Fetching blocks"): final blocks in ranges,
 * each ending in a block whose certificate was verified, so that a lie is found at once and what was
 * taken stays taken.
 */
import { BoundedMap } from '../base/bounded.ts'
import { defined } from '../base/invariant.ts'
import { isPlanted } from '../base/planted-bug.ts'
import type { Rejection } from '../base/rejection.ts'
import type { Result } from '../base/result.ts'
import { BLOCKS_PER_RESPONSE_MAX, decodeRange, encodeRequest, type FinalRange } from '../network/messages.ts'
import type { PeerId } from '../network/port.ts'
import type { Block } from '../types/block.ts'
import type { CommitCertificate } from '../types/certificate.ts'
import type { Hash, Height } from '../types/ids.ts'
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
  readonly judgeCertificate: (certificate: CommitCertificate) => Result<Verified<CommitCertificate>, Rejection>
  readonly penalise: (peer: PeerId, reason: string) => void
  readonly deliver: (blocks: readonly Verified<Block>[], certificate: Verified<CommitCertificate>) => void
  readonly committed: () => { readonly height: Height; readonly hash: Hash }
}

/** BOUND: peers whose height is remembered. */
const PEERS_MAX = 256
const REQUEST_TIMEOUT_MS = 3_000
/** A peer that failed is left alone for so long. */
const REST_MS = 2_000

interface Peer {
  height: Height
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
  /** A replica this many blocks behind leaves the gap to the fetches of consensus. */
  readonly #patienceBlocks: number

  constructor(ports: RangeSyncPorts, patienceBlocks: number) {
    this.#ports = ports
    this.#patienceBlocks = patienceBlocks
  }

  /** Of a peer's own telling: only ever the cause of a question. */
  peerHasHeight(peer: PeerId, height: Height): void {
    const known = this.#peers.get(peer) ?? { height, isResting: false, failures: 0 }
    known.height = height
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
    const { height } = this.#ports.committed()
    if (this.#target !== null && height < this.#target) return
    const isRunning = this.#target !== null
    this.#target = null
    const peer = this.#bestPeer(isRunning ? height : height + this.#patienceBlocks)
    if (peer === undefined) return
    if (!isRunning) this.#startedAt = height
    this.#ask(peer, height)
  }

  #bestPeer(above: Height): PeerId | undefined {
    const useful = [...this.#peers.entries()].filter(([, { height, isResting }]) => !isResting && height > above)
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
    this.#ports.deliver(judged.blocks, judged.certificate)
    return true
  }

  /** INVARIANT F2: blocks are taken only as an unbroken chain from our tip to a certified block. */
  #judge(
    range: FinalRange,
  ): { readonly blocks: readonly Verified<Block>[]; readonly certificate: Verified<CommitCertificate> } | string {
    if (range.certificate === null) return 'a range without its certificate'
    const certificate = this.#ports.judgeCertificate(range.certificate)
    if (!certificate.ok) return certificate.error.message
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
    if (blocks.length === 0 || certificate.value.blockHash !== parent.hash)
      return 'a range that its certificate is not for'
    return { blocks, certificate: certificate.value }
  }

  #refuse(peer: PeerId, reason: string): false {
    this.#ports.penalise(peer, reason)
    return false
  }
}
