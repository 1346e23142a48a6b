/**
 * Answers that clients have not read yet. Each answer and each connection has its limit, but many connections
 * could make the server keep many of both: beyond a limit for all together, who leaves most unread is cut off.
 */
import type { Duplex } from 'node:stream'

export class UnreadAnswers {
  readonly #bytesMax: number
  /** BOUND: open connections. */
  readonly #bytesOf = new Map<Duplex, number>()
  #bytes = 0

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  /** Each connection, before anything is sent over it. */
  watch(connection: Duplex): void {
    this.#bytesOf.set(connection, 0)
    connection.once('close', () => this.#forget(connection))
  }

  /** @param bytes of an answer that goes out. */
  sent(connection: Duplex, bytes: number): void {
    this.#add(connection, bytes)
    if (this.#bytes > this.#bytesMax) this.#cutOffLargest()
  }

  /** @param bytes of an answer that the system has taken. */
  read(connection: Duplex, bytes: number): void {
    this.#add(connection, -bytes)
  }

  #add(connection: Duplex, bytes: number): void {
    const own = this.#bytesOf.get(connection)
    if (own === undefined) return
    this.#bytesOf.set(connection, own + bytes)
    this.#bytes += bytes
  }

  #cutOffLargest(): void {
    const [largest] = [...this.#bytesOf].reduce((a, b) => (b[1] > a[1] ? b : a))
    this.#forget(largest)
    largest.destroy()
  }

  #forget(connection: Duplex): void {
    this.#bytes -= this.#bytesOf.get(connection) ?? 0
    this.#bytesOf.delete(connection)
  }
}
