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

export interface WeightLimits<V> {
  readonly entriesMax: number
  /** Of all entries together, in what `weightOf` counts. */
  readonly weightMax: number
  weightOf(value: V): number
}

/** A map that forgets the entries set longest ago when there are too many or they weigh too much, but never the newest. */
export class WeightedMap<K, V> {
  readonly #entries = new Map<K, V>()
  readonly #limits: WeightLimits<V>
  #weight = 0

  constructor(limits: WeightLimits<V>) {
    this.#limits = limits
  }

  get(key: K): V | undefined {
    return this.#entries.get(key)
  }

  /** Makes `key` the newest entry. */
  set(key: K, value: V): void {
    this.delete(key)
    this.#entries.set(key, value)
    this.#weight += this.#limits.weightOf(value)
    const { entriesMax, weightMax } = this.#limits
    for (const oldest of this.#entries.keys()) {
      if ((this.#entries.size <= entriesMax && this.#weight <= weightMax) || oldest === key) return
      this.delete(oldest)
    }
  }

  /** A value must weigh what it did when it was set. */
  delete(key: K): boolean {
    const value = this.#entries.get(key)
    if (value !== undefined) this.#weight -= this.#limits.weightOf(value)
    return this.#entries.delete(key)
  }

  clear(): void {
    this.#entries.clear()
    this.#weight = 0
  }

  /** Oldest first. */
  entries(): MapIterator<[K, V]> {
    return this.#entries.entries()
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
