/** WebSocket (RFC 6455) on a bare socket: frames of any make go out, what comes back is read strictly. */
import { connect, type Socket } from 'node:net'

export type WireEvent =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'pong'; readonly payload: Buffer }
  /** With the code of the closing frame; null when the connection ended without one. */
  | { readonly kind: 'closed'; readonly code: number | null }
  /** What no server may send. */
  | { readonly kind: 'offence'; readonly what: string }

/** The first two bytes of a frame, and what follows its length. */
export interface Frame {
  readonly opcode: number
  readonly payload: Buffer
  readonly fin?: boolean
  /** Bits that no extension was agreed for. */
  readonly reserved?: number
  readonly masked?: boolean
}

export const CONTINUATION = 0
export const TEXT = 1
export const BINARY = 2
export const CLOSE = 8
export const PING = 9
const PONG = 10
/** The bit of the last frame of a message. */
const WHOLE = 0x80
/** RFC 6455, 7.1.5: the closing frame had none. */
const NO_CODE = 1005
const HANDSHAKE =
  'GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
  'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n'
const MASK = Buffer.from([1, 2, 3, 4])

export class WebSocketWire {
  readonly #socket: Socket
  readonly #events: WireEvent[] = []
  #received: Buffer
  #ended = false
  #wake: () => void = () => undefined

  private constructor(socket: Socket, received: Buffer) {
    this.#socket = socket
    this.#received = received
    socket.on('data', (chunk: Buffer) => {
      this.#received = Buffer.concat([this.#received, chunk])
      this.#cutAll()
    })
    socket.on('close', () => {
      this.#ended = true
      this.#wake()
    })
    this.#cutAll()
  }

  static open(port: number): Promise<WebSocketWire> {
    return new Promise((resolve, reject) => {
      const socket = connect(port, '127.0.0.1')
      socket.setNoDelay(true)
      socket.on('error', reject)
      socket.write(HANDSHAKE)
      let received = Buffer.alloc(0)
      socket.on('data', function onData(chunk: Buffer) {
        received = Buffer.concat([received, chunk])
        const end = received.indexOf('\r\n\r\n')
        if (end < 0) return
        socket.off('data', onData)
        if (received.toString('latin1').startsWith('HTTP/1.1 101 '))
          resolve(new WebSocketWire(socket, received.subarray(end + 4)))
        else reject(new Error(`no WebSocket: ${received.toString('latin1').slice(0, 80)}`))
      })
    })
  }

  send(frame: Frame): void {
    this.sendBytes(encodeFrame(frame))
  }

  sendBytes(bytes: Buffer): void {
    if (!this.#socket.destroyed) this.#socket.write(bytes)
  }

  /** Undefined when nothing comes in time. */
  async next(timeoutMs: number): Promise<WireEvent | undefined> {
    const deadline = { passed: false }
    const timer = setTimeout(() => {
      deadline.passed = true
      this.#wake()
    }, timeoutMs)
    while (this.#events.length === 0 && !this.#ended && !deadline.passed)
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    clearTimeout(timer)
    return this.#events.shift() ?? (this.#ended ? { kind: 'closed', code: null } : undefined)
  }

  terminate(): void {
    this.#socket.destroy()
  }

  #cutAll(): void {
    while (this.#cut());
    this.#wake()
  }

  /** A server sends whole frames without a mask. */
  #cut(): boolean {
    const bytes = this.#received
    if (bytes.length < 2) return false
    const short = bytes.readUInt8(1)
    const headLength = short < 126 ? 2 : short === 126 ? 4 : 10
    if (bytes.length < headLength) return false
    const length = short < 126 ? short : short === 126 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2))
    if (bytes.length < headLength + length) return false
    const payload = bytes.subarray(headLength, headLength + length)
    this.#received = bytes.subarray(headLength + length)
    const first = bytes.readUInt8(0)
    if (first === WHOLE + PING) this.send({ opcode: PONG, payload })
    else this.#events.push(eventOf(first, payload))
    return true
  }
}

export function encodeFrame({ opcode, payload, fin = true, reserved = 0, masked = true }: Frame): Buffer {
  const { length } = payload
  const short = length < 126 ? length : length < 65_536 ? 126 : 127
  const head = Buffer.alloc(short < 126 ? 2 : short === 126 ? 4 : 10)
  head.writeUInt8((fin ? WHOLE : 0) | (reserved << 4) | opcode, 0)
  head.writeUInt8((masked ? 0x80 : 0) | short, 1)
  if (short === 126) head.writeUInt16BE(length, 2)
  if (short === 127) head.writeBigUInt64BE(BigInt(length), 2)
  return masked ? Buffer.concat([head, MASK, maskedBytes(payload)]) : Buffer.concat([head, payload])
}

function maskedBytes(payload: Buffer): Buffer {
  const masked = Buffer.from(payload)
  for (let at = 0; at < masked.length; at++) masked[at] = (masked[at] ?? 0) ^ (MASK[at % MASK.length] ?? 0)
  return masked
}

function eventOf(first: number, payload: Buffer): WireEvent {
  if (first === WHOLE + TEXT) return { kind: 'text', text: payload.toString('utf8') }
  if (first === WHOLE + PONG) return { kind: 'pong', payload }
  if (first === WHOLE + CLOSE) return { kind: 'closed', code: payload.length < 2 ? NO_CODE : payload.readUInt16BE(0) }
  return { kind: 'offence', what: `a frame that begins with ${first}` }
}
