/**
 * The full mesh of direct streams between validators. Of each pair the lower peer id opens the
 * stream and the other accepts, so there is one; as the opener only opens another when it holds
 * the last one dead, the newest stream always wins.
 */
import type { Connection, Stream } from '@libp2p/interface'
import type { Logger } from '../../base/logger.ts'
import type { NetworkLimits } from '../limits.ts'
import type { PeerId } from '../port.ts'
import { crash } from './crash.ts'
import { DirectStream } from './direct-stream.ts'

export interface DirectStreamsPorts {
  readonly self: PeerId
  readonly protocol: string
  readonly limits: NetworkLimits
  readonly logger: Logger
  /** The open connections to a peer, oldest first. */
  connectionsOf(peer: PeerId): readonly Connection[]
  /** The peer does not answer: end its connections, so that they are made anew. */
  dropPeer(peer: PeerId, reason: string): void
  readonly onMessage: (from: PeerId, message: Uint8Array) => void
  readonly onUp: (peer: PeerId) => void
  readonly onDown: (peer: PeerId) => void
}

export class DirectStreams {
  readonly #ports: DirectStreamsPorts
  readonly #streams = new Map<PeerId, DirectStream>()
  readonly #opening = new Set<PeerId>()
  #validators: ReadonlySet<PeerId> = new Set()
  #stopped = false

  constructor(ports: DirectStreamsPorts) {
    this.#ports = ports
  }

  get size(): number {
    let up = 0
    for (const stream of this.#streams.values()) if (stream.isUp) up += 1
    return up
  }

  /** The whole set; this node runs direct streams only while it is in it. */
  setValidators(validators: ReadonlySet<PeerId>): void {
    this.#validators = validators
    for (const [peer, stream] of this.#streams) if (!this.#mayRunWith(peer)) stream.abort('not a validator')
    for (const peer of validators) this.#open(peer)
  }

  /** A stream that the peer opened. */
  accept(peer: PeerId, stream: Stream): void {
    if (!this.#mayRunWith(peer) || this.#isOpener(peer)) {
      stream.abort(new Error('no direct stream from this peer'))
      return
    }
    this.#adopt(peer, stream)
  }

  connected(peer: PeerId): void {
    this.#open(peer)
  }

  tick(): void {
    for (const [peer, stream] of this.#streams) {
      if (stream.tick()) continue
      stream.abort('silent')
      this.#ports.dropPeer(peer, 'silent on its direct stream')
    }
    for (const peer of this.#validators) this.#open(peer)
  }

  send(to: PeerId, message: Uint8Array): boolean {
    return this.#streams.get(to)?.send(message) ?? false
  }

  stop(): void {
    this.#stopped = true
    for (const stream of this.#streams.values()) stream.abort('stopping')
  }

  #mayRunWith(peer: PeerId): boolean {
    const { self } = this.#ports
    return !this.#stopped && peer !== self && this.#validators.has(self) && this.#validators.has(peer)
  }

  #isOpener(peer: PeerId): boolean {
    return this.#ports.self < peer
  }

  #open(peer: PeerId): void {
    if (!this.#mayRunWith(peer) || !this.#isOpener(peer)) return
    if (this.#streams.has(peer) || this.#opening.has(peer)) return
    const connection = this.#ports.connectionsOf(peer).at(-1)
    if (connection === undefined) return
    this.#opening.add(peer)
    this.#openOn(connection, peer)
      .finally(() => this.#opening.delete(peer))
      .catch(crash)
  }

  async #openOn(connection: Connection, peer: PeerId): Promise<void> {
    const { protocol, limits, logger } = this.#ports
    const signal = AbortSignal.timeout(limits.openTimeoutMs)
    let stream: Stream
    try {
      stream = await connection.newStream(protocol, { signal })
    } catch (error) {
      logger.debug('cannot open a direct stream', { peer, error: String(error) })
      if (signal.aborted) this.#ports.dropPeer(peer, 'does not answer a stream opening')
      return
    }
    if (this.#mayRunWith(peer)) this.#adopt(peer, stream)
    else stream.abort(new Error('no direct stream to this peer'))
  }

  #adopt(peer: PeerId, stream: Stream): void {
    if (stream.status !== 'open') return
    const { limits, logger, onMessage, onUp, onDown } = this.#ports
    this.#streams.get(peer)?.abort('replaced by a newer stream')
    let wasUp = false
    const direct = new DirectStream(stream, limits, {
      onUp: () => {
        wasUp = true
        logger.debug('direct stream up', { peer })
        onUp(peer)
      },
      onMessage: (message) => onMessage(peer, message),
      onClosed: (reason) => {
        this.#streams.delete(peer)
        logger.debug('direct stream down', { peer, reason })
        if (wasUp) onDown(peer)
      },
    })
    this.#streams.set(peer, direct)
  }
}
