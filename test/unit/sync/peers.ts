/** Peers that answer requests for blocks as a test says, in virtual time. */
import { rejection } from '../../../src/base/rejection.ts'
import { err, ok } from '../../../src/base/result.ts'
import type { PeerId } from '../../../src/network/port.ts'
import { decodeRequest, type Request } from '../../../src/network/requests.ts'
import type { FetcherPorts } from '../../../src/sync/block-fetcher.ts'

/** Null stays silent, so that the request runs into its timeout. */
export type Answer = (request: Request) => Uint8Array | null

const ANSWER_MS = 5

export class Peers {
  nowMs = 0
  readonly asked: { readonly peer: PeerId; readonly atMs: number; readonly request: Request }[] = []
  readonly penalised: { readonly peer: PeerId; readonly reason: string }[] = []
  readonly answers = new Map<PeerId, Answer>()
  /** Of those that do not answer in `ANSWER_MS`. */
  readonly answerMs = new Map<PeerId, number>()
  inFlight = 0
  mostInFlight = 0
  #later: { readonly atMs: number; readonly callback: () => void }[] = []

  constructor(answers: Readonly<Record<string, Answer>>) {
    for (const [peer, answer] of Object.entries(answers)) this.answers.set(peer as PeerId, answer)
  }

  get names(): readonly PeerId[] {
    return [...this.answers.keys()]
  }

  get ports(): Pick<FetcherPorts, 'request' | 'later' | 'penalise'> & { readonly nowMs: () => number } {
    return {
      nowMs: () => this.nowMs,
      request: (peer, body, timeoutMs, done) => {
        const request = decodeRequest(body)
        if (!request.ok) throw new Error('a request of ours that cannot be read')
        this.asked.push({ peer, atMs: this.nowMs, request: request.value })
        this.inFlight += 1
        this.mostInFlight = Math.max(this.mostInFlight, this.inFlight)
        const bytes = this.answers.get(peer)?.(request.value) ?? null
        this.#after(bytes === null ? timeoutMs : (this.answerMs.get(peer) ?? ANSWER_MS), () => {
          this.inFlight -= 1
          done(bytes === null ? err(rejection('request-timeout', 'no answer', 'ignore')) : ok(bytes))
        })
      },
      later: (delayMs, callback) => this.#after(delayMs, callback),
      penalise: (peer, reason) => {
        this.penalised.push({ peer, reason })
      },
    }
  }

  run(untilMs: number): void {
    for (;;) {
      const [next] = this.#later
      if (next === undefined || next.atMs > untilMs) break
      this.#later.shift()
      this.nowMs = next.atMs
      next.callback()
    }
    this.nowMs = untilMs
  }

  #after(delayMs: number, callback: () => void): void {
    const atMs = this.nowMs + delayMs
    const place = this.#later.findLastIndex((other) => other.atMs <= atMs)
    this.#later.splice(place + 1, 0, { atMs, callback })
  }
}
