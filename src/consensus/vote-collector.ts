/**
 * Counts votes, or commit votes, to a quorum. One per validator and view counts; a second one
 * that says something else never does: that it proves a lie is the evidence detector's business.
 *
 * BOUND: views curView−2 … curView+8, one vote a validator each (docs/consensus.md, "Views and leaders").
 */
import { isPlanted } from '../base/planted-bug.ts'
import type { View } from '../types/ids.ts'

const VIEWS_BEHIND = 2
const VIEWS_AHEAD = 8
/** Of a planted bug: beyond every index. */
const COUNTED_TWICE = 1_000

/** What is voted for, S, and the vote for it, V. */
export class VoteCollector<S extends { readonly view: View }, V extends S & { readonly signer: number }> {
  readonly #views = new Map<View, Map<number, V>>()
  readonly #same: (a: S, b: S) => boolean

  /** `same` compares what was signed, never the signature bytes. */
  constructor(same: (a: S, b: S) => boolean) {
    this.#same = same
  }

  /** False if it contradicts an earlier one of its signer. */
  add(vote: V, currentView: View): boolean {
    if (!isInWindow(vote.view, currentView)) return true
    let votes = this.#views.get(vote.view)
    if (votes === undefined) {
      votes = new Map()
      this.#views.set(vote.view, votes)
    }
    const earlier = votes.get(vote.signer)
    if (__CANARIES__ && isPlanted('duplicate-vote-counted') && earlier !== undefined)
      votes.set(vote.signer + COUNTED_TWICE * votes.size, vote)
    if (earlier !== undefined) return this.#same(earlier, vote)
    votes.set(vote.signer, vote)
    return true
  }

  /** Whether `add` would count it. */
  isNew(vote: V, currentView: View): boolean {
    return isInWindow(vote.view, currentView) && this.#views.get(vote.view)?.has(vote.signer) !== true
  }

  /** Whether exactly this statement of its signer is held already. */
  holds(vote: V | (S & { readonly signer: number })): boolean {
    const held = this.#views.get(vote.view)?.get(vote.signer)
    return held !== undefined && this.#same(held, vote) && !(__CANARIES__ && isPlanted('duplicate-vote-counted'))
  }

  /** All votes for exactly this, ascending by signer. */
  votesFor(statement: S): V[] {
    const votes = [...(this.#views.get(statement.view)?.values() ?? [])]
    return votes.filter((vote) => this.#same(vote, statement)).sort((a, b) => a.signer - b.signer)
  }

  /** Who has voted in this view or a later one, ascending. */
  signersFrom(view: View): number[] {
    const signers = new Set<number>()
    for (const [voted, votes] of this.#views) if (voted >= view) for (const signer of votes.keys()) signers.add(signer)
    return [...signers].sort((a, b) => a - b)
  }

  forgetBelow(currentView: View): void {
    for (const view of this.#views.keys()) if (view < currentView - VIEWS_BEHIND) this.#views.delete(view)
  }

  get size(): number {
    let size = 0
    for (const votes of this.#views.values()) size += votes.size
    return size
  }
}

/** Such a vote is of no use to anybody: neither is it counted nor is it held against its signer. */
export function isFarAhead(view: View, currentView: View): boolean {
  return view > currentView + VIEWS_AHEAD && !(__CANARIES__ && isPlanted('vote-window-open'))
}

function isInWindow(view: View, currentView: View): boolean {
  if (__CANARIES__ && isPlanted('vote-window-open')) return true
  return view >= currentView - VIEWS_BEHIND && !isFarAhead(view, currentView)
}
