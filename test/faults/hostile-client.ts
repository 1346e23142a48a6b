/** Sends hostile requests over kept-alive HTTP and over WebSockets, and says which answers are our mistake. */
import { once } from 'node:events'
import { Agent, request as httpRequest, type IncomingMessage } from 'node:http'
import { WebSocket } from 'ws'
import type { Random } from '../../src/simulation/random.ts'
import { hostileRequest } from './hostile-requests.ts'

const INTERNAL_ERROR = '"code":-32603'
const MESSAGES_PER_SOCKET = 50
const ANSWER_TIMEOUT_MS = 30_000
const ALIVE = '{"jsonrpc":"2.0","id":"alive","method":"eth_chainId"}'

export class HostileClient {
  readonly #url: string
  readonly #random: Random
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 })
  /** BOUND: the caller stops at the first. */
  readonly faults: string[] = []

  constructor(url: string, random: Random) {
    this.#url = url
    this.#random = random
  }

  /** Every other run of messages goes through a WebSocket of its own. @returns early at the first fault. */
  async send(requests: number): Promise<void> {
    try {
      for (let sent = 0; sent < requests && this.faults.length === 0; sent += MESSAGES_PER_SOCKET) {
        const count = Math.min(MESSAGES_PER_SOCKET, requests - sent)
        if ((sent / MESSAGES_PER_SOCKET) % 2 === 0) await this.#sendOverHttp(count)
        else await this.#sendOverWebSocket(count)
      }
    } finally {
      this.#agent.destroy()
    }
  }

  async #sendOverHttp(count: number): Promise<void> {
    for (let index = 0; index < count; index++) {
      const body = hostileRequest(this.#random)
      const headers = { 'content-type': 'application/json', 'content-length': body.length }
      const signal = AbortSignal.timeout(ANSWER_TIMEOUT_MS)
      const sent = httpRequest(this.#url, { agent: this.#agent, method: 'POST', headers, signal })
      sent.end(body)
      const [response] = (await once(sent, 'response')) as [IncomingMessage]
      let text = ''
      for await (const chunk of response.setEncoding('utf8')) text += String(chunk)
      // 204: all of it asked for no answer.
      if (response.statusCode !== 200 && response.statusCode !== 204) this.#blame(`HTTP ${response.statusCode}`, body)
      else this.#judge(text, body)
    }
  }

  /** The server may close it, as binary messages and bad UTF-8 deserve; if not, it answers a good question at the end. */
  async #sendOverWebSocket(count: number): Promise<void> {
    const socket = new WebSocket(this.#url.replace('http', 'ws'), { perMessageDeflate: false })
    const signal = AbortSignal.timeout(ANSWER_TIMEOUT_MS)
    await once(socket, 'open', { signal })
    const ended = new Promise<void>((resolve) => {
      socket.once('close', resolve)
      socket.on('error', () => undefined)
      socket.on('message', (data: Buffer) => {
        const text = data.toString('utf8')
        this.#judge(text, data)
        if (text.includes('"id":"alive"')) socket.terminate()
      })
      signal.addEventListener('abort', () => {
        this.#blame('no answer over WebSocket', Buffer.from(ALIVE))
        socket.terminate()
      })
    })
    for (let index = 0; index < count; index++) {
      socket.send(hostileRequest(this.#random), { binary: this.#random.chance(0.01) })
    }
    socket.send(ALIVE)
    await ended
  }

  #judge(text: string, request: Buffer): void {
    if (text.includes(INTERNAL_ERROR)) this.#blame('an internal error', request)
  }

  #blame(what: string, request: Buffer): void {
    this.faults.push(`${what} for ${request.toString('latin1').slice(0, 500)}`)
  }
}
