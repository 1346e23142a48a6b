import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Logger, silentLogger } from '../../../src/base/logger.ts'
import { RpcError } from '../../../src/rpc/errors.ts'
import { parseStrictJson } from '../../../src/rpc/strict-json.ts'
import { ask, openWebSocket, post, resultOf, send, startServer } from './harness.ts'

async function answerTo(body: string): Promise<unknown> {
  const { url } = await startServer()
  const answer = await post(url, body)
  expect(answer.status).toBe(200)
  return JSON.parse(answer.text)
}

/** Each UTF-16 unit as an escape. */
function inEscapes(text: string): string {
  const units = Array.from({ length: text.length }, (_, at) => text.charCodeAt(at))
  return units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('')
}

describe('strict JSON', () => {
  it('reads what JSON.parse reads, if no key is refused', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 4 }), (text) => {
        fc.pre(!/"(?:__proto__|constructor|prototype)"/.test(text))
        expect(parseStrictJson(text, 16)).toEqual(JSON.parse(text))
      }),
    )
  })

  it('refuses what JSON.parse refuses', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 3 }), fc.nat(), fc.string({ minLength: 1, maxLength: 3 }), (json, at, extra) => {
        const cut = at % (json.length + 1)
        const text = json.slice(0, cut) + extra + json.slice(cut)
        let valid = true
        try {
          JSON.parse(text)
        } catch {
          valid = false
        }
        fc.pre(!valid)
        expect(() => parseStrictJson(text, 16)).toThrow(RpcError)
      }),
    )
  })

  it('finds a key that stands twice at any depth and in any spelling', () => {
    const object = fc.uniqueArray(
      fc.string().filter((key) => !['__proto__', 'constructor', 'prototype'].includes(key)),
      {
        minLength: 1,
        maxLength: 5,
      },
    )
    fc.assert(
      fc.property(object, fc.nat(), fc.boolean(), (keys, at, escaped) => {
        const twice = keys[at % keys.length] ?? ''
        const spelled = escaped ? `"${inEscapes(twice)}"` : JSON.stringify(twice)
        const members = keys.map((key) => `${JSON.stringify(key)} : "a:\\"b"`)
        expect(() => parseStrictJson(`[{"x":{${members.join(',')}}}]`, 16)).not.toThrow()
        expect(() => parseStrictJson(`[{"x":{${[...members, `${spelled}:1`].join(',')}}}]`, 16)).toThrow('stands twice')
      }),
    )
  })
})

describe('JSON-RPC 2.0', () => {
  it.each([
    ['{"jsonrpc":"2.0","method":"eth_chainId","params":[],"id":1}', { jsonrpc: '2.0', id: 1, result: '0x343b' }],
    ['{"jsonrpc":"2.0","method":"eth_chainId","id":"a"}', { jsonrpc: '2.0', id: 'a', result: '0x343b' }],
    [
      '{"jsonrpc":"2.0","method":"eth_chainId","params":null,"id":null}',
      { jsonrpc: '2.0', id: null, result: '0x343b' },
    ],
  ])('answers %s', async (body, expected) => {
    expect(await answerTo(body)).toEqual(expected)
  })

  it.each([
    ['{', -32700, null],
    ['', -32700, null],
    ['{"jsonrpc":"2.0","id":1,"method":"eth_chainId"} x', -32700, null],
    ['[]', -32600, null],
    ['1', -32600, null],
    ['null', -32600, null],
    ['{"id":1,"method":"eth_chainId"}', -32600, 1],
    ['{"foo":"boo"}', -32600, null],
    ['{"jsonrpc":"2.0","method":1}', -32600, null],
    ['{"jsonrpc":"2.0","id":1}', -32600, 1],
    ['{"jsonrpc":"2.0","id":{},"method":"eth_chainId"}', -32600, null],
    ['{"jsonrpc":"2.0","id":12345678901234567890,"method":"eth_chainId"}', -32600, null],
    ['{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":{}}', -32602, 1],
    ['{"jsonrpc":"2.0","id":1,"method":"toString"}', -32601, 1],
  ])('answers %j with %i', async (body, code, id) => {
    expect(await answerTo(body)).toMatchObject({ jsonrpc: '2.0', id, error: { code } })
  })

  it('refuses bytes that are not UTF-8', async () => {
    const { url } = await startServer()
    expect((await post(url, Buffer.from([0x22, 0xff, 0x22]))).json.error?.code).toBe(-32700)
  })

  it('answers a batch item by item, and notifications with nothing', async () => {
    const { url } = await startServer()
    const notification = '{"jsonrpc":"2.0","method":"eth_chainId"}'
    const block = '{"jsonrpc":"2.0","id":2,"method":"eth_getBlockByNumber","params":["0x5"]}'
    const answer = await post(url, `[1,${notification},${block}]`)
    expect(JSON.parse(answer.text)).toMatchObject([
      { id: null, error: { code: -32600 } },
      { id: 2, result: null },
    ])
    for (const body of [notification, `[${notification}]`]) {
      expect(await post(url, body)).toMatchObject({ status: 204, text: '' })
    }
  })

  it('names an unknown method as ethers looks for it, cutting what it repeats', async () => {
    const { url } = await startServer()
    const { error } = await ask(url, 'anvil_nodeInfo')
    expect(error).toEqual({
      code: -32601,
      message: 'the method anvil_nodeInfo does not exist/is not available',
    })
    expect((await ask(url, 'x'.repeat(100_000))).error?.message.length).toBeLessThan(200)
    expect((await ask(url, 'eth_subscribe', ['newHeads'])).error?.code).toBe(-32601)
  })

  it('tells the log, and not the client, of our own mistakes', async () => {
    const lines: unknown[] = []
    const logger: Logger = { ...silentLogger, error: (...line) => lines.push(line) }
    const { node, url } = await startServer({}, { logger })
    node.peerCount = () => {
      throw new TypeError('secret')
    }
    expect((await ask(url, 'net_peerCount')).error).toEqual({ code: -32603, message: 'internal error' })
    expect(JSON.stringify(lines)).toContain('secret')
  })

  it('answers over WebSocket as over HTTP', async () => {
    const { url, webSocketUrl } = await startServer()
    const webSocket = await openWebSocket(webSocketUrl)
    for (const body of ['{', '{"jsonrpc":"2.0","id":1,"method":"eth_getBlockByNumber","params":["latest"]}']) {
      const answer = new Promise<string>((resolve) => {
        webSocket.once('message', (data: Buffer) => resolve(data.toString()))
      })
      webSocket.send(body)
      expect(await answer).toBe((await post(url, body)).text)
    }
    webSocket.terminate()
  })
})

describe('beside JSON-RPC', () => {
  it('says ready only while blocks can become final and none are missing, to probes of any Host', async () => {
    const { node, url } = await startServer()
    const probe = () => send(`${url}/readyz`, 'GET', { host: '10.0.0.7:8545' })
    expect(await probe()).toMatchObject({ status: 200, json: { ready: true, reason: null } })
    node.live = false
    expect(await probe()).toMatchObject({
      status: 503,
      json: { ready: false, reason: expect.stringContaining('3 needed') as string },
    })
    node.live = true
    node.syncing = { startingHeight: 0, currentHeight: 1, highestHeight: 9 }
    expect(await probe()).toMatchObject({ status: 503, json: { ready: false, syncing: true } })
    expect((await send(`${url}/readyz?from=balancer`, 'HEAD', { host: '10.0.0.7:8545' })).status).toBe(503)
    expect((await send(`${url}/healthz`, 'GET')).status).toBe(200)
    expect(await resultOf(url, 'eth_syncing')).toEqual({
      startingBlock: '0x0',
      currentBlock: '0x1',
      highestBlock: '0x9',
    })
  })

  it('tells a browser what it is, and refuses other methods', async () => {
    const { url } = await startServer()
    expect((await send(url, 'GET')).json).toMatchObject({ chainId: 13_371 })
    expect((await send(url, 'HEAD')).status).toBe(200)
    expect((await send(url, 'PUT')).status).toBe(405)
  })

  it('has JSON-RPC at one path, whatever the query', async () => {
    const { url, webSocketUrl } = await startServer()
    const body = '{"jsonrpc":"2.0","id":1,"method":"eth_chainId"}'
    for (const path of ['/x', '//', '/x?y', '/readyz', '/%2f']) {
      expect((await post(`${url}${path}`, body)).status).toBe(404)
      await expect(openWebSocket(`${webSocketUrl}${path}`)).rejects.toThrow('404')
    }
    expect((await send(`${url}/x`, 'GET')).status).toBe(404)
    expect((await post(`${url}/?key=1`, body)).status).toBe(200)
    ;(await openWebSocket(`${webSocketUrl}/?key=1`)).terminate()
  })
})
