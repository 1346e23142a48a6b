/**
 * Who has led lately and who has not, as the final blocks say: what a proposal against the silent is
 * opened by (docs/consensus.md, "What nobody can prove").
 *
 * BOUND: the last `leaderViewsWindow` leader views of each validator of the running epoch.
 */
import type { GovernanceParameters } from '../../types/genesis.ts'
import type { Header } from '../../types/header.ts'
import type { Address, View } from '../../types/ids.ts'

type MissedViewsPolicy = Pick<GovernanceParameters, 'missedLeaderViewsMax' | 'leaderViewsWindow'>

interface Turns {
  /** Oldest first: whether a block of the view became final. */
  readonly led: boolean[]
  missed: number
}

export class MissedViews {
  readonly #policy: MissedViewsPolicy
  readonly #turns = new Map<Address, Turns>()

  constructor(policy: MissedViewsPolicy) {
    this.#policy = policy
  }

  /** In order of height; `leaderOf` is the block's epoch's. */
  onFinal({ consensus }: Header, leaderOf: (view: View) => Address | undefined): void {
    const { view, justifyView } = consensus
    const window = this.#policy.leaderViewsWindow
    if (window === 0) return
    // BOUND: of views that failed in a row, those that can still be in somebody's window.
    const first = Math.max(justifyView + 1, view - window * Math.max(1, this.#turns.size))
    for (let missed = first; missed < view; missed++) this.#count(leaderOf(missed), false)
    this.#count(leaderOf(view), true)
  }

  /** Only who is a validator can be accused. */
  keepOnly(validators: readonly Address[]): void {
    for (const address of this.#turns.keys()) if (!validators.includes(address)) this.#turns.delete(address)
  }

  /** Those that missed more than the policy allows, with how many. */
  get silent(): readonly { readonly validator: Address; readonly missed: number }[] {
    const { leaderViewsWindow, missedLeaderViewsMax } = this.#policy
    return [...this.#turns].flatMap(([validator, { led, missed }]) =>
      led.length === leaderViewsWindow && missed > missedLeaderViewsMax ? [{ validator, missed }] : [],
    )
  }

  #count(leader: Address | undefined, led: boolean): void {
    if (leader === undefined) return
    const turns = this.#turns.get(leader) ?? { led: [], missed: 0 }
    this.#turns.set(leader, turns)
    turns.led.push(led)
    if (!led) turns.missed += 1
    if (turns.led.length > this.#policy.leaderViewsWindow && turns.led.shift() === false) turns.missed -= 1
  }
}
