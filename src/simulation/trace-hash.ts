/**
 * A rolling 64-bit hash of everything that happened, to compare two runs by. Fast rather than
 * strong: nobody chooses its input to collide.
 */
export class TraceHash {
  #high = 0x6a09_e667
  #low = 0xbb67_ae85

  number(value: number): void {
    this.#word(value | 0)
    if (value > 0x7fff_ffff) this.#word(Math.floor(value / 2 ** 32))
  }

  text(value: string): void {
    for (let index = 0; index < value.length; index++) this.#word(value.charCodeAt(index))
  }

  bytes(value: Uint8Array): void {
    this.#word(value.length)
    let index = 0
    for (; index + 4 <= value.length; index += 4)
      this.#word(
        (value[index] as number) |
          ((value[index + 1] as number) << 8) |
          ((value[index + 2] as number) << 16) |
          ((value[index + 3] as number) << 24),
      )
    for (; index < value.length; index++) this.#word(value[index] as number)
  }

  /** 16 hexadecimal digits. */
  get digest(): string {
    return [this.#high, this.#low].map((half) => (half >>> 0).toString(16).padStart(8, '0')).join('')
  }

  #word(word: number): void {
    this.#low = Math.imul(this.#low ^ word, 0x0100_0193)
    this.#high = Math.imul((this.#high ^ this.#low) + ((this.#low >>> 15) | 0), 0x85eb_ca6b)
    this.#low = (this.#low << 13) | (this.#low >>> 19)
  }
}
