/**
 * JSON-RPC 2.0: text of a request or a batch in, text of the answer out. It knows nothing of HTTP
 * or WebSocket. Deviations: ids are strings of at most 256 characters, safe numbers or null;
 * parameters are an array.
 */
import { InvariantViolation } from '../base/invariant.ts'
import type { Logger } from '../base/logger.ts'
import {
  INTERNAL_ERROR,
  INVALID_REQUEST,
  invalidParams,
  LIMIT_EXCEEDED,
  methodNotFound,
  RpcError,
  responseTooLarge,
} from './errors.ts'
import { JsonText } from './json-text.ts'
import type { RpcContext, RpcMethod } from './method.ts'
import { parseStrictJson } from './strict-json.ts'

type Id = string | number | null
/** Null: a notification, or nothing but notifications, is not answered. */
export type Answer = string | null

interface Request {
  /** Undefined for a notification. */
  readonly id: Id | undefined
  readonly method: string
  readonly params: readonly unknown[]
}

/** What the answers of one batch may still weigh, each keeping room for an error of those behind it. */
interface Budget {
  left: number
}

const ID_LENGTH_MAX = 256
const BUSY = new RpcError(LIMIT_EXCEEDED, 'the server is busy: too many requests are being answered')
/** BOUND: an error without data, with the longest id, escaped. */
const ERROR_LENGTH_MAX = 2_048

export class JsonRpc {
  readonly #methods: ReadonlyMap<string, RpcMethod>
  readonly #logger: Logger
  /** Of requests that are being answered. */
  #heldBytes = 0

  constructor(methods: ReadonlyMap<string, RpcMethod>, logger: Logger) {
    this.#methods = methods
    this.#logger = logger
  }

  /** Never throws and never rejects; synchronous whenever the methods are. */
  answer(text: string, context: RpcContext): Answer | Promise<Answer> {
    if (this.#heldBytes + text.length > context.limits.requestBytesHeldMax) return errorText(null, BUSY)
    const answer = this.#answer(text, context)
    if (!(answer instanceof Promise)) return answer
    this.#heldBytes += text.length
    return answer.finally(() => {
      this.#heldBytes -= text.length
    })
  }

  #answer(text: string, context: RpcContext): Answer | Promise<Answer> {
    try {
      const value = parseStrictJson(text, context.limits.jsonNestingMax)
      const budget = { left: context.limits.responseBytesMax }
      return Array.isArray(value) ? this.#batch(value, context, budget) : this.#one(value, context, budget)
    } catch (error) {
      return this.#failure(null, error)
    }
  }

  #batch(items: readonly unknown[], context: RpcContext, budget: Budget): Answer | Promise<Answer> {
    const itemsMax = context.limits.batchItemsMax
    if (items.length === 0) throw new RpcError(INVALID_REQUEST, 'an empty batch')
    if (items.length > itemsMax) throw new RpcError(INVALID_REQUEST, `batch too large: at most ${itemsMax} requests`)
    budget.left -= items.length * ERROR_LENGTH_MAX
    const answers = items.map((item) => this.#one(item, context, budget))
    return answers.some((answer) => answer instanceof Promise)
      ? Promise.all(answers.map((answer) => Promise.resolve(answer))).then(joinBatch)
      : joinBatch(answers as readonly Answer[])
  }

  #one(value: unknown, context: RpcContext, budget: Budget): Answer | Promise<Answer> {
    let id: Id | undefined = null
    try {
      id = readId(value)
      const request = readRequest(value, id)
      const method = this.#methods.get(request.method)
      if (method === undefined) throw methodNotFound(request.method)
      const text =
        method.cost === 'expensive'
          ? this.#queued(method, request, context, budget)
          : this.#call(method, request, context, budget)
      return text instanceof Promise ? text.catch((error: unknown) => this.#failure(id, error, budget)) : text
    } catch (error) {
      return this.#failure(id, error, budget)
    }
  }

  /** An expensive method, and writing its result as JSON, are one turn in the queue. */
  #queued(method: RpcMethod, request: Request, context: RpcContext, budget: Budget): Promise<Answer> {
    return context.work.run(() => {
      if (budget.left <= 0) throw responseTooLarge()
      return this.#call(method, request, context, budget)
    })
  }

  #call(method: RpcMethod, request: Request, context: RpcContext, budget: Budget): Answer | Promise<Answer> {
    const result = method.call(context, request.params)
    return result instanceof Promise
      ? result.then((settled: unknown) => success(request.id, settled, budget))
      : success(request.id, result, budget)
  }

  #failure(id: Id | undefined, error: unknown, budget?: Budget): Answer {
    const known = error instanceof RpcError ? error : this.#internal(error)
    if (id === undefined) return null
    const text = errorText(id, known)
    // The room for an error without data was set aside before.
    return known.data === undefined || budget === undefined || spend(budget, text)
      ? text
      : errorText(id, responseTooLarge())
  }

  /** Our own mistake: the log gets it, the client learns nothing of our inside. */
  #internal(error: unknown): RpcError {
    const detail = error instanceof Error ? (error.stack ?? error.message) : String(error)
    this.#logger.error('an RPC method failed', { error: detail })
    return new RpcError(INTERNAL_ERROR, 'internal error')
  }
}

/** At once if the answer is there. An answer never rejects. */
export function whenAnswered(answer: Answer | Promise<Answer>, use: (answer: Answer) => void): void {
  if (answer instanceof Promise) answer.then(use).catch(neverRejects)
  else use(answer)
}

function neverRejects(cause: unknown): never {
  throw new InvariantViolation(`an answer was rejected: ${String(cause)}`)
}

function success(id: Id | undefined, result: unknown, budget: Budget): Answer {
  if (id === undefined) return null
  const json = result instanceof JsonText ? result.text : JSON.stringify(result ?? null)
  const text = `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":${json}}`
  if (spend(budget, text)) return text
  if (result instanceof JsonText) result.onRefused()
  throw responseTooLarge()
}

/** Whether there was room; when there is none for one answer, there is none for those behind it. */
function spend(budget: Budget, text: string): boolean {
  const fits = text.length <= budget.left
  budget.left = fits ? budget.left - text.length : 0
  return fits
}

export function errorText(id: Id, { code, message, data }: RpcError): string {
  return JSON.stringify({ jsonrpc: '2.0', id, error: { code, message, ...(data !== undefined && { data }) } })
}

function joinBatch(answers: readonly Answer[]): Answer {
  const texts = answers.filter((answer) => answer !== null)
  return texts.length === 0 ? null : `[${texts.join(',')}]`
}

function readId(value: unknown): Id | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new RpcError(INVALID_REQUEST, 'invalid request: expected an object')
  }
  const { id, jsonrpc, method } = value as { id?: unknown; jsonrpc?: unknown; method?: unknown }
  // Only what is a request otherwise is a notification: the rest is answered, as JSON-RPC 2.0 (section 7) shows.
  if (id === undefined) return jsonrpc === '2.0' && typeof method === 'string' ? undefined : null
  if (id === null) return null
  if (typeof id === 'string' && id.length <= ID_LENGTH_MAX) return id
  if (typeof id === 'number' && Math.abs(id) <= Number.MAX_SAFE_INTEGER) return id
  throw new RpcError(INVALID_REQUEST, `invalid request: an id is a short string, a number up to 2^53 - 1, or null`)
}

function readRequest(value: unknown, id: Id | undefined): Request {
  const { jsonrpc, method, params } = value as { jsonrpc?: unknown; method?: unknown; params?: unknown }
  if (jsonrpc !== '2.0') throw new RpcError(INVALID_REQUEST, 'invalid request: "jsonrpc" must be "2.0"')
  if (typeof method !== 'string') throw new RpcError(INVALID_REQUEST, 'invalid request: "method" must be a string')
  if (params === undefined || params === null) return { id, method, params: [] }
  if (!Array.isArray(params)) throw invalidParams('"params" must be an array')
  return { id, method, params }
}
