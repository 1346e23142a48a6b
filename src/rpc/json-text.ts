/** A result that is JSON already: a long list is written item by item, and measured meanwhile. */
export class JsonText {
  readonly text: string
  /** Called when there is no room for it in the answer. */
  readonly onRefused: () => void

  constructor(text: string, onRefused: () => void = () => undefined) {
    this.text = text
    this.onRefused = onRefused
  }
}

export class JsonList {
  readonly #items: string[] = []
  #length = 2

  get size(): number {
    return this.#items.length
  }

  /** Of its text. */
  get length(): number {
    return this.#length
  }

  /** False, and the item is not added, when the text would be longer than `lengthMax`. */
  add(item: unknown, lengthMax = Number.POSITIVE_INFINITY): boolean {
    const text = JSON.stringify(item)
    const length = this.#length + text.length + (this.size === 0 ? 0 : 1)
    if (length > lengthMax) return false
    this.#length = length
    this.#items.push(text)
    return true
  }

  get text(): string {
    return `[${this.#items.join(',')}]`
  }
}
