/**
 * Collections that outsiders can grow. Each is made with its limit, and what happens at the
 * limit is decided where it is made, never by running out of memory.
 */
import { invariant } from './invariant.ts'

/** A map of at most `limit` entries that forgets the entry set longest ago. */
export class BoundedMap<K, V> {
  readonly #entries = new Map<K, V>()
  readonly limit: number

  constructor(limit: number) {
    invariant(Number.isSafeInteger(limit) && limit > 0, 'a BoundedMap needs a positive limit')
    this.limit = limit
  }

  get size(): number {
    return this.#entries.size
  }

  get(key: K): V | undefined {
    return this.#entries.get(key)
  }

  has(key: K): boolean {
    return this.#entries.has(key)
  }

  /** Makes `key` the newest entry; the oldest leaves when the limit is passed. */
  set(key: K, value: V): void {
    this.#entries.delete(key)
    this.#entries.set(key, value)
    if (this.#entries.size <= this.limit) return
    const oldest = this.#entries.keys().next()
    if (oldest.done !== true) this.#entries.delete(oldest.value)
  }

  delete(key: K): boolean {
    return this.#entries.delete(key)
  }

  clear(): void {
    this.#entries.clear()
  }

  /** Oldest first. */
  entries(): MapIterator<[K, V]> {
    return this.#entries.entries()
  }

  values(): MapIterator<V> {
    return this.#entries.values()
  }

  keys(): MapIterator<K> {
    return this.#entries.keys()
  }
}

/** First in, first out, at most `limit` items; `push` says whether the item was taken. */
export class BoundedQueue<T> {
  #items: T[] = []
  #head = 0
  readonly limit: number

  constructor(limit: number) {
    invariant(Number.isSafeInteger(limit) && limit > 0, 'a BoundedQueue needs a positive limit')
    this.limit = limit
  }

  get size(): number {
    return this.#items.length - this.#head
  }

  push(item: T): boolean {
    if (this.size >= this.limit) return false
    this.#items.push(item)
    return true
  }

  shift(): T | undefined {
    if (this.size === 0) return undefined
    const item = this.#items[this.#head]
    this.#head += 1
    // Amortised: the consumed prefix is dropped once it is half of the array.
    if (this.#head * 2 >= this.#items.length) {
      this.#items = this.#items.slice(this.#head)
      this.#head = 0
    }
    return item
  }

  clear(): void {
    this.#items = []
    this.#head = 0
  }
}
