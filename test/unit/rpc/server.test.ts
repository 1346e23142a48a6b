import { once } from 'node:events'
import { Agent, request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import { describe, expect, it } from 'vitest'
import { silentLogger } from '../../../src/base/logger.ts'
import { createRpcServer } from '../../../src/rpc/server.ts'
import { FakeNode } from './fake-node.ts'
import { openWebSocket, post, startServer } from './harness.ts'
import { signTransfer } from './transfers.ts'

/** Of a client that never says anything more. */
const HANDSHAKE =
  'GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
  'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n'

describe('start', () => {
  it('says which port is in use', async () => {
    const { port } = await startServer()
    const second = createRpcServer({
      node: new FakeNode(),
      listen: { host: '127.0.0.1', port },
      originsAllowed: [],
      hostsAllowed: [],
      logger: silentLogger,
    })
    await expect(second.start()).rejects.toMatchObject({
      name: 'ListenFailure',
      code: 'EADDRINUSE',
      message: `cannot listen on 127.0.0.1:${port}: it is already in use`,
    })
    await second.stop()
  })
})

describe('stop', () => {
  it('answers what is in flight, closes WebSockets with 1001 and lets go of the node', async () => {
    const { node, url, webSocketUrl, server } = await startServer()
    node.holds = true
    const webSocket = await openWebSocket(webSocketUrl)
    const closed = once(webSocket, 'close')
    const transfer = await signTransfer(0)
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'eth_sendRawTransactionSync', params: [transfer] })
    const inFlight = post(url, body)
    await expect.poll(() => node.pool.size).toBe(1)
    await server.stop()
    expect((await inFlight).json.error?.code).toBe(4)
    expect(((await closed) as [number])[0]).toBe(1001)
    expect(node.listenerCount).toBe(0)
    await expect(post(url, '{}')).rejects.toThrow('ECONNREFUSED')
  })

  it('answers what is in flight on a WebSocket before it closes it', async () => {
    const { node, webSocketUrl, server } = await startServer()
    node.holds = true
    const webSocket = await openWebSocket(webSocketUrl)
    const seen: unknown[] = []
    webSocket.on('message', (data: Buffer) => seen.push((JSON.parse(data.toString()) as { id: number }).id))
    webSocket.on('close', (code) => seen.push(code))
    const params = [await signTransfer(0)]
    webSocket.send(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'eth_sendRawTransactionSync', params }))
    await expect.poll(() => node.pool.size).toBe(1)
    await server.stop()
    await expect.poll(() => seen).toEqual([1, 1001])
  })

  it('ends connections that outstay the bound', { timeout: 30_000 }, async () => {
    const { port, server } = await startServer({
      stopTimeoutMs: 50,
      requestTimeoutMs: 3_600_000,
      inactivityTimeoutMs: 3_600_000,
    })
    const request = httpRequest({ port, method: 'POST', headers: { 'content-type': 'application/json' } })
    request.write('{')
    const failed = once(request, 'error')
    await once(request, 'socket')
    await new Promise((resolve) => setTimeout(resolve, 50))
    await server.stop()
    await failed
  })

  it('ends WebSockets that do not answer its goodbye in time', { timeout: 20_000 }, async () => {
    const { port, server } = await startServer({ stopTimeoutMs: 50, inactivityTimeoutMs: 3_600_000 })
    const socket = connect(port, '127.0.0.1')
    socket.write(HANDSHAKE)
    await once(socket, 'data')
    // Without the limit it is the library that gives up, after 30 s.
    await Promise.all([server.stop(), once(socket, 'close')])
  })

  it('ends kept-alive connections that are idle', async () => {
    const { port, server } = await startServer({ stopTimeoutMs: 60_000 })
    const agent = new Agent({ keepAlive: true })
    const request = httpRequest({ port, agent, path: '/healthz' }).end()
    const [response] = (await once(request, 'response')) as [import('node:http').IncomingMessage]
    response.resume()
    await once(response, 'end')
    await server.stop()
    agent.destroy()
  })
})
