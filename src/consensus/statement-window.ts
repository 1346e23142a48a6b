/**
 * The first statement of each validator in each view, for the views around the current one.
 *
 * BOUND: views curView−64 … curView+8, one statement a validator each.
 */
import { isPlanted } from '../base/planted-bug.ts'
import type { View } from '../types/ids.ts'

export const OBSERVED_VIEWS_BEHIND = 64
const VIEWS_AHEAD = 8

export class StatementWindow<T> {
  readonly #views = new Map<View, Map<number, T>>()
  #current: View = 0

  /** Forgets what falls behind. */
  enter(view: View): void {
    this.#current = view
    if (__CANARIES__ && isPlanted('detector-forgets')) this.#views.clear()
    for (const held of this.#views.keys()) if (!this.covers(held)) this.#views.delete(held)
  }

  covers(view: View): boolean {
    return view >= this.#current - OBSERVED_VIEWS_BEHIND && view <= this.#current + VIEWS_AHEAD
  }

  get(view: View, signer: number): T | undefined {
    return this.#views.get(view)?.get(signer)
  }

  /** Ignored outside of the window. */
  set(view: View, signer: number, statement: T): void {
    if (!this.covers(view)) return
    let ofView = this.#views.get(view)
    if (ofView === undefined) {
      ofView = new Map()
      this.#views.set(view, ofView)
    }
    ofView.set(signer, statement)
  }

  /** All of one view. */
  of(view: View): Iterable<T> {
    return this.#views.get(view)?.values() ?? []
  }

  /** All of one validator. */
  *by(signer: number): Generator<T> {
    for (const ofView of this.#views.values()) {
      const statement = ofView.get(signer)
      if (statement !== undefined) yield statement
    }
  }

  get size(): number {
    let size = 0
    for (const ofView of this.#views.values()) size += ofView.size
    return size
  }
}
