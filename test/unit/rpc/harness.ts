/** A server on a free loopback port over a fake node, and raw requests to it. */
import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import { mnemonicToAccount } from 'viem/accounts'
import { afterEach } from 'vitest'
import { WebSocket } from 'ws'
import { silentLogger } from '../../../src/base/logger.ts'
import type { RpcLimits } from '../../../src/rpc/limits.ts'
import { createRpcServer, type RpcServer, type RpcServerConfig } from '../../../src/rpc/server.ts'
import type { Address } from '../../../src/types/ids.ts'
import { FakeNode } from './fake-node.ts'

export const MNEMONIC = 'test test test test test test test test test test test junk'
export const account = mnemonicToAccount(MNEMONIC)
export const SENDER = account.address.toLowerCase() as Address
export const RECIPIENT = '0x00000000000000000000000000000000000000aa' as Address

export interface Running {
  readonly node: FakeNode
  readonly url: string
  readonly webSocketUrl: string
  readonly port: number
  readonly server: RpcServer
}

const running: RpcServer[] = []

afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.stop()))
})

export async function startServer(
  limits: Partial<RpcLimits> = {},
  config: Partial<RpcServerConfig> = {},
): Promise<Running> {
  const node = new FakeNode([SENDER])
  const server = createRpcServer({
    node,
    listen: { host: '127.0.0.1', port: 0 },
    originsAllowed: ['http://localhost:*', 'chrome-extension://*'],
    hostsAllowed: ['node.example'],
    logger: silentLogger,
    limits: { stopTimeoutMs: 200, ...limits },
    ...config,
  })
  const { url, port } = await server.start()
  running.push(server)
  return { node, url, webSocketUrl: url.replace('http', 'ws'), port, server }
}

export interface JsonRpcAnswer {
  readonly jsonrpc: '2.0'
  readonly id: unknown
  readonly result?: unknown
  readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown }
}

export interface HttpAnswer {
  readonly status: number
  readonly headers: NodeJS.Dict<string | string[]>
  readonly text: string
  readonly json: JsonRpcAnswer
}

export async function post(url: string, body: string | Buffer, headers: NodeJS.Dict<string> = {}): Promise<HttpAnswer> {
  return send(url, 'POST', { 'content-type': 'application/json', ...headers }, body)
}

export async function send(
  url: string,
  method: string,
  headers: NodeJS.Dict<string> = {},
  body: string | Buffer = '',
): Promise<HttpAnswer> {
  const request = httpRequest(url, { method, headers, agent: false })
  request.end(body)
  const [response] = (await once(request, 'response')) as [import('node:http').IncomingMessage]
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk as Buffer)
  const text = Buffer.concat(chunks).toString()
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    text,
    get json() {
      return JSON.parse(text) as JsonRpcAnswer
    },
  }
}

/** The whole answer to one method. */
export async function ask(url: string, method: string, params?: unknown): Promise<JsonRpcAnswer> {
  const answer = await post(
    url,
    JSON.stringify({ jsonrpc: '2.0', id: 1, method, ...(params !== undefined && { params }) }),
  )
  return answer.json
}

/** The result of one method, which has to have one. */
export async function resultOf(url: string, method: string, params?: unknown): Promise<unknown> {
  const answer = await ask(url, method, params)
  if (answer.error !== undefined) throw new Error(`${method}: ${answer.error.code} ${answer.error.message}`)
  return answer.result
}

export async function openWebSocket(url: string, headers: NodeJS.Dict<string> = {}): Promise<WebSocket> {
  const webSocket = new WebSocket(url, { headers })
  await once(webSocket, 'open')
  return webSocket
}
