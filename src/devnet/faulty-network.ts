/**
 * A network that can be hurt: cut off from some peers, slow, and rewriting what goes out. It stands
 * between a replica and the wire in the processes of a devnet, and in no others: nothing outside of
 * this folder may import it (scripts/lint/layers.js).
 *
 * Who is cut off is down for the replica, as when a stream breaks; on the wire the connection stays.
 */
import { rejection } from '../base/rejection.ts'
import { err } from '../base/result.ts'
import type {
  GossipTopic,
  KnownPeer,
  Network,
  NetworkHandlers,
  NetworkStats,
  PeerId,
  RequestOptions,
} from '../network/port.ts'
import { DelayLine } from './delay-line.ts'

export interface Faults {
  readonly cutOff: readonly PeerId[]
  /** Of everything that goes out. */
  readonly delayMs: number
}

/** What goes out in the place of a direct message. */
export type Rewrite = (message: Uint8Array) => readonly Uint8Array[]

export class FaultyNetwork implements Network {
  readonly peerId: PeerId
  readonly #wire: Network
  readonly #outgoing = new DelayLine()
  /** Connected on the wire; with a direct stream or without. BOUND: by the connections of the wire. */
  readonly #up = new Map<PeerId, { direct: boolean }>()
  #cutOff: ReadonlySet<PeerId> = new Set()
  #handlers: NetworkHandlers | undefined
  #rewrite: Rewrite = (message) => [message]

  constructor(wire: Network) {
    this.#wire = wire
    this.peerId = wire.peerId
  }

  /** In place of those before. */
  setFaults({ cutOff, delayMs }: Faults): void {
    this.#outgoing.setDelay(delayMs)
    const before = this.#cutOff
    this.#cutOff = new Set(cutOff)
    for (const [peer, { direct }] of this.#up) {
      if (before.has(peer) === this.#cutOff.has(peer)) continue
      if (this.#cutOff.has(peer)) this.#tellDown(peer, direct)
      else this.#tellUp(peer, direct)
    }
  }

  setRewrite(rewrite: Rewrite): void {
    this.#rewrite = rewrite
  }

  start(handlers: NetworkHandlers): Promise<void> {
    this.#handlers = handlers
    return this.#wire.start({
      onDirect: (from, message) => {
        if (!this.#cutOff.has(from)) handlers.onDirect(from, message)
      },
      onGossip: (topic, from, data) => (this.#cutOff.has(from) ? 'ignore' : handlers.onGossip(topic, from, data)),
      onRequest: (from, request) => (this.#cutOff.has(from) ? undefined : this.#answerLater(handlers, from, request)),
      onPeerUp: (peer, direct) => {
        this.#up.set(peer, { direct: direct || this.#up.get(peer)?.direct === true })
        if (!this.#cutOff.has(peer)) handlers.onPeerUp(peer, direct)
      },
      onPeerDown: (peer, direct) => {
        if (direct) this.#up.set(peer, { direct: false })
        else this.#up.delete(peer)
        if (!this.#cutOff.has(peer)) handlers.onPeerDown(peer, direct)
      },
    })
  }

  stop(): Promise<void> {
    this.#outgoing.stop()
    return this.#wire.stop()
  }

  setKnownPeers(peers: readonly KnownPeer[]): void {
    this.#wire.setKnownPeers(peers)
  }

  sendDirect(to: PeerId, message: Uint8Array): boolean {
    if (this.#cutOff.has(to) || this.#up.get(to)?.direct !== true) return false
    return this.#outgoing.push(() => {
      for (const bytes of this.#rewrite(message)) this.#wire.sendDirect(to, bytes)
    })
  }

  publish(topic: GossipTopic, data: Uint8Array): void {
    this.#outgoing.push(() => this.#wire.publish(topic, data))
  }

  async request(to: PeerId, request: Uint8Array, options: RequestOptions): ReturnType<Network['request']> {
    if (this.#cutOff.has(to)) return err(rejection('not-connected', `no connection to ${to}`, 'ignore'))
    await new Promise<void>((resolve) => {
      if (!this.#outgoing.push(resolve)) resolve()
    })
    return await this.#wire.request(to, request, options)
  }

  connectedPeers(): readonly PeerId[] {
    return this.#wire.connectedPeers().filter((peer) => !this.#cutOff.has(peer))
  }

  penalise(peer: PeerId, points: number, reason: string): void {
    this.#wire.penalise(peer, points, reason)
  }

  stats(): NetworkStats {
    return this.#wire.stats()
  }

  #answerLater(handlers: NetworkHandlers, from: PeerId, request: Uint8Array): Promise<Uint8Array | undefined> {
    return new Promise((resolve, reject) => {
      const answer = (): void => {
        Promise.resolve(handlers.onRequest(from, request)).then(resolve, reject)
      }
      if (!this.#outgoing.push(answer)) resolve(undefined)
    })
  }

  #tellUp(peer: PeerId, direct: boolean): void {
    this.#handlers?.onPeerUp(peer, false)
    if (direct) this.#handlers?.onPeerUp(peer, true)
  }

  #tellDown(peer: PeerId, direct: boolean): void {
    if (direct) this.#handlers?.onPeerDown(peer, true)
    this.#handlers?.onPeerDown(peer, false)
  }
}
