/** Whatever arrives, the server answers the next one. */
import { once } from 'node:events'
import { connect } from 'node:net'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { METHODS } from '../../../src/rpc/methods/all.ts'
import { openWebSocket, post, resultOf, startServer } from './harness.ts'

const SEED = 20_261_123

/**
 * The fake node throws for an envelope that it cannot decode, and has no module that could answer: its own
 * mistakes. Real nodes are asked all of it in test/conformance.
 */
const BEYOND_THE_FAKE = new Set([
  'eth_sendRawTransaction',
  'bft_getProposals',
  'bft_getValidators',
  'bft_getCandidates',
  'bft_getEvidence',
])

const leaf = fc.oneof(
  fc.string(),
  fc.integer(),
  fc.double(),
  fc.boolean(),
  fc.constantFrom(
    'latest',
    'earliest',
    '0x',
    '0x0',
    `0x${'ff'.repeat(20)}`,
    `0x${'0f'.repeat(32)}`,
    `0x${'f'.repeat(64)}`,
  ),
  fc.constantFrom(null, [], {}, [null], -0, Number.MAX_VALUE),
)
const call = fc.dictionary(
  fc.constantFrom('from', 'to', 'data', 'gas', 'value', 'topics', 'address', 'blockHash'),
  leaf,
)
const request = fc.record({
  jsonrpc: fc.constant('2.0'),
  id: fc.integer(),
  method: fc.constantFrom(...METHODS.keys()).filter((name) => name !== 'eth_sendRawTransactionSync'),
  params: fc.array(fc.oneof(leaf, call, fc.array(leaf, { maxLength: 3 })), { maxLength: 4 }),
})

describe('hostile input', () => {
  it('of any shape gets a result or an error that is not our mistake', async () => {
    const { url } = await startServer()
    await fc.assert(
      fc.asyncProperty(fc.array(request, { minLength: 10, maxLength: 20 }), async (batch) => {
        const answers = JSON.parse((await post(url, JSON.stringify(batch))).text) as { error?: { code: number } }[]
        expect(answers).toHaveLength(batch.length)
        for (const [at, { error }] of answers.entries()) {
          if (!BEYOND_THE_FAKE.has(batch[at]?.method ?? ''))
            expect(error?.code, JSON.stringify(batch[at])).not.toBe(-32603)
        }
      }),
      { seed: SEED, numRuns: 100 },
    )
  })

  it('of any bytes, over HTTP, WebSocket and TCP, leaves the server answering', async () => {
    const { url, port, webSocketUrl } = await startServer()
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => {
        const answer = await post(url, Buffer.from(bytes))
        expect(answer.status).toBe(200)
        const webSocket = await openWebSocket(webSocketUrl)
        webSocket.send(Buffer.from(bytes).toString('latin1'))
        await once(webSocket, 'message')
        webSocket.send(bytes)
        await once(webSocket, 'close')
        const socket = connect(port, '127.0.0.1')
        socket.on('error', () => undefined)
        socket.end(bytes)
        socket.resume()
        await once(socket, 'close')
      }),
      { seed: SEED, numRuns: 100 },
    )
    expect(await resultOf(url, 'eth_chainId')).toBe('0x343b')
  })

  it('inside a WebSocket ends that connection only', async () => {
    const { url, port } = await startServer()
    const handshake =
      'GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n'
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 100 }), async (bytes) => {
        const socket = connect(port, '127.0.0.1')
        socket.on('error', () => undefined)
        socket.write(handshake)
        await once(socket, 'data')
        socket.end(bytes)
        socket.resume()
        await once(socket, 'close')
      }),
      { seed: SEED, numRuns: 100 },
    )
    expect(await resultOf(url, 'eth_chainId')).toBe('0x343b')
  })
})
