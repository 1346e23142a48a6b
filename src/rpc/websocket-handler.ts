/**
 * JSON-RPC over WebSocket. A client that sends faster than it is answered is not read for a while;
 * one that does not read what it asked for is closed with 1013, never buffered without bound.
 */
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { type RawData, WebSocket, WebSocketServer } from 'ws'
import type { Logger } from '../base/logger.ts'
import { type JsonRpc, whenAnswered } from './json-rpc.ts'
import type { RpcLimits } from './limits.ts'
import type { RpcContext } from './method.ts'
import type { Recipient, SubscriptionHub } from './subscriptions.ts'
import type { UnreadAnswers } from './unread-answers.ts'

const GOING_AWAY = 1001
const UNSUPPORTED_DATA = 1003
const TRY_AGAIN_LATER = 1013

export class WebSocketHandler {
  readonly #rpc: JsonRpc
  readonly #context: RpcContext
  readonly #hub: SubscriptionHub
  readonly #unread: UnreadAnswers
  readonly #logger: Logger
  readonly #server: WebSocketServer
  readonly #connections = new Set<Connection>()
  readonly #pingTimer: NodeJS.Timeout

  constructor(rpc: JsonRpc, context: RpcContext, hub: SubscriptionHub, unread: UnreadAnswers, logger: Logger) {
    this.#rpc = rpc
    this.#context = context
    this.#hub = hub
    this.#unread = unread
    this.#logger = logger
    this.#server = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      maxPayload: context.limits.requestBytesMax,
    })
    this.#pingTimer = setInterval(() => this.#ping(), context.limits.pingIntervalMs)
    this.#pingTimer.unref()
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#server.handleUpgrade(request, socket, head, (webSocket) => this.#open(webSocket, socket))
  }

  /** Closes each connection with 1001 as soon as what it asked is answered. */
  close(): void {
    clearInterval(this.#pingTimer)
    for (const connection of this.#connections) connection.closeWhenAnswered()
  }

  terminate(): void {
    for (const connection of this.#connections) connection.webSocket.terminate()
  }

  #open(webSocket: WebSocket, socket: Duplex): void {
    const connection = new Connection(webSocket, socket, this.#unread, this.#context.limits)
    const context: RpcContext = { ...this.#context, session: this.#hub.sessionOf(connection) }
    this.#connections.add(connection)
    webSocket.on('message', (message, isBinary) => {
      if (connection.closing) return
      if (isBinary) webSocket.close(UNSUPPORTED_DATA, 'JSON-RPC is text')
      else connection.answer(this.#rpc.answer(textOf(message), context))
    })
    webSocket.on('error', (error) => this.#logger.debug('a WebSocket failed', { error: error.message }))
    webSocket.on('close', () => {
      this.#connections.delete(connection)
      this.#hub.drop(connection)
    })
  }

  #ping(): void {
    for (const connection of this.#connections) connection.ping()
  }
}

class Connection implements Recipient {
  readonly webSocket: WebSocket
  readonly #socket: Duplex
  readonly #unread: UnreadAnswers
  readonly #limits: RpcLimits
  #inFlight = 0
  #heard = true
  closing = false

  constructor(webSocket: WebSocket, socket: Duplex, unread: UnreadAnswers, limits: RpcLimits) {
    this.webSocket = webSocket
    this.#socket = socket
    this.#unread = unread
    this.#limits = limits
    webSocket.on('pong', () => (this.#heard = true))
  }

  answer(answer: string | null | Promise<string | null>): void {
    this.#heard = true
    this.#inFlight += 1
    if (this.#inFlight >= this.#limits.inFlightPerSocketMax) this.webSocket.pause()
    whenAnswered(answer, (text) => this.#answered(text))
  }

  send(text: string): void {
    if (this.webSocket.readyState !== WebSocket.OPEN) return
    if (this.webSocket.bufferedAmount > this.#limits.unreadBytesMax) {
      this.overload('too slow in reading')
      return
    }
    const bytes = Buffer.byteLength(text)
    this.#unread.sent(this.#socket, bytes)
    this.webSocket.send(text, () => this.#unread.read(this.#socket, bytes))
  }

  overload(reason: string): void {
    this.#close(TRY_AGAIN_LATER, reason)
  }

  closeWhenAnswered(): void {
    this.closing = true
    if (this.#inFlight === 0) this.#close(GOING_AWAY, 'the server is stopping')
  }

  /** Whoever has not been heard since the last ping is gone, unless it is we who do not listen. */
  ping(): void {
    if (this.webSocket.isPaused) return
    if (!this.#heard) {
      this.webSocket.terminate()
      return
    }
    this.#heard = false
    this.webSocket.ping()
  }

  #answered(text: string | null): void {
    this.#inFlight -= 1
    if (text !== null) this.send(text)
    if (this.webSocket.isPaused) this.webSocket.resume()
    if (this.closing && this.#inFlight === 0) this.#close(GOING_AWAY, 'the server is stopping')
  }

  #close(code: number, reason: string): void {
    // The closing handshake has to be read.
    if (this.webSocket.isPaused) this.webSocket.resume()
    this.webSocket.close(code, reason)
  }
}

/** `ws` gives text as one Buffer unless told otherwise. */
function textOf(message: RawData): string {
  return (message as Buffer).toString('utf8')
}
