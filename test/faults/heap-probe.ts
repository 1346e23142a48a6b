/**
 * What the heap of a running process holds once it is collected: what it reserves says little about what it keeps.
 * Asked through Node's own inspector, so that the process runs the code that users run.
 */
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { WebSocket } from 'ws'
import type { Devnet } from '../e2e/harness/devnet.ts'
import { eventually } from '../e2e/harness/processes.ts'

/** In bytes. */
export interface Memory {
  /** What is reachable: objects, buffers, and what libraries in C++ say they hold. */
  readonly live: number
  /** Of the whole process, reachable or not. */
  readonly resident: number
}

interface Reply {
  readonly id?: number
  readonly result?: { readonly result?: { readonly value?: unknown }; readonly exceptionDetails?: unknown }
  readonly error?: { readonly message: string }
}

/** In NODE_OPTIONS of the processes that are to be asked: each listens at a port of its own once it is told to. */
export const INSPECTABLE = '--inspect-port=0'
/** A first collection leaves what only finalizers release. */
const COLLECTIONS = 3
const PAUSE_MS = 100

export class HeapProbe {
  readonly #socket: WebSocket
  /** BOUND: one for each question that is not answered yet. */
  readonly #waiting = new Map<number, (reply: Reply) => void>()
  #asked = 0

  private constructor(socket: WebSocket) {
    this.#socket = socket
    socket.on('message', (message: Buffer) => {
      const reply = JSON.parse(message.toString('utf8')) as Reply
      if (reply.id === undefined) return
      this.#waiting.get(reply.id)?.(reply)
      this.#waiting.delete(reply.id)
    })
  }

  static async attach(devnet: Devnet, index: number): Promise<HeapProbe> {
    process.kill(devnet.pid(index), 'SIGUSR1')
    const url = await eventually('the inspector', () => /^Debugger listening on (\S+)$/m.exec(devnet.log(index))?.[1])
    const socket = new WebSocket(url)
    await once(socket, 'open')
    return new HeapProbe(socket)
  }

  async memory(): Promise<Memory> {
    for (let collection = 0; collection < COLLECTIONS; collection++) {
      await this.#ask('HeapProfiler.collectGarbage')
      await sleep(PAUSE_MS)
    }
    const usage = await this.evaluate('process.memoryUsage()')
    const { heapUsed, external, rss } = usage as ReturnType<typeof process.memoryUsage>
    return { live: heapUsed + external, resident: rss }
  }

  /** The value of an expression in the process. */
  async evaluate(expression: string): Promise<unknown> {
    const { result } = await this.#ask('Runtime.evaluate', { expression, returnByValue: true })
    if (result?.exceptionDetails !== undefined) throw new Error(JSON.stringify(result.exceptionDetails))
    return result?.result?.value
  }

  close(): void {
    this.#socket.close()
  }

  async #ask(method: string, params: Readonly<Record<string, unknown>> = {}): Promise<Reply> {
    this.#asked += 1
    const id = this.#asked
    const answered = new Promise<Reply>((resolve) => this.#waiting.set(id, resolve))
    this.#socket.send(JSON.stringify({ id, method, params }))
    const reply = await answered
    if (reply.error !== undefined) throw new Error(`${method}: ${reply.error.message}`)
    return reply
  }
}
