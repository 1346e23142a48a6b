/**
 * How fast the gossip of a peer is read. Each frame costs its receiver some 40 µs however empty, and each message in
 * it some 10 µs although it has been seen before, of which gossipsub tells nobody. A peer that has had its share is
 * not read for a while: nothing of it is lost, its sender waits.
 */
import type { Stream } from '@libp2p/interface'
import { FairRate } from '../fair-rate.ts'
import type { NetworkLimits } from '../limits.ts'
import { PeerBudgets } from '../peer-budgets.ts'
import type { PeerId } from '../port.ts'

/** Bytes that may lie in several pieces. */
export interface GossipFrame {
  subarray(): Uint8Array
}

const POLL_MS = 50

export class GossipPace {
  readonly #isKnown: (peer: PeerId) => boolean
  readonly #known: PeerBudgets
  /** They have as many identities as they like, and so one budget. */
  readonly #strangers: FairRate

  constructor(limits: NetworkLimits, isKnown: (peer: PeerId) => boolean, nowMs: number) {
    this.#isKnown = isKnown
    this.#known = new PeerBudgets(limits.gossipPartsPerSecond)
    this.#strangers = new FairRate(limits.gossipPartsPerSecond, nowMs)
  }

  /** Whether a frame of so many parts, itself included, may be taken now; then that is taken from its share. */
  take(peer: PeerId, parts: number, nowMs: number): boolean {
    return this.#isKnown(peer) ? this.#known.spend(peer, parts, nowMs) : this.#strangers.take(peer, nowMs, parts)
  }

  /** The frames of a stream, each in its time. */
  async *paced(peer: PeerId, frames: AsyncIterable<GossipFrame>, stream: Stream): AsyncGenerator<GossipFrame> {
    for await (const frame of frames) {
      const parts = 1 + partsOf(frame.subarray())
      while (!this.take(peer, parts, performance.now())) await rest(stream)
      yield frame
    }
  }
}

/** Nothing more is taken in meanwhile than the stream's window lets through. */
async function rest(stream: Stream): Promise<void> {
  if (stream.status === 'open') stream.pause()
  await new Promise((resolve) => setTimeout(resolve, POLL_MS))
  if (stream.status === 'open') stream.resume()
}

/** Messages, subscriptions and control of a frame: the fields of its protobuf, all of which have a length. */
function partsOf(frame: Uint8Array): number {
  let parts = 0
  for (let at = 0; at < frame.length; parts++) {
    at += 1
    let length = 0
    for (let scale = 1, byte = 0x80; byte >= 0x80 && at < frame.length; scale *= 0x80, at++) {
      byte = frame[at] as number
      length += (byte & 0x7f) * scale
    }
    at += length
  }
  return parts
}
