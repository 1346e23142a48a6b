/**
 * The client of the benchmark: requests over HTTP connections that are kept alive, and one
 * WebSocket that is told of new heads. Deliberately thin: its CPU is taken from the servers'.
 */
import { Agent, request } from 'node:http'
import { WebSocket } from 'ws'
import type { Hash } from '../../src/types/ids.ts'

interface Answer {
  readonly result?: unknown
  readonly error?: { readonly message: string }
}

interface SocketMessage extends Answer {
  readonly id?: number
  readonly params?: { readonly result: { readonly hash: Hash } }
}

export class RpcConnection {
  readonly #host: string
  readonly #port: number
  readonly #agent = new Agent({ keepAlive: true, noDelay: true, scheduling: 'lifo' })

  constructor(url: string) {
    const { hostname, port } = new URL(url)
    this.#host = hostname
    this.#port = Number(port)
  }

  call(method: string, params: string): Promise<unknown> {
    const body = `{"jsonrpc":"2.0","id":1,"method":"${method}","params":${params}}`
    return new Promise((resolve, reject) => {
      const options = {
        agent: this.#agent,
        host: this.#host,
        port: this.#port,
        method: 'POST',
        headers: { 'content-type': 'application/json', 'content-length': body.length },
      }
      const sent = request(options, (response) => {
        let text = ''
        response.setEncoding('latin1')
        response.on('data', (chunk: string) => (text += chunk))
        response.on('end', () => {
          const { result, error } = JSON.parse(text) as Answer
          if (error === undefined) resolve(result)
          else reject(new Error(`${method}: ${error.message}`))
        })
      })
      sent.on('error', reject)
      sent.end(body)
    })
  }

  close(): void {
    this.#agent.destroy()
  }
}

/** Tells of the transactions of each new block, while somebody waits for any; one request a block. */
export class HeadWatch {
  readonly #socket: WebSocket
  readonly #wanted: () => boolean
  readonly #onTransactions: (hashes: readonly Hash[]) => void
  #nextId = 2

  private constructor(socket: WebSocket, wanted: () => boolean, onTransactions: (hashes: readonly Hash[]) => void) {
    this.#socket = socket
    this.#wanted = wanted
    this.#onTransactions = onTransactions
  }

  static open(
    url: string,
    wanted: () => boolean,
    onTransactions: (hashes: readonly Hash[]) => void,
  ): Promise<HeadWatch> {
    const socket = new WebSocket(url.replace(/^http/, 'ws'), { perMessageDeflate: false })
    const watch = new HeadWatch(socket, wanted, onTransactions)
    return new Promise((resolve, reject) => {
      socket.on('error', reject)
      socket.on('open', () => socket.send('{"jsonrpc":"2.0","id":1,"method":"eth_subscribe","params":["newHeads"]}'))
      socket.on('message', (data: Buffer) => {
        const message = JSON.parse(data.toString('utf8')) as SocketMessage
        if (message.error !== undefined) reject(new Error(message.error.message))
        else if (message.id === 1) resolve(watch)
        else watch.#take(message)
      })
    })
  }

  close(): void {
    this.#socket.terminate()
  }

  #take(message: SocketMessage): void {
    const head = message.params?.result.hash
    if (head !== undefined) this.#fetch(head)
    else this.#onTransactions((message.result as { readonly transactions: readonly Hash[] }).transactions)
  }

  #fetch(hash: Hash): void {
    if (!this.#wanted()) return
    this.#socket.send(
      `{"jsonrpc":"2.0","id":${this.#nextId++},"method":"eth_getBlockByHash","params":["${hash}",false]}`,
    )
  }
}
