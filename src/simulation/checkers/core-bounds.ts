/**
 * INVARIANTS of an honest core, looked at whenever it enters a view: it repeats after a restart what it said last, the view is the one after the
 * highest certificate, no collection outgrows its bound, and no timer waits beyond the longest timeout.
 */
import type { Effect } from '../../consensus/effects.ts'
import type { Checker } from '../checker.ts'
import type { EpochBook } from '../epoch-book.ts'
import type { SimulatedNode } from '../host/simulated-node.ts'
import type { SimulatedGenesis } from '../simulated-genesis.ts'
import { SimulationFailure } from '../simulation-failure.ts'

/** Entries that a core may hold in all, for each validator: what all bounds below come to, and some. */
const ENTRIES_PER_VALIDATOR = 160

export function coreBoundsChecker(genesis: SimulatedGenesis, epochs: EpochBook): Checker {
  return {
    onStep(node, event, effects) {
      if (node.isByzantine) return
      if (event.kind === 'start') requireRepetition(node, effects)
      if (!effects.some(isOfInterest)) return
      requireView(node)
      if (node.replica !== null) requireBounds(node, epochs.validatorsOf(node.replica.epoch.validators.epoch).n)
      const { viewTimeoutMsMax } = genesis.genesis.consensus
      const waited = node.replica?.core.viewTimeoutMs ?? 0
      if (waited > viewTimeoutMsMax)
        throw new SimulationFailure(
          'timer',
          `node ${node.index} waits ${waited} ms in a view, at most ${viewTimeoutMsMax}`,
        )
    },
  }
}

/** What was signed last may never have left: without it a quorum may be short for ever. */
function requireRepetition(node: SimulatedNode, effects: readonly Effect[]): void {
  const core = node.replica?.core
  const timeout = core?.record?.lastTimeout ?? null
  // A core whose epoch is over says nothing more.
  if (core === undefined || core.hasEnded || timeout === null || timeout.view < core.view - 1) return
  if (!effects.some((effect) => effect.kind === 'sign' && effect.request.kind === 'timeout'))
    throw new SimulationFailure(
      'forgotten statement',
      `node ${node.index} does not repeat its timeout of ${timeout.view}`,
    )
}

function isOfInterest(effect: Effect): boolean {
  return effect.kind === 'viewEntered' || effect.kind === 'viewTimedOut'
}

function requireView(node: SimulatedNode): void {
  const core = node.replica?.core
  if (core === undefined) return
  const expected = Math.max(core.highQc.view, core.highTc?.view ?? 0) + 1
  if (core.view !== expected)
    throw new SimulationFailure(
      'view',
      `node ${node.index} is in view ${core.view}, its certificates lead to ${expected}`,
    )
}

function requireBounds(node: SimulatedNode, n: number): void {
  /** Views behind and ahead of the current one whose votes are kept, the current one included. */
  const votesMax = 11 * n
  const limits: Readonly<Record<string, number>> = {
    votes: votesMax,
    commitVotes: votesMax,
    timeouts: n,
    blocks: 256,
    proposals: 64,
    certified: 64,
    fetching: 64,
  }
  const sumMax = ENTRIES_PER_VALIDATOR * n
  let sum = 0
  for (const [what, held] of Object.entries(node.replica?.core.held ?? {})) {
    sum += held
    if (held > (limits[what] ?? 0))
      throw new SimulationFailure('memory', `node ${node.index} holds ${held} ${what}, at most ${limits[what]}`)
  }
  if (sum > sumMax) throw new SimulationFailure('memory', `node ${node.index} holds ${sum} entries, at most ${sumMax}`)
}
