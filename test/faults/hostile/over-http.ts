/** Hostile bodies over HTTP: whole, in chunks, in drops, one behind the other; and what is no request at all. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Random } from '../../../src/simulation/random.ts'
import { type HttpAnswer, HttpWire } from './http-wire.ts'
import type { Judge } from './judge.ts'
import { type HostileRequests, randomBytes } from './requests.ts'

const ANSWER_TIMEOUT_MS = 120_000
const HEAD = 'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n'
const HEADER_BYTES_MAX = 16 * 1024
const WAYS = ['whole', 'chunked', 'dribbled', 'pipelined'] as const
const PIECES_MAX = 4

/** What is refused whatever its body says, with the statuses of docs/json-rpc.md, "Refusals". */
const REFUSED: readonly (readonly [what: string, status: number, head: string])[] = [
  ['another Host', 403, 'POST / HTTP/1.1\r\nHost: evil.example\r\nContent-Type: application/json\r\nContent-Length: 0'],
  ['another Origin', 403, `${HEAD}Origin: https://evil.example\r\nContent-Length: 0`],
  ['another path', 404, 'GET /nothing HTTP/1.1\r\nHost: localhost'],
  ['another path for a request', 404, 'POST /x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0'],
  ['another method', 405, 'PUT / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0'],
  ['another type', 415, 'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nContent-Length: 0'],
  ['no type', 415, 'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0'],
  ['another expectation', 417, `${HEAD}Expect: wonders\r\nContent-Length: 0`],
  ['a head too long', 431, `${HEAD}X: ${'x'.repeat(HEADER_BYTES_MAX)}`],
  ['no Host', 400, 'POST / HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 0'],
  ['two lengths', 400, `${HEAD}Content-Length: 1\r\nContent-Length: 2`],
  ['a length and chunks', 400, `${HEAD}Content-Length: 1\r\nTransfer-Encoding: chunked`],
  ['a length that is none', 400, `${HEAD}Content-Length: 1x`],
  ['a header that is none', 400, `${HEAD}no colon`],
  ['another version', 400, 'POST / HTTP/9.9\r\nHost: localhost'],
  ['a chunk without size', 400, `${HEAD}Transfer-Encoding: chunked\r\n\r\nx`],
  ['a handshake without key', 400, 'GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket'],
]

/** As many bodies over one connection, and then one refusal over another. */
export async function sendOverHttp(
  port: number,
  requests: HostileRequests,
  random: Random,
  judge: Judge,
  count: number,
): Promise<void> {
  const way = WAYS[random.below(WAYS.length)] ?? 'whole'
  const bodies = Array.from({ length: count - 1 }, () => requests.next())
  const wire = await HttpWire.open(port)
  try {
    if (way === 'pipelined') wire.write(Buffer.concat(bodies.map(withLength)))
    for (const body of bodies) {
      if (way === 'whole') wire.write(withLength(body))
      if (way === 'chunked') wire.write(inChunks(body, random))
      if (way === 'dribbled') await dribble(wire, withLength(body), random)
      if (!take(judge, `HTTP ${way}`, body, await wire.next(ANSWER_TIMEOUT_MS))) return
    }
  } finally {
    wire.close()
  }
  await sendRefused(port, random, judge)
}

async function sendRefused(port: number, random: Random, judge: Judge): Promise<void> {
  const [what, status, head] = REFUSED[random.below(REFUSED.length + 1)] ?? ['bytes', 400, null]
  // Line ends alone would be skipped, and a letter may begin a method.
  const bytes = head === null ? Buffer.concat([Buffer.from([0]), randomBytes(random)]) : Buffer.from(`${head}\r\n\r\n`)
  const wire = await HttpWire.open(port)
  wire.write(bytes)
  const answer = await wire.next(ANSWER_TIMEOUT_MS)
  judge.refusal(what, bytes, [status], answer?.status ?? 'no answer')
  wire.close()
}

/** False when the connection is of no more use. */
function take(judge: Judge, way: string, body: Buffer, answer: HttpAnswer | null | undefined): boolean {
  if (answer?.status === 200 || answer?.status === 204) {
    judge.answer(way, body, answer.status === 204 ? null : answer.body)
    return true
  }
  const fault = answer === undefined ? 'no answer in time' : 'the connection ended'
  judge.blame(way, answer ? `HTTP ${answer.status}` : fault, body, answer?.body ?? null)
  return false
}

function withLength(body: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${HEAD}Content-Length: ${body.length}\r\n\r\n`), body])
}

function inChunks(body: Buffer, random: Random): Buffer {
  const chunks = pieces(body, random).filter(({ length }) => length > 0)
  return Buffer.concat([
    Buffer.from(`${HEAD}Transfer-Encoding: chunked\r\n\r\n`),
    ...chunks.flatMap((chunk) => [Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, Buffer.from('\r\n')]),
    Buffer.from('0\r\n\r\n'),
  ])
}

async function dribble(wire: HttpWire, bytes: Buffer, random: Random): Promise<void> {
  for (const piece of pieces(bytes, random)) {
    wire.write(piece)
    await nextTurn()
  }
}

export function pieces(bytes: Buffer, random: Random): readonly Buffer[] {
  const cuts = Array.from({ length: random.below(PIECES_MAX) }, () => random.below(bytes.length + 1))
  const places = [0, ...cuts.sort((a, b) => a - b), bytes.length]
  return places.slice(1).map((end, at) => bytes.subarray(places[at], end))
}
