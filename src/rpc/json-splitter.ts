/**
 * Cuts a stream of JSON values that follow each other without a mark in between, as the sockets of
 * Ethereum nodes carry them: a request is an object or a batch, which ends with its last bracket.
 */

const QUOTE = 0x22
const BACKSLASH = 0x5c
const OPENING: ReadonlySet<number> = new Set([0x7b, 0x5b])
const CLOSING: ReadonlySet<number> = new Set([0x7d, 0x5d])

export class JsonSplitter {
  readonly #bytesMax: number
  #parts: Uint8Array[] = []
  #length = 0
  #depth = 0
  #inString = false
  #escaped = false

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  /** The texts that end in this chunk; undefined when what has not ended yet is longer than allowed. */
  take(chunk: Uint8Array): readonly Uint8Array[] | undefined {
    const texts: Uint8Array[] = []
    let start = 0
    for (const [index, byte] of chunk.entries()) {
      if (!this.#endsWith(byte)) continue
      this.#keep(chunk.subarray(start, index + 1))
      start = index + 1
      if (this.#length > this.#bytesMax) return undefined
      texts.push(Buffer.concat(this.#parts))
      this.#parts = []
      this.#length = 0
    }
    this.#keep(chunk.subarray(start))
    return this.#length > this.#bytesMax ? undefined : texts
  }

  /** Brackets inside of strings do not count, nor whether one kind closes another: the parser will see. */
  #endsWith(byte: number): boolean {
    if (this.#inString) {
      if (this.#escaped) this.#escaped = false
      else if (byte === BACKSLASH) this.#escaped = true
      else if (byte === QUOTE) this.#inString = false
      return false
    }
    if (byte === QUOTE) this.#inString = true
    else if (OPENING.has(byte)) this.#depth += 1
    else if (CLOSING.has(byte)) {
      this.#depth -= 1
      if (this.#depth > 0) return false
      this.#depth = 0
      return true
    }
    return false
  }

  #keep(bytes: Uint8Array): void {
    if (bytes.length === 0) return
    this.#parts.push(bytes)
    this.#length += bytes.length
  }
}
