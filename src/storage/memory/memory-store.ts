/** A KeyValueStore that forgets at exit. */
import { fromHex, toHex } from '../../base/bytes.ts'
import type { KeyRange, KeyValueOperation, KeyValueStore } from '../key-value-store.ts'

export class MemoryStore implements KeyValueStore {
  readonly pendingBytes = 0
  /** By hexadecimal key: its order is the order of the bytes. */
  readonly #values = new Map<string, Uint8Array>()

  get(key: Uint8Array): Uint8Array | undefined {
    return this.#values.get(toHex(key))
  }

  write(operations: readonly KeyValueOperation[]): void {
    for (const operation of operations) {
      if (operation.type === 'put') this.#values.set(toHex(operation.key), operation.value)
      else this.#values.delete(toHex(operation.key))
    }
  }

  flush(): Promise<void> {
    return Promise.resolve()
  }

  async *entries(range: KeyRange): AsyncIterable<readonly [Uint8Array, Uint8Array]> {
    const [from, to] = [toHex(range.gte), toHex(range.lt)]
    const chosen = await Promise.resolve([...this.#values].filter(([key]) => key >= from && key < to))
    chosen.sort(([a], [b]) => (a < b ? -1 : 1))
    if (range.reverse === true) chosen.reverse()
    for (const [key, value] of chosen.slice(0, range.limit)) yield [fromHex(key), value]
  }

  close(): Promise<void> {
    return Promise.resolve()
  }
}
