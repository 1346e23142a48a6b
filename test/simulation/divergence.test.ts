// Scenario 25 of docs/consensus.md: one replica executes otherwise than all others.
import { describe, expect, it } from 'vitest'
import { defined } from '../../src/base/invariant.ts'
import { OWN_WORK } from '../../src/replica/shared-work.ts'
import type { Checker } from '../../src/simulation/checker.ts'
import type { SimulatedNode } from '../../src/simulation/host/simulated-node.ts'
import { scenarioOf } from '../../src/simulation/scenario.ts'
import { Simulator } from '../../src/simulation/simulate.ts'
import { STRATEGIES } from '../../src/simulation/strategies/all.ts'
import type { Strategy } from '../../src/simulation/strategy.ts'
import { type Address, addressFromBytes, type Hash } from '../../src/types/ids.ts'

const TIMEOUT_MS = 120_000
const DIVERGENT = 2
/** Gets a wei that nobody sent, at the third block that it executes. */
const LUCKY: Address = addressFromBytes(new Uint8Array(20).fill(0x77))
const FIRST_WRONG = 3
const CALM_LINK = { delayMsMin: 1, delayMsMean: 5, slowShare: 0, lossShare: 0, duplicateShare: 0, ordered: true }

const computesOtherwise: Strategy = () => {
  let executing: Hash | undefined
  let executed = 0
  return {
    rewrite: (to, message) => [{ to, message }],
    work: {
      ...OWN_WORK,
      executed({ block }) {
        executing = block
        return undefined
      },
      finished({ block }, own) {
        // What it proposes is sealed already.
        if (block !== executing) return own
        executed += 1
        if (executed < FIRST_WRONG) return own
        const account = { ...own.state.account(LUCKY), balance: 1n }
        const state = own.state.with(new Map([[LUCKY, { account, storage: new Map() }]]))
        return { ...own, state, stateRoot: state.root }
      },
    },
  }
}

interface Report {
  readonly divergence: Readonly<Record<'height' | 'certifiedStateRoot' | 'ownStateRoot', unknown>>
}

class Watch implements Checker {
  readonly reports: { readonly node: number; readonly report: Report }[] = []
  signedAfterwards = 0
  readonly heights = new Map<number, number>()
  readonly saidToHaveDiverged = new Set<number>()

  onStop: NonNullable<Checker['onStop']> = ({ index }, reason) => {
    if (reason.kind === 'halt') this.reports.push({ node: index, report: JSON.parse(reason.report) as Report })
  }

  onSign: NonNullable<Checker['onSign']> = ({ index }) => {
    if (this.reports.some(({ node }) => node === index)) this.signedAfterwards += 1
  }

  onEnd: NonNullable<Checker['onEnd']> = (nodes: readonly SimulatedNode[]) => {
    for (const { index, height, replica } of nodes) {
      this.heights.set(index, height)
      const divergence = replica?.links.stateOf(DIVERGENT).divergence
      if (divergence !== undefined && divergence !== null) this.saidToHaveDiverged.add(index)
    }
  }
}

describe('a replica that executes otherwise than a quorum', { timeout: TIMEOUT_MS }, () => {
  it.each([1, 2, 3, 8])(
    'scenario 25: halts and names the first account that differs, the others go on (seed %i)',
    (seed) => {
      const simulator = new Simulator(new Map([...STRATEGIES, ['computes-otherwise', computesOtherwise]]))
      const watch = new Watch()
      const scenario = {
        ...scenarioOf(seed, { nodes: 4, faults: [], strategies: [] }),
        link: CALM_LINK,
        byzantine: [{ node: DIVERGENT, strategy: 'computes-otherwise' }],
      }
      const { failure } = simulator.run(scenario, null, [watch])
      expect(failure?.message ?? 'holds').toBe('holds')
      expect(watch.reports).toMatchObject([
        {
          node: DIVERGENT,
          report: { divergence: { firstDifferingAccount: { own: { balance: '1' }, certified: 'absent' } } },
        },
      ])
      const [first] = watch.reports
      const { height, certifiedStateRoot, ownStateRoot } = defined(first, 'a report').report.divergence
      expect(certifiedStateRoot).not.toBe(ownStateRoot)
      expect(watch.signedAfterwards).toBe(0)
      for (const node of [0, 1, 3]) {
        expect(watch.heights.get(node)).toBeGreaterThan(Number(height))
        expect(watch.saidToHaveDiverged).toContain(node)
      }
    },
  )
})
