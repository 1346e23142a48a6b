/** Counts the gas of one transaction. */
import { invariant } from '../base/invariant.ts'

/** Thrown to leave a module's code; `GasMeter.isExhausted` tells it even when the module caught this. */
class OutOfGas extends Error {
  override readonly name = 'OutOfGas'
}

export class GasMeter {
  readonly #limit: number
  #used = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  /** At most the limit: all of it once exhausted. */
  get used(): number {
    return Math.min(this.#used, this.#limit)
  }

  get isExhausted(): boolean {
    return this.#used > this.#limit
  }

  charge(gas: number): void {
    invariant(gas >= 0, 'gas is not given back')
    this.#used += gas
    if (this.isExhausted) throw new OutOfGas('out of gas')
  }
}
