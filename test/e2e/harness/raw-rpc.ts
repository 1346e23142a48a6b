/** JSON-RPC without a library in between: what stands on the wire. */
export interface RpcFailure {
  readonly code: number
  readonly message: string
  readonly data?: unknown
}

export interface RpcAnswer {
  readonly id: unknown
  readonly result?: unknown
  readonly error?: RpcFailure
}

const ANSWER_TIMEOUT_MS = 10_000

/** The result; an error of the node is thrown with its message. */
export async function rpc<T>(
  url: string,
  method: string,
  params: readonly unknown[] = [],
  timeoutMs = ANSWER_TIMEOUT_MS,
): Promise<T> {
  const request = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })
  const { result, error } = (await post(url, request, timeoutMs)) as RpcAnswer
  if (error !== undefined) throw new Error(`${method}: ${error.message}`)
  return result as T
}

/** The error; a result is thrown. */
export async function rpcFailure(url: string, method: string, params: readonly unknown[] = []): Promise<RpcFailure> {
  const { result, error } = (await ask(url, { jsonrpc: '2.0', id: 1, method, params })) as RpcAnswer
  if (error === undefined) throw new Error(`${method} succeeded: ${JSON.stringify(result)}`)
  return error
}

export function ask(url: string, request: unknown, timeoutMs = ANSWER_TIMEOUT_MS): Promise<unknown> {
  return post(url, JSON.stringify(request), timeoutMs)
}

export async function post(
  url: string,
  body: string | Uint8Array<ArrayBuffer>,
  timeoutMs = ANSWER_TIMEOUT_MS,
): Promise<unknown> {
  const headers = { 'Content-Type': 'application/json' }
  const signal = AbortSignal.timeout(timeoutMs)
  const response = await fetch(url, { method: 'POST', headers, body, signal })
  if (response.status !== 200) throw new Error(`HTTP ${response.status}: ${await response.text()}`)
  return response.json()
}
