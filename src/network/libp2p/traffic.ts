/** Counts what one protocol carried. */
import type { ProtocolStats } from '../port.ts'

export class Traffic {
  #bytesIn = 0
  #bytesOut = 0
  #messagesIn = 0
  #messagesOut = 0

  received(bytes: number): void {
    this.#bytesIn += bytes
    this.#messagesIn += 1
  }

  sent(bytes: number): void {
    this.#bytesOut += bytes
    this.#messagesOut += 1
  }

  stats(): ProtocolStats {
    return {
      bytesIn: this.#bytesIn,
      bytesOut: this.#bytesOut,
      messagesIn: this.#messagesIn,
      messagesOut: this.#messagesOut,
    }
  }
}
