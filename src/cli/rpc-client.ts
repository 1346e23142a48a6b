/** Asks a node over JSON-RPC. */

import { LOOPBACK, RPC_PORT_DEFAULT } from '../node/config.ts'
import { EXIT } from '../node/exit-codes.ts'
import { CliFailure, fail } from './failure.ts'

export const RPC_URL_DEFAULT = `http://${LOOPBACK}:${RPC_PORT_DEFAULT}`
const TIMEOUT_MS = 10_000
const FORBIDDEN = 403

/** Of what is no answer of a node, as much as a line of a terminal may show. */
const SHOWN_LENGTH_MAX = 100

interface Answer {
  readonly result?: unknown
  readonly error?: { readonly message: string; readonly data?: unknown }
}

/** The node refuses; `data` of a revert is its ABI-encoded error. */
export class RefusedRequest extends CliFailure {
  readonly data: unknown

  constructor({ message, data }: { readonly message: string; readonly data?: unknown }) {
    super(`the node refuses: ${message}`, EXIT.failed)
    this.data = data
  }
}

export class RpcClient {
  readonly #url: string

  constructor(url: string) {
    this.#url = url
  }

  /**
   * The result, believed to have the form that the method promises.
   * @throws CliFailure with code 75 when nobody answers, with code 1 when what answers is no node or lets nobody in;
   *   RefusedRequest.
   */
  async call<T>(method: string, params: readonly unknown[] = []): Promise<T> {
    const { result, error } = await this.#post(JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }))
    if (error !== undefined) throw new RefusedRequest(error)
    return result as T
  }

  async #post(body: string): Promise<Answer> {
    const { status, text } = await this.#send(body)
    const answer = parsed(text)
    if (isAnswer(answer)) return answer
    const said = text.trim().replace(/\s+/g, ' ').slice(0, SHOWN_LENGTH_MAX)
    if (status === FORBIDDEN) return fail(`the node at ${this.#url} lets nobody in who asks so: ${said}`)
    return fail(`what answers at ${this.#url} is no node (HTTP ${status}: ${said}): name another with --rpc`)
  }

  async #send(body: string): Promise<{ readonly status: number; readonly text: string }> {
    try {
      const response = await fetch(this.#url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
        signal: AbortSignal.timeout(TIMEOUT_MS),
      })
      return { status: response.status, text: await response.text() }
    } catch (error) {
      const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
      const reason = cause instanceof Error ? cause.message : String(cause)
      throw new CliFailure(
        `no node answers at ${this.#url} (${reason}): start one, or name another with --rpc`,
        EXIT.retry,
      )
    }
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function isAnswer(value: unknown): value is Answer {
  if (typeof value !== 'object' || value === null) return false
  if (!('error' in value)) return 'result' in value
  const { error } = value
  return typeof error === 'object' && error !== null && 'message' in error && typeof error.message === 'string'
}
