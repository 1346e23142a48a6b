/**
 * JSON-RPC over HTTP. Errors of JSON-RPC, permanent by nature, go out as HTTP 200: clients take
 * 403, 408, 413, 429 and 5xx for something to try again.
 */
import { isUtf8 } from 'node:buffer'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AccessPolicy } from './access-policy.ts'
import { INVALID_REQUEST, PARSE_ERROR, RpcError } from './errors.ts'
import { type Answer, errorText, type JsonRpc, whenAnswered } from './json-rpc.ts'
import type { RpcContext } from './method.ts'
import { readinessOf } from './readiness.ts'
import { pathOf, RPC_PATH } from './request-path.ts'
import type { UnreadAnswers } from './unread-answers.ts'

const JSON_TYPE = 'application/json'
const TEXT_TYPE = 'text/plain'
/** A body that is too large is read and dropped so that its sender sees the answer, up to this many times the limit. */
const DISCARD_FACTOR = 8

interface Reply {
  readonly status: number
  readonly type: string
  readonly text: string
  /** Names and values in turn. */
  readonly headers?: readonly string[]
}

export class HttpHandler {
  readonly #rpc: JsonRpc
  readonly #context: RpcContext
  readonly #policy: AccessPolicy
  readonly #unread: UnreadAnswers
  /** Set while the server stops: each answer is the last of its connection. */
  closing = false

  constructor(rpc: JsonRpc, context: RpcContext, policy: AccessPolicy, unread: UnreadAnswers) {
    this.#rpc = rpc
    this.#context = context
    this.#policy = policy
    this.#unread = unread
  }

  handle(request: IncomingMessage, response: ServerResponse): void {
    // Probes come by address, from wherever the supervisor runs, and learn nothing worth guarding.
    const reply = this.#probe(request) ?? this.#refusal(request) ?? this.#replyWithoutBody(request)
    if (reply !== null) {
      this.#send(response, reply)
      return
    }
    const cors = this.#policy.corsHeaders(request.headers)
    readBody(request, this.#context.limits.requestBytesMax, (body) => {
      whenAnswered(this.#answer(body), (text) => {
        if (text === null) response.writeHead(204, [...cors]).end()
        else this.#send(response, { status: 200, type: JSON_TYPE, text, headers: cors })
      })
    })
  }

  #probe(request: IncomingMessage): Reply | null {
    if (!onlyReads(request)) return null
    const path = pathOf(request)
    if (path === '/healthz') return { status: 200, type: JSON_TYPE, text: '{"alive":true}' }
    if (path !== '/readyz') return null
    const readiness = readinessOf(this.#context.node)
    return { status: readiness.ready ? 200 : 503, type: JSON_TYPE, text: JSON.stringify(readiness) }
  }

  #refusal(request: IncomingMessage): Reply | null {
    const reason = this.#policy.refusal(request.headers)
    return reason === null ? null : { status: 403, type: TEXT_TYPE, text: `${reason}\n` }
  }

  /** Null for a POST whose body is to be read. */
  #replyWithoutBody(request: IncomingMessage): Reply | null {
    const { method, headers } = request
    const cors = this.#policy.corsHeaders(headers)
    if (pathOf(request) !== RPC_PATH) {
      return { status: 404, type: TEXT_TYPE, text: `not found: JSON-RPC is at ${RPC_PATH}\n`, headers: cors }
    }
    if (method === 'POST') {
      if (isJson(headers['content-type'])) return null
      return { status: 415, type: TEXT_TYPE, text: `Content-Type must be ${JSON_TYPE}\n`, headers: cors }
    }
    if (onlyReads(request)) return { status: 200, type: JSON_TYPE, text: this.#introduction(), headers: cors }
    if (method === 'OPTIONS') {
      return { status: 200, type: TEXT_TYPE, text: '', headers: this.#policy.preflightHeaders(headers) }
    }
    return { status: 405, type: TEXT_TYPE, text: 'POST a JSON-RPC request\n', headers: ['Allow', 'GET, HEAD, POST'] }
  }

  /** For people who open the address in a browser. */
  #introduction(): string {
    const { clientVersion, chainId } = this.#context.node
    return JSON.stringify({ clientVersion, chainId, usage: 'POST JSON-RPC 2.0, or open a WebSocket', state: '/readyz' })
  }

  #answer(body: Buffer | null): Answer | Promise<Answer> {
    if (body === null) {
      const bytesMax = this.#context.limits.requestBytesMax
      return errorText(null, new RpcError(INVALID_REQUEST, `request body too large: at most ${bytesMax} bytes`))
    }
    if (!isUtf8(body)) return errorText(null, new RpcError(PARSE_ERROR, 'parse error: the request is not UTF-8'))
    return this.#rpc.answer(body.toString('utf8'), this.#context)
  }

  #send(response: ServerResponse, { status, type, text, headers = [] }: Reply): void {
    const bytes = Buffer.byteLength(text)
    const all = ['Content-Type', type, 'Content-Length', String(bytes), ...headers]
    if (this.closing) all.push('Connection', 'close')
    // The request's: a response that waits behind another has no socket yet.
    const { socket } = response.req
    this.#unread.sent(socket, bytes)
    response.once('finish', () => this.#unread.read(socket, bytes))
    response.writeHead(status, all).end(text)
  }
}

/** Node sends the headers alone of what answers a HEAD. */
function onlyReads({ method }: IncomingMessage): boolean {
  return method === 'GET' || method === 'HEAD'
}

function isJson(contentType: string | undefined): boolean {
  return contentType === JSON_TYPE || contentType?.split(';', 1)[0]?.trim().toLowerCase() === JSON_TYPE
}

/** The body, or null when it is above the limit. Its declared length is not asked: it may lie. */
function readBody(request: IncomingMessage, bytesMax: number, done: (body: Buffer | null) => void): void {
  const chunks: Buffer[] = []
  let length = 0
  request.on('data', (chunk: Buffer) => {
    length += chunk.length
    if (length <= bytesMax) chunks.push(chunk)
    else chunks.length = 0
    if (length > bytesMax * DISCARD_FACTOR) request.destroy()
  })
  request.on('end', () => {
    const [first] = chunks
    if (length > bytesMax) done(null)
    else done(chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks))
  })
}
