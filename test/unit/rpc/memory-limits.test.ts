/** What all clients together make the server keep is bounded, too: a case fails when the limit is taken away. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, it, vi } from 'vitest'
import { ask, openWebSocket, post, RECIPIENT, resultOf, SENDER, startServer } from './harness.ts'
import { signTransfer } from './transfers.ts'

const MEBIBYTE = 1024 * 1024
/** More than the buffers of the system's sockets hold. */
const ANSWER_BYTES = 12 * MEBIBYTE
const ANSWERS = 4
const CALL = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'eth_call', params: [{ to: SENDER }] })
const WIDE = { responseBytesMax: 64 * MEBIBYTE, unreadBytesMax: 1024 * MEBIBYTE, inactivityTimeoutMs: 3_600_000 }

function requests(connection: string): string {
  const head = 'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n'
  return `${head}Connection: ${connection}\r\nContent-Length: ${CALL.length}\r\n\r\n${CALL}`
}

async function serverOfLargeAnswers(answerBytesHeldMax: number) {
  const started = await startServer({ ...WIDE, answerBytesHeldMax })
  started.node.callOutcome = { status: 'returned', data: new Uint8Array(ANSWER_BYTES / 2), gasUsed: 1 }
  return started
}

/** Everything that comes until the connection is closed. */
async function receivedBy(socket: Socket): Promise<number> {
  let bytes = 0
  socket.on('data', (chunk: Buffer) => (bytes += chunk.length))
  socket.on('error', () => undefined)
  socket.resume()
  await once(socket, 'close')
  return bytes
}

it('cuts off who leaves most unread when the answers of all are more than the limit, and nobody else', async () => {
  const { url, port } = await serverOfLargeAnswers(2.5 * ANSWER_BYTES)
  const deaf = connect(port, '127.0.0.1')
  deaf.pause()
  deaf.write(requests('keep-alive').repeat(ANSWERS - 1) + requests('close'))
  await expect.poll(async () => (await post(url, CALL)).text.length, { timeout: 10_000 }).toBeGreaterThan(ANSWER_BYTES)
  expect(await receivedBy(deaf)).toBeLessThan(ANSWERS * ANSWER_BYTES)
  const patient = connect(port, '127.0.0.1')
  patient.write(requests('keep-alive') + requests('close'))
  expect(await receivedBy(patient)).toBeGreaterThan(2 * ANSWER_BYTES)
})

it('cuts off a WebSocket that leaves more unread than all may', async () => {
  const { node, url, webSocketUrl } = await serverOfLargeAnswers(2.5 * ANSWER_BYTES)
  const call = vi.spyOn(node, 'call')
  const webSocket = await openWebSocket(webSocketUrl)
  webSocket.pause()
  for (let sent = 0; sent < ANSWERS; sent++) webSocket.send(CALL)
  let answered = 0
  webSocket.on('message', () => (answered += 1))
  const closed = once(webSocket, 'close')
  await expect.poll(() => call.mock.calls.length).toBeGreaterThan(2)
  // What was called for before is answered, or cut off.
  await post(url, CALL)
  webSocket.resume()
  // One that was not cut off would be answered in full.
  webSocket.ping()
  webSocket.once('pong', () => webSocket.close(4000))
  expect((await closed)[0]).toBe(1006)
  expect(answered).toBeLessThan(ANSWERS)
})

it('refuses requests when those that are being answered are more than the limit', async () => {
  const { node, url } = await startServer({ requestBytesHeldMax: 3_000 })
  node.holds = true
  const request = { jsonrpc: '2.0', id: 1, method: 'eth_sendRawTransactionSync', params: [await signTransfer(0)] }
  const padded = JSON.stringify(request).padEnd(2_000)
  const first = post(url, padded)
  await expect.poll(() => node.pool.size).toBe(1)
  expect((await post(url, padded)).json).toMatchObject({ id: null, error: { code: -32005 } })
  expect((await ask(url, 'eth_chainId')).result).toBe('0x343b')
  node.seal(node.pooledTransactions())
  expect((await first).json.error).toBeUndefined()
  expect((await post(url, padded)).json.error).toBeUndefined()
})

it('forgets the filters polled longest ago when all hold more addresses and topics than the limit', async () => {
  const { url } = await startServer({ filterCriteriaMax: 4 })
  const add = (address: string[]) => resultOf(url, 'eth_newFilter', [{ address }])
  const [first, second] = [await add([SENDER, RECIPIENT]), await add([SENDER, RECIPIENT])]
  await resultOf(url, 'eth_getFilterChanges', [first])
  const third = await add([SENDER])
  const answers = await Promise.all([first, second, third].map((id) => ask(url, 'eth_getFilterChanges', [id])))
  expect(answers.map(({ error }) => error?.message)).toEqual([undefined, 'filter not found', undefined])
  const tooMany = await ask(url, 'eth_newFilter', [{ address: Array.from({ length: 5 }, () => SENDER) }])
  expect(tooMany.error?.code).toBe(-32602)
})

it('holds no more addresses and topics for the subscriptions of a WebSocket than the limit', async () => {
  const { webSocketUrl } = await startServer({ subscriptionCriteriaMax: 3 })
  const webSocket = await openWebSocket(webSocketUrl)
  const answers: unknown[] = []
  const params = ['logs', { address: [SENDER], topics: [[`0x${'ab'.repeat(32)}`]] }]
  for (let asked = 0; asked < 2; asked++) {
    webSocket.send(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'eth_subscribe', params }))
    const [data] = (await once(webSocket, 'message')) as [Buffer]
    answers.push((JSON.parse(data.toString()) as { error?: { code: number } }).error?.code)
  }
  expect(answers).toEqual([undefined, -32005])
  webSocket.terminate()
})

it('keeps nothing of a filter but what it selects', async () => {
  const { url } = await startServer()
  const filter = { fromBlock: '0x0', address: SENDER, more: 'x'.repeat(1_000_000) }
  const before = liveMebibytes()
  for (let made = 0; made < 64; made++) await resultOf(url, 'eth_newFilter', [filter])
  expect(liveMebibytes() - before).toBeLessThan(16)
})

function liveMebibytes(): number {
  setFlagsFromString('--expose-gc')
  ;(runInNewContext('gc') as () => void)()
  return process.memoryUsage().heapUsed / MEBIBYTE
}
