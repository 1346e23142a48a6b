/** Each limit of the server, at its edge: a case fails when the limit is taken away. */
import { once } from 'node:events'
import { connect } from 'node:net'
import { describe, expect, it, vi } from 'vitest'
import type { WebSocket } from 'ws'
import { fromHex } from '../../../src/base/bytes.ts'
import { decode, MODULE_ADDRESS } from './fake-node.ts'
import { ask, openWebSocket, post, SENDER, send, startServer } from './harness.ts'
import { signTransfer } from './transfers.ts'

const CHAIN_ID_REQUEST = '{"jsonrpc":"2.0","id":1,"method":"eth_chainId"}'

/** A limit that is gone shows as something that never ends. */
const HANG_MS = 30_000
const NEVER = {
  headersTimeoutMs: 3_600_000,
  requestTimeoutMs: 3_600_000,
  keepAliveTimeoutMs: 3_600_000,
  inactivityTimeoutMs: 3_600_000,
}
const HEAD = 'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 47\r\n'
const SENT: Readonly<Record<string, string>> = {
  'headers that are too long': `${HEAD}X: ${'x'.repeat(1_000)}\r\n\r\n`,
  'headers that are never finished': HEAD,
  'a body that is never finished': `${HEAD}\r\n{`,
  'no request after one that was answered': `${HEAD}\r\n${CHAIN_ID_REQUEST}`,
}

describe('who may ask', () => {
  it('refuses a Host that is neither loopback nor configured, which DNS rebinding would bring', async () => {
    const { url, port } = await startServer()
    expect((await post(url, CHAIN_ID_REQUEST, { host: 'evil.example' })).status).toBe(403)
    expect((await post(url, CHAIN_ID_REQUEST, { host: `localhost.evil.example:${port}` })).status).toBe(403)
    for (const host of ['localhost', `LOCALHOST:${port}`, '127.0.0.1', `[::1]:${port}`, 'node.example']) {
      expect((await post(url, CHAIN_ID_REQUEST, { host })).status).toBe(200)
    }
  })

  it('refuses an Origin that is not allowed, over HTTP and WebSocket', async () => {
    const { url, webSocketUrl } = await startServer()
    for (const origin of [
      'https://evil.example',
      'xhttp://localhost:80',
      'http://localhost.evil.example',
      'http://localhost:80@evil',
      'null',
    ]) {
      expect((await post(url, CHAIN_ID_REQUEST, { origin })).status).toBe(403)
      await expect(openWebSocket(webSocketUrl, { origin })).rejects.toThrow('403')
    }
    await expect(openWebSocket(webSocketUrl, { host: 'evil.example' })).rejects.toThrow('403')
    const webSocket = await openWebSocket(webSocketUrl, { origin: 'http://localhost:5173' })
    webSocket.terminate()
  })

  it('answers the preflight of an allowed page and no other', async () => {
    const { url } = await startServer()
    const asked = { 'access-control-request-method': 'POST', 'access-control-request-headers': 'content-type' }
    const allowed = await send(url, 'OPTIONS', { ...asked, origin: 'chrome-extension://abcdefghij' })
    expect(allowed.status).toBe(200)
    expect(allowed.headers['access-control-allow-origin']).toBe('chrome-extension://abcdefghij')
    expect(allowed.headers['access-control-allow-headers']).toBe('content-type')
    const answer = await post(url, CHAIN_ID_REQUEST, { origin: 'http://localhost:3000' })
    expect(answer.headers['access-control-allow-origin']).toBe('http://localhost:3000')
    expect((await send(url, 'OPTIONS', { ...asked, origin: 'https://evil.example' })).status).toBe(403)
  })

  it('refuses what a page can send without a preflight', async () => {
    const { url } = await startServer()
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/jsonp']) {
      expect((await post(url, CHAIN_ID_REQUEST, { 'content-type': type })).status).toBe(415)
    }
    expect((await post(url, CHAIN_ID_REQUEST, { 'content-type': 'Application/JSON; charset=utf-8' })).status).toBe(200)
  })
})

describe('what may be asked', () => {
  it('answers a body above the limit with -32600 and HTTP 200, whatever its declared length', async () => {
    const { url } = await startServer({ requestBytesMax: 1_000 })
    const padded = (length: number) => CHAIN_ID_REQUEST + ' '.repeat(length - CHAIN_ID_REQUEST.length)
    expect((await post(url, padded(1_000))).json.result).toBe('0x343b')
    const tooLarge = await post(url, padded(1_001))
    expect(tooLarge.status).toBe(200)
    expect(tooLarge.json).toMatchObject({ id: null, error: { code: -32600 } })
    const chunked = await post(url, padded(1_001), { 'transfer-encoding': 'chunked' })
    expect(chunked.json.error?.code).toBe(-32600)
  })

  it('ends a connection whose body has no end', async () => {
    const { url } = await startServer({ requestBytesMax: 1_000 })
    await expect(post(url, ' '.repeat(1_000_000))).rejects.toThrow()
  })

  it('closes a WebSocket on a message above the limit', async () => {
    const { webSocketUrl } = await startServer({ requestBytesMax: 1_000 })
    const webSocket = await openWebSocket(webSocketUrl)
    webSocket.send(' '.repeat(1_001))
    expect(await closeCode(webSocket)).toBe(1009)
  })

  it('refuses a batch above the limit as a whole', async () => {
    const { url } = await startServer()
    const batch = (count: number) => `[${Array.from({ length: count }, () => CHAIN_ID_REQUEST).join(',')}]`
    expect(JSON.parse((await post(url, batch(100))).text)).toHaveLength(100)
    expect((await post(url, batch(101))).json.error?.code).toBe(-32600)
  })

  it('counts errors into the size of an answer', async () => {
    const { url } = await startServer({ responseBytesMax: 30_000 })
    const request = (method: string) => `{"jsonrpc":"2.0","id":"${'i'.repeat(256)}","method":"${method}"}`
    const batch = `[${Array.from({ length: 12 }, () => request('x'.repeat(200))).join(',')}]`
    const answer = await post(url, batch)
    expect(Buffer.byteLength(answer.text)).toBeLessThanOrEqual(30_000)
  })

  it('counts the data of errors into the size of an answer', async () => {
    const { node, url } = await startServer({ responseBytesMax: 30_000 })
    node.callOutcome = { status: 'reverted', data: new Uint8Array(5_000), gasUsed: 1 }
    const request = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'eth_call', params: [{ to: SENDER }] })
    const answer = await post(url, `[${[request, request, request, request, request].join(',')}]`)
    expect(Buffer.byteLength(answer.text)).toBeLessThanOrEqual(30_000)
    const codes = (JSON.parse(answer.text) as { error: { code: number } }[]).map((item) => item.error.code)
    expect(codes).toEqual([3, -32000, -32000, -32000, -32000])
  })

  it('replaces an answer above the limit by an error, alone and in a batch', async () => {
    const { url } = await startServer({ responseBytesMax: 10_000 })
    const request = '{"jsonrpc":"2.0","id":7,"method":"eth_getBlockByNumber","params":["latest"]}'
    expect((await post(url, request)).json).toHaveProperty('result.number')
    const answer = await post(url, `[${[request, request, request, request].join(',')}]`)
    expect(Buffer.byteLength(answer.text)).toBeLessThanOrEqual(10_000)
    const items = JSON.parse(answer.text) as { id: number; error?: { message: string } }[]
    expect(items).toHaveLength(4)
    expect(items.at(-1)?.error?.message).toMatch('response too large')
    const { url: narrow } = await startServer({ responseBytesMax: 1_000 })
    expect((await post(narrow, request)).json).toMatchObject({ id: 7, error: { code: -32000 } })
  })

  it.each([
    ['txpool_content', []],
    ['txpool_contentFrom', [SENDER]],
  ])('refuses %s of more than fits into an answer before it writes any of it', async (method, params) => {
    const { node, url } = await startServer({ responseBytesMax: 10_000 })
    const bytes = fromHex(await signTransfer(0, MODULE_ADDRESS, `0x${'07'.repeat(1_000)}`))
    const pooled = Array.from({ length: 4 }, (_, nonce) => ({ ...decode(bytes), nonce }))
    const shown = vi.spyOn(node, 'pendingNonce')
    Object.assign(node, { pooledTransactions: () => pooled })
    expect((await ask(url, method, params)).error).toEqual({ code: -32000, message: 'response too large' })
    expect(shown).not.toHaveBeenCalled()
    pooled.length = 2
    expect((await ask(url, method, params)).error).toBeUndefined()
  })

  it('refuses JSON nested too deeply, keys that stand twice and keys that reach prototypes', async () => {
    const { url } = await startServer()
    const nested = (depth: number) =>
      `{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":${'['.repeat(depth)}${']'.repeat(depth)}}`
    expect((await post(url, nested(15))).json.error?.code).toBe(-32602)
    expect((await post(url, nested(16))).json.error?.message).toBe('nested deeper than 16')
    expect((await post(url, '['.repeat(500_000))).json.error?.message).toBe('nested deeper than 16')
    const refused = ['__proto__', 'constructor', '\\u005f_proto__', 'prototype']
    for (const key of refused) {
      const request = `{"jsonrpc":"2.0","id":1,"method":"eth_call","params":[{"${key}":{}}]}`
      expect((await post(url, request)).json.error?.code).toBe(-32600)
    }
    for (const key of ['id', '\\u0069d']) {
      expect((await post(url, `{"jsonrpc":"2.0","id":1,"${key}" :2,"method":"x"}`)).json.error?.message).toBe(
        'the key id stands twice',
      )
    }
  })

  it('looks at the length of an integer before it converts it', async () => {
    const { url } = await startServer()
    const answer = await ask(url, 'eth_getBlockByNumber', [`0x1${'0'.repeat(900_000)}`, false])
    expect(answer.error).toMatchObject({ code: -32602, message: expect.stringContaining('above 256 bits') as string })
  })
})

describe('connections', () => {
  it('takes no more than the limit', async () => {
    const { port, url } = await startServer({ connectionsMax: 2 })
    const held = [connect(port, '127.0.0.1'), connect(port, '127.0.0.1')]
    await Promise.all(held.map((socket) => once(socket, 'connect')))
    await expect(post(url, CHAIN_ID_REQUEST)).rejects.toThrow()
    for (const socket of held) socket.destroy()
  })

  it.each([
    ['headers that are too long', { headerBytesMax: 1_000 }, 431],
    ['headers that are never finished', { headersTimeoutMs: 50 }, 408],
    ['a body that is never finished', { headersTimeoutMs: 50, requestTimeoutMs: 50 }, 408],
    ['no request after one that was answered', { keepAliveTimeoutMs: 50 }, 200],
    ['nothing at all', { inactivityTimeoutMs: 50 }, undefined],
  ])('ends those with %s', { timeout: HANG_MS }, async (sent, limits, status) => {
    const { port } = await startServer({ ...NEVER, ...limits })
    const socket = connect(port, '127.0.0.1')
    let received = ''
    socket.on('data', (chunk: Buffer) => (received += chunk.toString()))
    socket.write(SENT[sent] ?? '')
    await once(socket, 'close')
    expect(received).toMatch(status === undefined ? /^$/ : new RegExp(`^HTTP/1.1 ${status} `))
  })

  it('takes no more subscriptions on a WebSocket than the limit', async () => {
    const { webSocketUrl } = await startServer({ subscriptionsPerSocketMax: 2 })
    const webSocket = await openWebSocket(webSocketUrl)
    const subscribe = '{"jsonrpc":"2.0","id":1,"method":"eth_subscribe","params":["newHeads"]}'
    const codes: (number | undefined)[] = []
    for (let i = 0; i < 3; i++) {
      webSocket.send(subscribe)
      const [data] = (await once(webSocket, 'message')) as [Buffer]
      codes.push((JSON.parse(data.toString()) as { error?: { code: number } }).error?.code)
    }
    expect(codes).toEqual([undefined, undefined, -32005])
    webSocket.terminate()
  })

  it('closes a WebSocket with 1013 that does not read what it listens to', async () => {
    const { node, webSocketUrl } = await startServer({ unreadBytesMax: 50_000 })
    const webSocket = await openWebSocket(webSocketUrl)
    const subscribe = '{"jsonrpc":"2.0","id":1,"method":"eth_subscribe","params":["newHeads"]}'
    webSocket.send(`[${Array.from({ length: 64 }, () => subscribe).join(',')}]`)
    await once(webSocket, 'message')
    webSocket.pause()
    const code = closeCode(webSocket)
    const reader = await openWebSocket(webSocketUrl)
    reader.send(subscribe)
    await once(reader, 'message')
    let heard = 0
    reader.on('message', () => (heard += 1))
    // 64 notifications a block are more than the buffers of the system's sockets hold.
    for (let i = 0; i < 200; i++) node.seal([])
    await expect.poll(() => heard).toBe(200)
    reader.terminate()
    webSocket.resume()
    // A client that was not closed would wait here for ever.
    webSocket.ping()
    webSocket.once('pong', () => webSocket.close(4000))
    expect(await code).toBe(1013)
  })

  it('closes a WebSocket with 1013 whose turn to be told finds no room', { timeout: HANG_MS }, async () => {
    const { node, webSocketUrl } = await startServer({ queuedDeliveriesMax: 1 })
    const closed: Promise<number>[] = []
    for (let i = 0; i < 2; i++) {
      const webSocket = await openWebSocket(webSocketUrl)
      webSocket.send('{"jsonrpc":"2.0","id":1,"method":"eth_subscribe","params":["newHeads"]}')
      await once(webSocket, 'message')
      closed.push(closeCode(webSocket))
    }
    node.seal([])
    expect(await Promise.race(closed)).toBe(1013)
  })

  it('reads no more of a WebSocket while as many of its requests as allowed are being answered', async () => {
    const { node, webSocketUrl } = await startServer({ inFlightPerSocketMax: 1, receiptWaitMaxMs: 300 })
    node.holds = true
    const webSocket = await openWebSocket(webSocketUrl)
    const params = [await signTransfer(0)]
    webSocket.send(JSON.stringify({ jsonrpc: '2.0', id: 'slow', method: 'eth_sendRawTransactionSync', params }))
    await expect.poll(() => node.pool.size).toBe(1)
    webSocket.send(CHAIN_ID_REQUEST)
    const ids: unknown[] = []
    webSocket.on('message', (data: Buffer) => ids.push((JSON.parse(data.toString()) as { id: unknown }).id))
    await expect.poll(() => ids).toEqual(['slow', 1])
    webSocket.terminate()
  })

  it('closes a WebSocket that answers no ping', async () => {
    // Both sides live in this process: who answers is to have the time however seldom it runs.
    const { webSocketUrl } = await startServer({ pingIntervalMs: 500 })
    const webSocket = await openWebSocket(webSocketUrl)
    const deaf = await openWebSocket(webSocketUrl)
    deaf.pause()
    let heard = 0
    webSocket.on('ping', () => (heard += 1))
    await expect.poll(() => heard).toBeGreaterThan(2)
    expect(webSocket.readyState).toBe(webSocket.OPEN)
    deaf.resume()
    expect(await closeCode(deaf)).toBe(1006)
    webSocket.terminate()
  })

  it('does not take a WebSocket for dead while it is the server that does not read', async () => {
    const params = [await signTransfer(0)]
    const { node, webSocketUrl } = await startServer({
      pingIntervalMs: 200,
      inFlightPerSocketMax: 1,
      receiptWaitMaxMs: 700,
    })
    node.holds = true
    const webSocket = await openWebSocket(webSocketUrl)
    webSocket.send(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'eth_sendRawTransactionSync', params }))
    const answered = once(webSocket, 'message')
    await Promise.race([answered, closeCode(webSocket).then((code) => Promise.reject(new Error(`closed: ${code}`)))])
    webSocket.terminate()
  })

  it('refuses more expensive requests than may wait', async () => {
    const { url } = await startServer({ queuedJobsMax: 2 })
    const request = '{"jsonrpc":"2.0","id":1,"method":"eth_getBlockByNumber","params":["latest"]}'
    const answer = await post(url, `[${[request, request, request].join(',')}]`)
    const codes = (JSON.parse(answer.text) as { error?: { code: number } }[]).map((item) => item.error?.code)
    expect(codes).toEqual([undefined, undefined, -32005])
  })
})

describe('what one request may cost', () => {
  it.each([
    [{ logsMax: 0 }, 'eth_getLogs', [{ fromBlock: '0x0' }], 'more than 0 results'],
    [{ responseBytesMax: 300 }, 'eth_getLogs', [{ fromBlock: '0x0' }], 'more than 300 bytes'],
    [{ logRangeBlocksMax: 1 }, 'eth_getLogs', [{ fromBlock: '0x0' }], 'at most 1 blocks'],
    [{ logAlternativesMax: 1 }, 'eth_getLogs', [{ address: [SENDER, SENDER] }], 'at most 1 allowed'],
    [{ proofKeysMax: 1 }, 'eth_getProof', [SENDER, ['0x0', '0x1']], 'at most 1'],
    [{ storageSlotsMax: 1 }, 'eth_getStorageValues', [{ [SENDER]: ['0x0', '0x1'] }], 'at most 1'],
    [{ signerStatsBlocksMax: 0 }, 'bft_getSignerStats', [{ fromBlock: 0 }], 'at most 0'],
  ])('has the limit %j', async (limits, method, params, message) => {
    const { node, url } = await startServer(limits)
    node.seal([decode(Buffer.from((await signTransfer(0, MODULE_ADDRESS)).slice(2), 'hex'))])
    const refused = { code: -32602, message: expect.stringContaining(message) as string }
    expect((await ask(url, method, params)).error).toMatchObject(refused)
    const { url: wide } = await startServer()
    expect((await ask(wide, method, params)).error).toBeUndefined()
  })

  it('has a limit on the blocks of a fee history', async () => {
    const { node, url } = await startServer({ feeHistoryBlocksMax: 2 })
    for (let i = 0; i < 5; i++) node.seal([])
    const { result } = await ask(url, 'eth_feeHistory', ['0x5', 'latest'])
    expect(result).toMatchObject({ oldestBlock: '0x4', gasUsedRatio: [0, 0] })
  })

  it('has limits on the history of an address: how much of it one page shows, and how far back a nonce is looked for', async () => {
    const { node, url } = await startServer({ historyPageMax: 1, historyScanMax: 1 })
    for (const nonce of [0, 1]) node.seal([decode(Buffer.from((await signTransfer(nonce)).slice(2), 'hex'))])
    const page = (await ask(url, 'ots_searchTransactionsBefore', [SENDER, 0, 25])).result as { txs: unknown[] }
    expect(page.txs).toHaveLength(1)
    expect((await ask(url, 'ots_getTransactionBySenderAndNonce', [SENDER, 0])).error?.code).toBe(-32005)
  })

  it('has a limit on the size of one page of the history of an address', async () => {
    const { node, url } = await startServer({ responseBytesMax: 10_000 })
    for (let nonce = 0; nonce < 9; nonce++)
      node.seal([decode(Buffer.from((await signTransfer(nonce)).slice(2), 'hex'))])
    const read = vi.spyOn(node, 'blockByHeight')
    const refused = { code: -32000, message: 'response too large' }
    expect((await ask(url, 'ots_searchTransactionsBefore', [SENDER, 0, 25])).error).toEqual(refused)
    expect(read.mock.calls.length).toBeLessThan(9)
    expect((await ask(url, 'ots_searchTransactionsBefore', [SENDER, 0, 2])).error).toBeUndefined()
  })

  it('does not wait for receipts as long as it might when nobody says how long', { timeout: HANG_MS }, async () => {
    const { node, url } = await startServer({ receiptWaitDefaultMs: 50, receiptWaitMaxMs: 3_600_000 })
    node.holds = true
    expect((await ask(url, 'eth_sendRawTransactionSync', [await signTransfer(0)])).error?.code).toBe(4)
  })

  it('has a limit on how long one waits for a receipt', { timeout: HANG_MS }, async () => {
    const { node, url } = await startServer({ receiptWaitMaxMs: 50 })
    node.holds = true
    const envelope = await signTransfer(0)
    expect((await ask(url, 'eth_sendRawTransactionSync', [envelope, 3_600_000])).error?.code).toBe(4)
  })

  it('has a limit on how many wait for receipts', async () => {
    const { node, url } = await startServer({ receiptWaitersMax: 1 })
    node.holds = true
    const envelope = await signTransfer(0)
    const first = ask(url, 'eth_sendRawTransactionSync', [envelope])
    await expect.poll(() => node.pool.size).toBe(1)
    expect((await ask(url, 'eth_sendRawTransactionSync', [envelope])).error?.code).toBe(-32005)
    node.seal(node.pooledTransactions())
    expect((await first).error).toBeUndefined()
  })
})

function closeCode(webSocket: WebSocket): Promise<number> {
  return new Promise((resolve) => webSocket.on('close', (code) => resolve(code)))
}
