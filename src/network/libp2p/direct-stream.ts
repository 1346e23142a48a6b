/**
 * One established direct stream: frames in order, one write per loop tick, a bounded queue, and
 * its own sign of life. An idle side sends an empty frame each tick; silence is counted in ticks
 * of ours, not in wall time, so that a process that was frozen itself does not blame its peers.
 */
import type { Stream } from '@libp2p/interface'
import { EMPTY_BYTES } from '../../base/bytes.ts'
import { invariant } from '../../base/invariant.ts'
import type { NetworkLimits } from '../limits.ts'
import { encodeFrames, FrameReader, frameLength } from './frames.ts'
import { spareWindowUpdates } from './window-updates.ts'

export interface DirectStreamOwner {
  /** The first bytes of the peer: it has accepted the stream. */
  onUp(): void
  onMessage(message: Uint8Array): void
  /** Once, whatever ended it. */
  onClosed(reason: string): void
}

export class DirectStream {
  readonly #stream: Stream
  readonly #limits: NetworkLimits
  readonly #owner: DirectStreamOwner
  readonly #reader: FrameReader
  #queue: Uint8Array[] = []
  #queuedBytes = 0
  #wroteSinceTick = false
  #silentTicks = 0
  #up = false
  #closed = false

  constructor(stream: Stream, limits: NetworkLimits, owner: DirectStreamOwner) {
    this.#stream = stream
    this.#limits = limits
    this.#owner = owner
    this.#reader = new FrameReader(limits.messageBytesMax, (payload) => this.#deliver(payload))
    stream.maxWriteBufferLength = limits.sendQueueBytesMax
    spareWindowUpdates(stream)
    stream.addEventListener('close', () => this.#end('the stream was closed'))
    stream.addEventListener('remoteCloseWrite', () => this.abort('the peer stopped writing'))
    stream.addEventListener('message', ({ data }) => {
      for (const chunk of data instanceof Uint8Array ? [data] : data) this.#receive(chunk)
    })
    this.#enqueue(EMPTY_BYTES)
  }

  get isUp(): boolean {
    return this.#up && !this.#closed
  }

  /** False when the message does not fit: a reader so slow loses the stream, and with it the backlog. */
  send(message: Uint8Array): boolean {
    invariant(message.length > 0, 'a direct message is not empty')
    if (!this.isUp || message.length > this.#limits.messageBytesMax) return false
    const waiting = this.#queuedBytes + this.#stream.writeBufferLength
    if (waiting + frameLength(message) > this.#limits.sendQueueBytesMax) {
      this.abort('the peer reads too slowly')
      return false
    }
    this.#enqueue(message)
    return true
  }

  /** False when the peer has been silent for too long. */
  tick(): boolean {
    if (!this.#wroteSinceTick) this.#enqueue(EMPTY_BYTES)
    this.#wroteSinceTick = false
    this.#silentTicks += 1
    return this.#silentTicks <= this.#limits.silentTicksMax
  }

  abort(reason: string): void {
    this.#end(reason)
    this.#stream.abort(new Error(reason))
  }

  #enqueue(message: Uint8Array): void {
    if (this.#queue.length === 0) setImmediate(() => this.#flush())
    this.#queue.push(message)
    this.#queuedBytes += frameLength(message)
  }

  #flush(): void {
    if (this.#closed) return
    const bytes = encodeFrames(this.#queue)
    this.#queue = []
    this.#queuedBytes = 0
    this.#wroteSinceTick = true
    try {
      this.#stream.send(bytes)
    } catch (error) {
      this.abort(`cannot write: ${String(error)}`)
    }
  }

  #receive(chunk: Uint8Array): void {
    if (this.#closed) return
    this.#silentTicks = 0
    if (!this.#up) {
      this.#up = true
      this.#owner.onUp()
    }
    if (this.#reader.push(chunk) === 'too-large') this.abort('the peer declared an oversize frame')
  }

  #deliver(payload: Uint8Array): void {
    if (payload.length > 0 && !this.#closed) this.#owner.onMessage(payload)
  }

  #end(reason: string): void {
    if (this.#closed) return
    this.#closed = true
    this.#queue = []
    this.#queuedBytes = 0
    this.#owner.onClosed(reason)
  }
}
