/** Hostile messages over WebSocket: one by one, many at once, in fragments; and frames that break the protocol. */
import { isUtf8 } from 'node:buffer'
import type { Random } from '../../../src/simulation/random.ts'
import type { Judge } from './judge.ts'
import { pieces } from './over-http.ts'
import type { HostileRequests } from './requests.ts'
import { dueFor } from './verdict-on-answer.ts'
import {
  BINARY,
  CLOSE,
  CONTINUATION,
  encodeFrame,
  PING,
  TEXT,
  WebSocketWire,
  type WireEvent,
} from './websocket-wire.ts'

const ANSWER_TIMEOUT_MS = 120_000
const MESSAGE_BYTES_MAX = 1024 * 1024
const BINARY_CHANCE = 0.01
const NORMAL = 1000
const PROTOCOL_ERROR = 1002
const UNSUPPORTED_DATA = 1003
const INVALID_TEXT = 1007
const TOO_LARGE = 1009
const HELLO = Buffer.from('hello')

/** With the codes of docs/json-rpc.md, "Refusals". */
const VIOLATIONS: readonly (readonly [what: string, code: number, frame: Buffer])[] = [
  ['reserved bits', PROTOCOL_ERROR, encodeFrame({ opcode: TEXT, payload: HELLO, reserved: 4 })],
  ['an unknown opcode', PROTOCOL_ERROR, encodeFrame({ opcode: 3, payload: HELLO })],
  ['an unknown control opcode', PROTOCOL_ERROR, encodeFrame({ opcode: 11, payload: HELLO })],
  ['no mask', PROTOCOL_ERROR, encodeFrame({ opcode: TEXT, payload: HELLO, masked: false })],
  ['a ping in fragments', PROTOCOL_ERROR, encodeFrame({ opcode: PING, payload: HELLO, fin: false })],
  ['a ping too long', PROTOCOL_ERROR, encodeFrame({ opcode: PING, payload: Buffer.alloc(126) })],
  ['a continuation of nothing', PROTOCOL_ERROR, encodeFrame({ opcode: CONTINUATION, payload: HELLO })],
  [
    'a message within a message',
    PROTOCOL_ERROR,
    Buffer.concat([
      encodeFrame({ opcode: TEXT, payload: HELLO, fin: false }),
      encodeFrame({ opcode: TEXT, payload: HELLO }),
    ]),
  ],
  ['a code that nobody may send', PROTOCOL_ERROR, encodeFrame({ opcode: CLOSE, payload: Buffer.from([0x03, 0xed]) })],
  ['half a code', PROTOCOL_ERROR, encodeFrame({ opcode: CLOSE, payload: Buffer.from([0x03]) })],
  ['a length of 2^53', TOO_LARGE, Buffer.from([0x81, 0xff, 0, 0x20, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4])],
  ['a length of 1 GiB', TOO_LARGE, Buffer.from([0x81, 0xff, 0, 0, 0, 0, 0x40, 0, 0, 0, 1, 2, 3, 4])],
]

/** As many messages over as many connections as it takes. */
export async function sendOverWebSocket(
  port: number,
  requests: HostileRequests,
  random: Random,
  judge: Judge,
  count: number,
): Promise<void> {
  const until = judge.judged + count
  while (judge.judged < until && judge.faults.length === 0) {
    const attack = new WebSocketAttack(await WebSocketWire.open(port), requests, random, judge)
    try {
      if (random.chance(0.5)) await attack.sendAtOnce(until - judge.judged)
      else await attack.sendInTurn(until - judge.judged)
    } finally {
      attack.end()
    }
  }
}

class WebSocketAttack {
  readonly #wire: WebSocketWire
  readonly #requests: HostileRequests
  readonly #random: Random
  readonly #judge: Judge

  constructor(wire: WebSocketWire, requests: HostileRequests, random: Random, judge: Judge) {
    this.#wire = wire
    this.#requests = requests
    this.#random = random
    this.#judge = judge
  }

  end(): void {
    this.#wire.terminate()
  }

  /** Each when the one before is answered. */
  async sendInTurn(count: number): Promise<void> {
    for (let sent = 1; sent < count; sent++) {
      const body = this.#requests.next()
      const refusal = this.#send(body)
      if (refusal !== null) {
        await this.#expectClose('a message', refusal, body)
        return
      }
      const isSilent = dueFor(body).kind === 'silence'
      const answer = isSilent ? null : await this.#nextText(body)
      if (answer === undefined) return
      this.#judge.answer('WebSocket in turn', body, answer)
    }
    await this.#close()
  }

  /** Their answers come in any order, and are told apart by their ids. */
  async sendAtOnce(count: number): Promise<void> {
    const bodies = new Map(
      Array.from({ length: count - 1 }, (_, at) => [`at once ${at}`, this.#answeredUnder(`at once ${at}`)]),
    )
    const frames = [...bodies.values()].map((payload) => encodeFrame({ opcode: TEXT, payload }))
    const all = Buffer.concat(frames)
    this.#wire.sendBytes(all)
    while (bodies.size > 0) {
      const answer = await this.#nextText(all)
      if (answer === undefined) return
      const id = idOf(answer)
      const body = bodies.get(id)
      if (body === undefined) {
        this.#judge.blame('WebSocket at once', 'an answer that nobody asked for', all, answer)
        return
      }
      bodies.delete(id)
      this.#judge.answer('WebSocket at once', body, answer)
    }
    await this.#close()
  }

  /** What is refused as a whole, as a forbidden key is, is refused without its id. */
  #answeredUnder(id: string): Buffer {
    while (true) {
      const body = this.#requests.withId(id)
      const due = dueFor(body)
      if (due.kind === 'one' && due.due.id === id) return body
    }
  }

  /** The code that it deserves to be closed with, or null. */
  #send(payload: Buffer): number | null {
    if (this.#random.chance(BINARY_CHANCE) && payload.length <= MESSAGE_BYTES_MAX) {
      this.#wire.send({ opcode: BINARY, payload })
      return UNSUPPORTED_DATA
    }
    const parts = this.#random.chance(0.3) ? pieces(payload, this.#random) : [payload]
    for (const [at, part] of parts.entries()) {
      this.#wire.send({ opcode: at === 0 ? TEXT : CONTINUATION, payload: part, fin: at === parts.length - 1 })
      // Control frames may stand between fragments.
      if (this.#random.chance(0.1)) this.#wire.send({ opcode: PING, payload: HELLO })
    }
    if (payload.length > MESSAGE_BYTES_MAX) return TOO_LARGE
    return isUtf8(payload) ? null : INVALID_TEXT
  }

  /** By breaking the protocol, or as it should be. */
  async #close(): Promise<void> {
    const normal = Buffer.from([NORMAL >> 8, NORMAL & 0xff])
    const [what, code, frame] = VIOLATIONS[this.#random.below(VIOLATIONS.length + 1)] ?? [
      'goodbye',
      NORMAL,
      encodeFrame({ opcode: CLOSE, payload: normal }),
    ]
    this.#wire.sendBytes(frame)
    await this.#expectClose(what, code, frame)
  }

  async #expectClose(what: string, code: number, sent: Buffer): Promise<void> {
    const event = await this.#next()
    if (event?.kind === 'closed') this.#judge.refusal(what, sent, [code], event.code ?? 'no code')
    else this.#judge.blame(what, `${nameOf(event)}, where code ${code} is due`, sent, null)
  }

  /** Undefined when there was none, which is blamed. */
  async #nextText(sent: Buffer): Promise<string | undefined> {
    const event = await this.#next()
    if (event?.kind === 'text') return event.text
    this.#judge.blame('WebSocket', `${nameOf(event)}, where an answer is due`, sent, null)
    return undefined
  }

  /** Without what subscriptions tell, and without the answers to pings. */
  async #next(): Promise<WireEvent | undefined> {
    while (true) {
      const event = await this.#wire.next(ANSWER_TIMEOUT_MS)
      const isPong = event?.kind === 'pong' && event.payload.equals(HELLO)
      const isTold = event?.kind === 'text' && /^\{"jsonrpc":"2\.0","method":"(eth|bft)_subscription"/.test(event.text)
      if (!isPong && !isTold) return event
    }
  }
}

function nameOf(event: WireEvent | undefined): string {
  if (event === undefined) return 'nothing in time'
  if (event.kind === 'closed') return `closed with ${event.code}`
  return event.kind === 'offence' ? event.what : `a ${event.kind}`
}

function idOf(answer: string): string {
  try {
    return String((JSON.parse(answer) as { readonly id: unknown }).id)
  } catch {
    return ''
  }
}
