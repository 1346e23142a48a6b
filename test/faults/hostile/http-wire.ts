/** HTTP/1.1 on a bare socket: what is sent is any bytes, what comes back is cut into answers. */
import { connect, type Socket } from 'node:net'

export interface HttpAnswer {
  readonly status: number
  readonly body: string
}

const HEAD_END = Buffer.from('\r\n\r\n')
const CONTINUE = 100

export class HttpWire {
  readonly #socket: Socket
  readonly #answers: HttpAnswer[] = []
  #received = Buffer.alloc(0)
  #ended = false
  #wake: () => void = () => undefined

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.on('data', (chunk: Buffer) => {
      this.#received = Buffer.concat([this.#received, chunk])
      while (this.#cut());
      this.#wake()
    })
    socket.on('error', () => undefined)
    socket.on('close', () => {
      this.#ended = true
      this.#wake()
    })
  }

  static open(port: number): Promise<HttpWire> {
    return new Promise((resolve, reject) => {
      const socket = connect(port, '127.0.0.1')
      socket.setNoDelay(true)
      socket.once('error', reject)
      socket.once('connect', () => resolve(new HttpWire(socket)))
    })
  }

  write(bytes: Buffer): void {
    if (!this.#socket.destroyed) this.#socket.write(bytes)
  }

  /** Nothing more will be sent. */
  end(): void {
    this.#socket.end()
  }

  /** Null when the connection ends before another one; undefined when none comes in time. */
  async next(timeoutMs: number): Promise<HttpAnswer | null | undefined> {
    const deadline = { passed: false }
    const timer = setTimeout(() => {
      deadline.passed = true
      this.#wake()
    }, timeoutMs)
    while (this.#answers.length === 0 && !this.#ended && !deadline.passed)
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    clearTimeout(timer)
    return this.#answers.shift() ?? (this.#ended ? null : undefined)
  }

  close(): void {
    this.#socket.destroy()
  }

  /** Whether an answer was whole. Those that end their connection may come without a length: they have no body. */
  #cut(): boolean {
    const headEnd = this.#received.indexOf(HEAD_END)
    if (headEnd < 0) return false
    const head = this.#received.subarray(0, headEnd).toString('latin1')
    const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1])
    const length = Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? 0)
    const bodyStart = headEnd + HEAD_END.length
    if (this.#received.length < bodyStart + length) return false
    const body = this.#received.toString('utf8', bodyStart, bodyStart + length)
    this.#received = this.#received.subarray(bodyStart + length)
    if (status !== CONTINUE) this.#answers.push({ status, body })
    return true
  }
}
