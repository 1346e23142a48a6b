/**
 * Reproducible randomness: xoshiro128** (Blackman and Vigna, 2018), seeded through splitmix32.
 * Each purpose has a stream of its own, so that taking one fault away does not shift the others.
 */
export class Random {
  #a: number
  #b: number
  #c: number
  #d: number

  /** `purpose` tells streams of one seed apart. */
  constructor(seed: number, purpose: string) {
    let state = seed ^ 0x9e37_79b9
    for (let index = 0; index < purpose.length; index++)
      state = Math.imul(state ^ purpose.charCodeAt(index), 0x0100_0193)
    // Seeds beyond 32 bits count in full.
    state ^= Math.imul(Math.floor(seed / 2 ** 32), 0x85eb_ca6b)
    const next = (): number => {
      state = (state + 0x9e37_79b9) | 0
      let mixed = Math.imul(state ^ (state >>> 16), 0x21f0_aaad)
      mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a_2d97)
      return mixed ^ (mixed >>> 15)
    }
    this.#a = next()
    this.#b = next()
    this.#c = next()
    this.#d = next() | 1
  }

  /** 0 to 2^32 − 1. */
  uint32(): number {
    const scrambled = Math.imul(this.#b, 5)
    const result = Math.imul((scrambled << 7) | (scrambled >>> 25), 9)
    const shifted = this.#b << 9
    this.#c ^= this.#a
    this.#d ^= this.#b
    this.#b ^= this.#c
    this.#a ^= this.#d
    this.#c ^= shifted
    this.#d = (this.#d << 11) | (this.#d >>> 21)
    return result >>> 0
  }

  /** At least 0, below 1. */
  fraction(): number {
    return this.uint32() / 2 ** 32
  }

  /** An integer from 0 to `limit` − 1. */
  below(limit: number): number {
    return Math.floor(this.fraction() * limit)
  }

  /** At least `from`, below `to`. */
  between(from: number, to: number): number {
    return from + this.fraction() * (to - from)
  }

  chance(probability: number): boolean {
    return this.fraction() < probability
  }

  exponential(mean: number): number {
    return -mean * logarithm(1 - this.fraction())
  }

  pick<T>(items: readonly [T, ...T[]]): T
  pick<T>(items: readonly T[]): T | undefined
  pick<T>(items: readonly T[]): T | undefined {
    return items[this.below(items.length)]
  }

  shuffled<T>(items: readonly T[]): T[] {
    const order = [...items]
    for (let last = order.length - 1; last > 0; last--) {
      const other = this.below(last + 1)
      const moved = order[last] as T
      order[last] = order[other] as T
      order[other] = moved
    }
    return order
  }
}

/**
 * Natural logarithm of a number above 0 and at most 1, by additions, multiplications and divisions only: those
 * are exact to the bit everywhere, whereas every engine and machine may have a Math.log of its own.
 */
function logarithm(value: number): number {
  let mantissa = value
  let halvings = 0
  for (; mantissa < Math.SQRT1_2; halvings++) mantissa *= 2
  // log m = 2 artanh s; s² is below 0.03, so that twelve terms suffice.
  const s = (mantissa - 1) / (mantissa + 1)
  const square = s * s
  let sum = 0
  for (let odd = 23; odd >= 1; odd -= 2) sum = sum * square + 1 / odd
  return 2 * s * sum - halvings * Math.LN2
}
