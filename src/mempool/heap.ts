/**
 * A binary heap whose items may leave from anywhere: `moved` tells each item's owner where it stands,
 * so that removal needs no search. The item that `before` puts in front of all others is at the top.
 */
import { invariant } from '../base/invariant.ts'

export class Heap<T> {
  #items: T[] = []
  readonly #before: (a: T, b: T) => boolean
  readonly #moved: (item: T, index: number) => void

  constructor(before: (a: T, b: T) => boolean, moved: (item: T, index: number) => void = () => undefined) {
    this.#before = before
    this.#moved = moved
  }

  get size(): number {
    return this.#items.length
  }

  /** In heap order: the first is the top, the order of the others is loose. */
  get items(): readonly T[] {
    return this.#items
  }

  /** The same order over the same items; their owners are not told of moves in it. */
  copy(): Heap<T> {
    const copy = new Heap(this.#before)
    copy.#items = this.#items.slice()
    return copy
  }

  push(item: T): void {
    this.#items.push(item)
    this.#rise(this.#items.length - 1)
  }

  pop(): T | undefined {
    const top = this.#items[0]
    if (top !== undefined) this.removeAt(0)
    return top
  }

  removeAt(index: number): void {
    const last = this.#items.pop()
    invariant(last !== undefined && index <= this.#items.length, 'a heap removes what it holds')
    if (index === this.#items.length) return
    this.#place(last, index)
    this.#sink(index)
    this.#rise(index)
  }

  #rise(from: number): void {
    const item = this.#items[from] as T
    let index = from
    while (index > 0) {
      const parent = (index - 1) >> 1
      const above = this.#items[parent] as T
      if (!this.#before(item, above)) break
      this.#place(above, index)
      index = parent
    }
    this.#place(item, index)
  }

  #sink(from: number): void {
    const item = this.#items[from] as T
    let index = from
    for (;;) {
      let child = 2 * index + 1
      if (child >= this.#items.length) break
      if (child + 1 < this.#items.length && this.#before(this.#items[child + 1] as T, this.#items[child] as T))
        child += 1
      if (!this.#before(this.#items[child] as T, item)) break
      this.#place(this.#items[child] as T, index)
      index = child
    }
    this.#place(item, index)
  }

  #place(item: T, index: number): void {
    this.#items[index] = item
    this.#moved(item, index)
  }
}
