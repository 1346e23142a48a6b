/** A result that is JSON already: a long list is written item by item, and measured meanwhile. */
export class JsonText {
  readonly text: string

  constructor(text: string) {
    this.text = text
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

  add(item: unknown): void {
    const text = JSON.stringify(item)
    this.#length += text.length + (this.size === 0 ? 0 : 1)
    this.#items.push(text)
  }

  get text(): string {
    return `[${this.#items.join(',')}]`
  }
}
