/** One who sends what no honest client sends, over HTTP and WebSocket by turns, and has each answer judged. */
import { Random } from '../../../src/simulation/random.ts'
import { Judge } from './judge.ts'
import { sendOverHttp } from './over-http.ts'
import { sendOverWebSocket } from './over-websocket.ts'
import { HostileRequests } from './requests.ts'
import type { Survey } from './survey.ts'

const PER_CONNECTION = 50

export class HostileClient {
  readonly judge: Judge
  readonly #port: number
  readonly #random: Random
  readonly #requests: HostileRequests

  constructor(url: string, seed: number, name: string, { known, check }: Survey) {
    this.#port = Number(new URL(url).port)
    this.#random = new Random(seed, name)
    this.#requests = new HostileRequests(new Random(seed, `${name}, requests`), known)
    this.judge = new Judge(`seed ${seed}, ${name}`, check)
  }

  /** Resolves when so many are judged, or at the first fault. */
  async send(count: number): Promise<void> {
    const { judge } = this
    const until = judge.judged + count
    for (let session = 0; judge.judged < until && judge.faults.length === 0; session++) {
      const send = session % 2 === 0 ? sendOverHttp : sendOverWebSocket
      await send(this.#port, this.#requests, this.#random, judge, PER_CONNECTION)
    }
  }
}
