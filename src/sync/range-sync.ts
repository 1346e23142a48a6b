/**
 * Catching up with a chain that is far ahead (docs/network.md, "Fetching blocks"): final blocks in ranges,
 * each ending in a block whose finality was proven, so that what was taken stays taken. None goes beyond
 * the end of an epoch: what comes after it needs other judges.
 */
import { BoundedMap } from '../base/bounded.ts'
import { defined } from '../base/invariant.ts'
import { isPlanted } from '../base/planted-bug.ts'
import type { Rejection } from '../base/rejection.ts'
import type { Result } from '../base/result.ts'
import type { PeerId } from '../network/port.ts'
import { decodeRange, encodeRequest, RANGE_BLOCKS_MAX } from '../network/requests.ts'
import type { Epoch, Height } from '../types/ids.ts'
import { BlockRun, type ProvenRun, type RunPorts, type RunProgress } from './block-run.ts'

export interface RangeSyncPorts extends RunPorts {
  readonly request: (
    peer: PeerId,
    body: Uint8Array,
    timeoutMs: number,
    done: (response: Result<Uint8Array, Rejection>) => void,
  ) => void
  readonly later: (delayMs: number, callback: () => void) => void
  readonly nowMs: () => number
  readonly penalise: (peer: PeerId, reason: string) => void
  readonly deliver: (blocks: ProvenRun['blocks'], finality: ProvenRun['finality']) => void
  readonly epoch: () => Epoch
  /** The epoch is over and the next one not yet open. */
  readonly isBetweenEpochs: () => boolean
  /** So many blocks behind within its epoch, a replica leaves the gap to the fetches of consensus. */
  readonly patienceBlocks: () => number
  /** The others of our epoch. */
  readonly validators: () => readonly PeerId[]
  /** How many validators must say a thing so that one who says it is correct. */
  readonly amplification: () => number
}

/** BOUND: peers whose height is remembered. */
const PEERS_MAX = 256
const REQUEST_TIMEOUT_MS = 3_000
/** A peer that failed is left alone for so long. */
const REST_MS = 2_000
/** Who has been of use, and then not so often in a row, waits in line with the others. */
const FAILURES_OF_USEFUL = 3
/** What a failure leaves of the pace by which a peer is preferred. */
const PACE_LEFT = 0.1
/**
 * When those that were of use have been asked for so long, whoever has waited longest is asked once: else a peer that
 * gives little and late would be the only one for ever. One that stays silent takes no longer than that.
 */
const TURN_EVERY_MS = REQUEST_TIMEOUT_MS

interface Peer {
  /** As it claims: that decides whether it is asked, not before whom. */
  height: Height
  epoch: Epoch
  isResting: boolean
  /** Proven blocks a millisecond, of the last run that it served; 0 = it has never served. */
  pace: number
  /** Answers in a row that were of no use. */
  failures: number
  /** Place in the line of those that wait: behind all others when it comes, and when it is asked. */
  turn: number
}

interface Attempt {
  readonly run: BlockRun
  readonly sinceMs: number
  /** Of a peer that was not asked for its pace. */
  readonly isTurn: boolean
}

export class RangeSync {
  readonly #ports: RangeSyncPorts
  readonly #peers = new BoundedMap<PeerId, Peer>(PEERS_MAX)
  /** Height that is being fetched up to, or executed up to. */
  #target: Height | null = null
  #startedAt: Height = 0
  #turns = 0
  /** For which the useful have been asked since somebody else had a turn. */
  #usefulMs = 0

  constructor(ports: RangeSyncPorts) {
    this.#ports = ports
  }

  /** Of a peer's own telling: only ever the cause of a question. */
  peerHasHeight(peer: PeerId, height: Height, epoch: Epoch): void {
    const known = this.#peers.get(peer) ?? this.#newPeer()
    known.height = height
    known.epoch = epoch
    this.#peers.set(peer, known)
    this.advance()
  }

  forget(peer: PeerId): void {
    this.#peers.delete(peer)
  }

  /** That so many validators claim that one of them is correct, or, where too few are heard, that anybody does. */
  get highestHeight(): Height {
    const { committed } = this.#ports
    const amplification = this.#ports.amplification()
    const validators = this.#ports.validators().flatMap((peer) => this.#peers.get(peer) ?? [])
    const isEnough = validators.length >= amplification
    const heights = (isEnough ? validators : [...this.#peers.values()])
      .map(({ height }) => height)
      .sort((a, b) => b - a)
    return Math.max(committed().height, heights[isEnough ? amplification - 1 : 0] ?? 0)
  }

  /** Null when level: not by what is asked for, since who claims much and stays silent is asked all the time. */
  get progress(): { readonly startingHeight: Height; readonly highestHeight: Height } | null {
    const { height } = this.#ports.committed()
    const proven = this.#target === null || this.#target === Number.POSITIVE_INFINITY ? 0 : this.#target
    const highestHeight = Math.max(this.highestHeight, proven)
    if (proven <= height && highestHeight <= height + this.#ports.patienceBlocks()) return null
    return { startingHeight: this.#target === null ? height : this.#startedAt, highestHeight }
  }

  /** Called after commits and news of peers. */
  advance(): void {
    if (this.#ports.isBetweenEpochs()) return
    const { height } = this.#ports.committed()
    if (this.#target !== null && height < this.#target) return
    const isRunning = this.#target !== null
    this.#target = null
    const isTurn = this.#usefulMs >= TURN_EVERY_MS
    const peer = this.#nextPeer(height, isRunning ? 0 : this.#ports.patienceBlocks(), isTurn)
    if (peer === undefined) return
    if (!isRunning) this.#startedAt = height
    this.#target = Number.POSITIVE_INFINITY
    if (isTurn) this.#usefulMs = 0
    this.#ask(peer, { run: new BlockRun(this.#ports), sinceMs: this.#ports.nowMs(), isTurn })
  }

  #newPeer(): Peer {
    return { height: 0, epoch: 0, isResting: false, pace: 0, failures: 0, turn: this.#turns++ }
  }

  /** In a later epoch nobody waits for us: no patience then. */
  #nextPeer(committed: Height, patienceBlocks: number, isTurn: boolean): PeerId | undefined {
    const ownEpoch = this.#ports.epoch()
    const [next] = [...this.#peers.entries()]
      .filter(
        ([, { height, epoch, isResting }]) =>
          !isResting && height > committed + (epoch > ownEpoch ? 0 : patienceBlocks),
      )
      .sort(([, a], [, b]) => (isTurn ? a.turn - b.turn : inOrderOfUse(a, b)))
    return next?.[0]
  }

  #ask(peer: PeerId, attempt: Attempt): void {
    const { run, sinceMs, isTurn } = attempt
    const known = this.#peers.get(peer)
    if (known !== undefined) known.turn = this.#turns++
    const body = encodeRequest({ kind: 'range', from: run.nextHeight, count: RANGE_BLOCKS_MAX })
    this.#ports.request(peer, body, REQUEST_TIMEOUT_MS, (response) => {
      const tookMs = Math.max(1, this.#ports.nowMs() - sinceMs)
      const progress = response.ok ? this.#take(peer, run, response.value) : null
      if (progress?.kind === 'unproven') {
        this.#ask(peer, attempt)
        return
      }
      if (!isTurn && isUseful(this.#peers.get(peer))) this.#usefulMs += tookMs
      if (progress?.kind === 'proven') this.#deliver(peer, progress, tookMs)
      else this.#fail(peer)
    })
  }

  #fail(peer: PeerId): void {
    this.#target = null
    this.#rest(peer)
    this.advance()
  }

  #rest(peer: PeerId): void {
    const known = this.#peers.get(peer)
    if (known === undefined) return
    known.isResting = true
    known.failures += 1
    known.pace *= PACE_LEFT
    this.#ports.later(REST_MS, () => {
      known.isResting = false
      this.advance()
    })
  }

  /** Null when there is nothing in it for us. */
  #take(peer: PeerId, run: BlockRun, bytes: Uint8Array): RunProgress | null {
    const decoded = decodeRange(bytes)
    if (!decoded.ok) {
      this.#ports.penalise(peer, decoded.error.message)
      return null
    }
    const newest = decoded.value.blocks.at(-1)?.header.height ?? 0
    // It has nothing more for us, or the chain has grown past its answer while that was on its way.
    const isBlamed = __CANARIES__ && isPlanted('overtaken-answer-blamed')
    if (newest <= this.#ports.committed().height && !isBlamed) return null
    const progress = run.take(decoded.value, bytes.length)
    if (progress.kind === 'lie') this.#ports.penalise(peer, progress.reason)
    return progress
  }

  #deliver(peer: PeerId, { blocks, finality }: ProvenRun, tookMs: number): void {
    this.#target = defined(blocks.at(-1), 'the last block').header.height
    const known = this.#peers.get(peer)
    if (known !== undefined) {
      known.pace = blocks.length / tookMs
      known.failures = 0
    }
    this.#ports.deliver(blocks, finality)
  }
}

/** Strangers who come and go and claim whatever they like must not keep us from who has served, nor from who waits. */
function inOrderOfUse(a: Peer, b: Peer): number {
  if (isUseful(a) !== isUseful(b)) return isUseful(a) ? -1 : 1
  return isUseful(a) ? b.pace - a.pace || b.height - a.height : a.turn - b.turn
}

function isUseful(peer: Peer | undefined): boolean {
  return peer !== undefined && peer.pace > 0 && peer.failures < FAILURES_OF_USEFUL
}
