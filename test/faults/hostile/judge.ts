/** Keeps count of what was answered and how, and of the answers that are our mistake, each with its request. */
import { dueFor, faultOf, type ResultCheck } from './verdict-on-answer.ts'

const SHOWN_MAX = 1_000

export class Judge {
  readonly #name: string
  readonly #check: ResultCheck
  /** By what became of them. */
  readonly counts = new Map<string, number>()
  /** BOUND: who sends stops at the first. */
  readonly faults: string[] = []
  #judged = 0

  /** @param name of the one who sends, with its seed: how to see a fault again. */
  constructor(name: string, check: ResultCheck) {
    this.#name = name
    this.#check = check
  }

  get judged(): number {
    return this.#judged
  }

  /** @param answer null when there was none. */
  answer(way: string, body: Buffer, answer: string | null): void {
    const fault = faultOf(dueFor(body), answer, this.#check)
    if (fault !== undefined) this.blame(way, fault, body, answer)
    this.#count(answer === null ? 'silence where none was asked' : `answers, ${way}`)
  }

  /** Refused before anybody looked for JSON-RPC: by an HTTP status, or a code that closes a WebSocket. */
  refusal(what: string, sent: Buffer, due: readonly number[], given: number | string): void {
    if (!due.includes(Number(given))) this.blame(what, `${given}, not ${due.join(' or ')}`, sent, null)
    this.#count('refusals')
  }

  blame(way: string, fault: string, sent: Buffer, answer: string | null): void {
    const number = this.#judged
    this.faults.push(
      `${this.#name}, request ${number}, ${way}: ${fault}\n  sent ${shown(sent.toString('latin1'))}\n  answered ${shown(answer ?? '')}`,
    )
  }

  #count(kind: string): void {
    this.#judged += 1
    this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1)
  }
}

function shown(text: string): string {
  const quoted = JSON.stringify(text)
  return quoted.length <= SHOWN_MAX ? quoted : `${quoted.slice(0, SHOWN_MAX)}… (${text.length} bytes)`
}
