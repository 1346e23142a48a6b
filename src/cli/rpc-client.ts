/** Asks a node over JSON-RPC. */

import { LOOPBACK, RPC_PORT_DEFAULT } from '../node/config.ts'
import { EXIT } from '../node/exit-codes.ts'
import { CliFailure } from './failure.ts'

export const RPC_URL_DEFAULT = `http://${LOOPBACK}:${RPC_PORT_DEFAULT}`
const TIMEOUT_MS = 10_000

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
   * @throws CliFailure with code 75 when nobody answers; RefusedRequest.
   */
  async call<T>(method: string, params: readonly unknown[] = []): Promise<T> {
    const { result, error } = await this.#post(JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }))
    if (error !== undefined) throw new RefusedRequest(error)
    return result as T
  }

  async #post(body: string): Promise<Answer> {
    try {
      const response = await fetch(this.#url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
        signal: AbortSignal.timeout(TIMEOUT_MS),
      })
      return (await response.json()) as Answer
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
