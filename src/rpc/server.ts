/** The RPC server: HTTP and WebSocket on one port, over what a node offers. */
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Logger } from '../base/logger.ts'
import type { NodeApi } from '../node/node-api.ts'
import { AccessPolicy } from './access-policy.ts'
import { FilterStore } from './filter-store.ts'
import { HttpHandler } from './http-handler.ts'
import { JsonRpc } from './json-rpc.ts'
import { DEFAULT_LIMITS, type RpcLimits } from './limits.ts'
import { ListenFailure } from './listen-failure.ts'
import type { RpcContext } from './method.ts'
import { METHODS, methodsIn } from './methods/all.ts'
import { ReceiptWaiter } from './receipt-waiter.ts'
import { pathOf, RPC_PATH } from './request-path.ts'
import { SubscriptionHub } from './subscriptions.ts'
import { UnreadAnswers } from './unread-answers.ts'
import { WebSocketHandler } from './websocket-handler.ts'
import { WorkQueue } from './work-queue.ts'

/** How often Node looks for connections whose headers or body take too long. */
const TIMEOUT_CHECK_MS = 1_000

export interface RpcServerConfig {
  readonly node: NodeApi
  /** Port 0 takes any free one. */
  readonly listen: { readonly host: string; readonly port: number }
  /** Origins of web pages that may ask: 'http://localhost:*', 'chrome-extension://*'. */
  readonly originsAllowed: readonly string[]
  /** Names under which the server is reached, besides those of loopback and `listen.host`. */
  readonly hostsAllowed: readonly string[]
  readonly logger: Logger
  readonly limits?: Partial<RpcLimits>
  /** Of the methods offered: 'eth', 'net', …; absent: all that are public. */
  readonly namespaces?: readonly string[]
}

export interface RpcServer {
  /** @throws ListenFailure, with code EADDRINUSE when the port is taken. */
  start(): Promise<{ readonly url: string; readonly port: number }>
  /** Answers what is in flight, closes WebSockets with 1001, and ends what takes longer than `stopTimeoutMs`. */
  stop(): Promise<void>
}

export function createRpcServer(config: RpcServerConfig): RpcServer {
  const { node, listen, logger } = config
  const limits: RpcLimits = { ...DEFAULT_LIMITS, ...config.limits }
  const work = new WorkQueue(limits.queuedJobsMax)
  const receipts = new ReceiptWaiter(node, limits.receiptWaitersMax)
  const filters = new FilterStore(node, limits)
  const context: RpcContext = { node, limits, work, receipts, filters, session: null }
  const policy = new AccessPolicy([...config.hostsAllowed, urlHost(listen.host)], config.originsAllowed)
  const rpc = new JsonRpc(config.namespaces === undefined ? METHODS : methodsIn(config.namespaces), logger)
  // A queue of its own: whoever fills the other with expensive requests takes no subscriber's turn.
  const hub = new SubscriptionHub(node, new WorkQueue(limits.queuedDeliveriesMax), limits)
  const unread = new UnreadAnswers(limits.answerBytesHeldMax)
  const http = new HttpHandler(rpc, context, policy, unread)
  const webSockets = new WebSocketHandler(rpc, context, hub, unread, logger)

  const server = createServer({
    maxHeaderSize: limits.headerBytesMax,
    headersTimeout: limits.headersTimeoutMs,
    requestTimeout: limits.requestTimeoutMs,
    keepAliveTimeout: limits.keepAliveTimeoutMs,
    connectionsCheckingInterval: TIMEOUT_CHECK_MS,
  })
  server.maxConnections = limits.connectionsMax
  server.timeout = limits.inactivityTimeoutMs
  server.on('connection', (socket) => unread.watch(socket))
  server.on('request', (request, response) => http.handle(request, response))
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', (error) => logger.debug('a connection failed', { error: error.message }))
    if (policy.refusal(request.headers) !== null) refuseUpgrade(socket, '403 Forbidden')
    else if (pathOf(request) !== RPC_PATH) refuseUpgrade(socket, '404 Not Found')
    else webSockets.upgrade(request, socket, head)
  })

  return {
    start: async () => {
      await listening(server, listen.host, listen.port)
      const { port } = server.address() as AddressInfo
      return { url: `http://${urlHost(listen.host)}:${port}`, port }
    },
    stop: async () => {
      http.closing = true
      receipts.stop()
      filters.stop()
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      webSockets.close()
      const timer = setTimeout(() => {
        webSockets.terminate()
        server.closeAllConnections()
      }, limits.stopTimeoutMs)
      await closed
      clearTimeout(timer)
      work.stop()
      hub.stop()
    },
  }
}

function listening(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const onError = (error: NodeJS.ErrnoException) => reject(new ListenFailure(host, port, error))
    server.once('error', onError)
    server.listen(port, host, () => {
      server.off('error', onError)
      resolve()
    })
  })
}

function refuseUpgrade(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
}

/** IPv6 addresses stand in brackets. */
function urlHost(host: string): string {
  return host.includes(':') ? `[${host}]` : host
}
