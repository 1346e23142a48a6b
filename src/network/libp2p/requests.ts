/**
 * One libp2p stream per request: a frame there, a frame back that starts with a status byte. Both
 * sides have a deadline; the serving side has a budget per peer and a cap on what runs at once.
 */
import type { Connection, Stream } from '@libp2p/interface'
import { invariant } from '../../base/invariant.ts'
import { type Rejection, rejection } from '../../base/rejection.ts'
import { err, ok, type Result } from '../../base/result.ts'
import { FairRate } from '../fair-rate.ts'
import type { NetworkLimits } from '../limits.ts'
import { PeerBudgets } from '../peer-budgets.ts'
import type { NetworkHandlers, PeerId, RequestFailure, RequestOptions } from '../port.ts'
import { encodeFrames, FrameReader } from './frames.ts'

const STATUS_OK = 1
const REFUSED = new Uint8Array([0])
/** Of an answer, which cost as much as a request. */
const BYTES_PER_REQUEST = 256 * 1024

type Answer = Result<Uint8Array, Rejection<RequestFailure>>

const failure = (code: RequestFailure, message: string, verdict: Rejection['verdict'] = 'ignore'): Answer =>
  err(rejection(code, message, verdict))

export class RequestClient {
  readonly #protocol: string
  readonly #limits: NetworkLimits
  readonly #inFlight = new Map<PeerId, number>()
  /** As its peer counts: what would be refused is not sent, for too many streams end the connection. */
  readonly #budgets: PeerBudgets

  constructor(protocol: string, limits: NetworkLimits) {
    this.#protocol = protocol
    this.#limits = limits
    this.#budgets = new PeerBudgets(limits.requestsPerSecond)
  }

  async request(connection: Connection, to: PeerId, bytes: Uint8Array, options: RequestOptions): Promise<Answer> {
    if (bytes.length > this.#limits.requestBytesMax) return failure('request-too-large', `${bytes.length} bytes`)
    const inFlight = this.#inFlight.get(to) ?? 0
    if (inFlight >= this.#limits.requestsOutboundPerPeerMax) return failure('too-many-requests', 'too many in flight')
    if (!this.#budgets.spend(to, 1, performance.now())) return failure('too-many-requests', 'too many a second')
    this.#inFlight.set(to, inFlight + 1)
    try {
      return await this.#exchange(connection, bytes, options)
    } finally {
      const left = (this.#inFlight.get(to) ?? 1) - 1
      if (left === 0) this.#inFlight.delete(to)
      else this.#inFlight.set(to, left)
    }
  }

  async #exchange(connection: Connection, bytes: Uint8Array, options: RequestOptions): Promise<Answer> {
    const signal = AbortSignal.timeout(options.timeoutMs)
    try {
      const stream = await connection.newStream(this.#protocol, { signal })
      const responseBytesMax = Math.min(options.responseBytesMax, this.#limits.messageBytesMax)
      const answer = await readFrame(stream, responseBytesMax + 1, signal, () => stream.send(encodeFrames([bytes])))
      stream.abort(new Error('answered'))
      return answer.ok ? opened(answer.value) : answer
    } catch (error) {
      if (signal.aborted) return failure('request-timeout', `no answer within ${options.timeoutMs} ms`)
      return failure('request-failed', String(error))
    }
  }
}

function opened(response: Uint8Array): Answer {
  if (response[0] === STATUS_OK) return ok(response.subarray(1))
  return failure('request-refused', 'the peer refuses to answer')
}

export class RequestServer {
  readonly #limits: NetworkLimits
  readonly #onRequest: NetworkHandlers['onRequest']
  readonly #onServed: (requestBytes: number, responseBytes: number) => void
  /** The oldest first. */
  readonly #running = new Map<PeerId, Set<Stream>>()
  readonly #isKnown: (peer: PeerId) => boolean
  readonly #requests: PeerBudgets
  readonly #bytes: PeerBudgets
  /** They have as many identities as they like, and so one budget. */
  readonly #strangers: FairRate
  #runningCount = 0

  constructor(
    limits: NetworkLimits,
    onRequest: NetworkHandlers['onRequest'],
    onServed: (requestBytes: number, responseBytes: number) => void,
    isKnown: (peer: PeerId) => boolean,
  ) {
    this.#limits = limits
    this.#onRequest = onRequest
    this.#onServed = onServed
    this.#isKnown = isKnown
    this.#requests = new PeerBudgets(limits.requestsPerSecond)
    this.#bytes = new PeerBudgets(limits.responseBytesPerSecond)
    this.#strangers = new FairRate(limits.requestsPerSecond, performance.now())
  }

  /** Never rejects for anything the peer does. */
  async serve(from: PeerId, stream: Stream): Promise<void> {
    const running = this.#running.get(from)?.size ?? 0
    if (running >= this.#limits.requestsInboundPerPeerMax || !this.#mayAsk(from) || !this.#makeRoomBeside(running)) {
      stream.abort(new Error('over the request budget'))
      return
    }
    this.#running.set(from, (this.#running.get(from) ?? new Set<Stream>()).add(stream))
    this.#runningCount += 1
    try {
      await this.#answer(from, stream)
    } finally {
      this.#leave(from, stream)
    }
  }

  /** Whether there is: whoever has most gives way to who has less: a few that never ask or never read would take all there is. */
  #makeRoomBeside(running: number): boolean {
    if (this.#runningCount < this.#limits.requestsInboundMax) return true
    const [most] = [...this.#running].sort(([, a], [, b]) => b.size - a.size)
    const [oldest] = most?.[1] ?? []
    if (most === undefined || oldest === undefined || most[1].size <= running + 1) return false
    this.#leave(most[0], oldest)
    oldest.abort(new Error('others ask, too'))
    return true
  }

  #leave(from: PeerId, stream: Stream): void {
    const streams = this.#running.get(from)
    if (streams?.delete(stream) !== true) return
    this.#runningCount -= 1
    if (streams.size === 0) this.#running.delete(from)
  }

  async #answer(from: PeerId, stream: Stream): Promise<void> {
    const readSignal = AbortSignal.timeout(this.#limits.requestServeTimeoutMs)
    const request = await readFrame(stream, this.#limits.requestBytesMax, readSignal)
    if (!request.ok) {
      stream.abort(new Error(request.error.message))
      return
    }
    const response = await this.#onRequest(from, request.value)
    const frame = response === undefined ? REFUSED : withStatus(response)
    invariant(frame.length <= this.#limits.messageBytesMax + 1, 'a response fits a message')
    this.#charge(from, frame.length)
    this.#onServed(request.value.length, frame.length)
    try {
      stream.send(encodeFrames([frame]))
      await stream.close({ signal: AbortSignal.timeout(this.#limits.requestServeTimeoutMs) })
    } catch (error) {
      stream.abort(new Error(`response not read: ${String(error)}`))
    }
  }

  #mayAsk(from: PeerId): boolean {
    const nowMs = performance.now()
    if (!this.#isKnown(from)) return this.#strangers.take(from, nowMs)
    return this.#bytes.spend(from, 0, nowMs) && this.#requests.spend(from, 1, nowMs)
  }

  #charge(from: PeerId, bytes: number): void {
    const nowMs = performance.now()
    if (this.#isKnown(from)) this.#bytes.spend(from, bytes, nowMs)
    else this.#strangers.charge(from, nowMs, bytes / BYTES_PER_REQUEST)
  }
}

function withStatus(response: Uint8Array): Uint8Array {
  const frame = new Uint8Array(response.length + 1)
  frame[0] = STATUS_OK
  frame.set(response, 1)
  return frame
}

/** The first frame; `begin` runs once the stream is listened to. */
function readFrame(stream: Stream, lengthMax: number, signal: AbortSignal, begin?: () => void): Promise<Answer> {
  return new Promise((resolve) => {
    const finish = (answer: Answer): void => {
      signal.removeEventListener('abort', onTimeout)
      stream.removeEventListener('message', onMessage)
      stream.removeEventListener('close', onClose)
      stream.removeEventListener('remoteCloseWrite', onClose)
      if (!answer.ok) stream.abort(new Error(answer.error.message))
      resolve(answer)
    }
    const reader = new FrameReader(lengthMax, (payload) => finish(ok(payload)))
    const onTimeout = (): void => finish(failure('request-timeout', 'no answer in time'))
    const onClose = (): void => finish(failure('request-failed', 'the stream was closed'))
    const onMessage = ({ data }: { data: Uint8Array | Iterable<Uint8Array> }): void => {
      for (const chunk of data instanceof Uint8Array ? [data] : data) {
        if (reader.push(chunk) === 'ok') continue
        finish(failure('response-too-large', `more than ${lengthMax} bytes`, 'reject'))
        return
      }
    }
    signal.addEventListener('abort', onTimeout)
    stream.addEventListener('message', onMessage)
    stream.addEventListener('close', onClose)
    stream.addEventListener('remoteCloseWrite', onClose)
    if (stream.status !== 'open') {
      onClose()
      return
    }
    try {
      begin?.()
    } catch (error) {
      finish(failure('request-failed', String(error)))
    }
  })
}
