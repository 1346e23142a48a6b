/** Asks a process of this machine over its Unix socket. */
import { connect } from 'node:net'
import { EXIT } from '../node/exit-codes.ts'
import { CliFailure } from './failure.ts'

/** Of JSON-RPC; `data` of a revert is its ABI-encoded error. */
export interface SocketError {
  readonly code: number
  readonly message: string
  readonly data?: unknown
}

/** The other side refuses. */
export class RefusedCall extends Error {
  override readonly name = 'RefusedCall'
  readonly error: SocketError

  constructor(error: SocketError) {
    super(error.message)
    this.error = error
  }
}

const TIMEOUT_MS_DEFAULT = 30_000

/**
 * The result, believed to have the form that the method promises.
 * @throws RefusedCall; CliFailure with code 75 when nobody answers.
 */
export async function callSocket<T>(
  path: string,
  method: string,
  params: readonly unknown[] = [],
  timeoutMs = TIMEOUT_MS_DEFAULT,
): Promise<T> {
  const line = await exchange(path, `${JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })}\n`, timeoutMs)
  const { result, error } = JSON.parse(line) as { readonly result?: unknown; readonly error?: SocketError }
  if (error !== undefined) throw new RefusedCall(error)
  return result as T
}

/** One line there, one line back. */
function exchange(path: string, request: string, timeoutMs: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(path)
    const failed = (reason: string) => {
      socket.destroy()
      reject(new CliFailure(`nobody answers at ${path} (${reason})`, EXIT.retry))
    }
    let text = ''
    socket.setEncoding('utf8')
    socket.setTimeout(timeoutMs, () => failed(`not within ${timeoutMs} ms`))
    socket.on('error', (error) => failed(error.message))
    socket.on('close', () => failed('it closed the connection'))
    socket.on('data', (chunk: string) => {
      text += chunk
      const end = text.indexOf('\n')
      if (end < 0) return
      resolve(text.slice(0, end))
      socket.destroy()
    })
    socket.write(request)
  })
}
