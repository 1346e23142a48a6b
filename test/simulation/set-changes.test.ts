// The set of validators grows and shrinks while everything else goes wrong as well (docs/consensus.md, "The end of an epoch").
import { describe, expect, it } from 'vitest'
import type { Checker } from '../../src/simulation/checker.ts'
import type { Move } from '../../src/simulation/clients/operators.ts'
import { FAULT_KINDS, type Fault, type FaultKind, type Scenario, scenarioOf } from '../../src/simulation/scenario.ts'
import { Simulator } from '../../src/simulation/simulate.ts'
import { STRATEGIES } from '../../src/simulation/strategies/all.ts'
import { BRISK } from './seeds.ts'

const TIMEOUT_MS = 300_000
const simulator = new Simulator(STRATEGIES)

/** Who agrees in which epoch, and who signed something in it. */
class Sets implements Checker {
  readonly sizes = new Map<number, number>()
  readonly signers = new Map<number, Set<number>>()

  onEpoch: NonNullable<Checker['onEpoch']> = (_, { validators: { epoch, n } }) => {
    this.sizes.set(epoch, n)
  }

  onSign: NonNullable<Checker['onSign']> = ({ validator }, { epoch }) => {
    this.signers.set(epoch, (this.signers.get(epoch) ?? new Set()).add(validator))
  }

  /** Each as long as it stayed. */
  get course(): readonly number[] {
    const sizes = [...this.sizes].toSorted(([a], [b]) => a - b).map(([, n]) => n)
    return sizes.filter((n, index) => n !== sizes[index - 1])
  }

  get lastSigners(): ReadonlySet<number> | undefined {
    return this.signers.get(Math.max(...this.signers.keys()))
  }
}

function tell(scenario: Scenario): Sets & { readonly heights: readonly number[] } {
  const sets = new Sets()
  const { failure, heights } = simulator.run(scenario, null, [sets])
  expect(failure?.message, `seed ${scenario.seed}`).toBeUndefined()
  return Object.assign(sets, { heights })
}

function growing(seed: number, faults: readonly FaultKind[]): Scenario {
  const leavers = [seed % 7, (seed + 2) % 7, (seed + 4) % 7]
  const moves: readonly Move[] = [
    { kind: 'resize', atMs: 300, validators: 7 },
    { kind: 'resize', atMs: 3_500, validators: 4 },
    ...leavers.map((node, index) => ({ kind: 'remove', atMs: 4_000 + 1_000 * index, node }) as const),
  ]
  return { ...scenarioOf(seed, { nodes: 7, faults, strategies: [] }), nodes: 4, candidates: 3, moves }
}

describe('a network of 4 that grows to 7 and shrinks to 4 again', () => {
  it('passes through every size', { timeout: TIMEOUT_MS }, () => {
    expect(tell({ ...growing(1, []), ...BRISK }).course).toEqual([5, 6, 7, 6, 5, 4])
  })

  it('keeps every invariant under every fault', { timeout: TIMEOUT_MS }, () => {
    // Who has lost its key for good can get neither ready nor be waited for.
    const faults = FAULT_KINDS.filter((kind) => kind !== 'wipe')
    let changes = 0
    for (let seed = 1; seed <= 12; seed++) changes += tell(growing(seed, faults)).course.length
    expect(changes).toBeGreaterThan(12 * 3)
  })
})

describe('a set of', () => {
  it.each([1, 4, 5, 7, 10, 15])(
    '%i validators takes one more in, and lets one go',
    { timeout: TIMEOUT_MS },
    (nodes) => {
      const moves: readonly Move[] = [
        { kind: 'resize', atMs: 300, validators: nodes + 1 },
        { kind: 'resize', atMs: 3_000, validators: nodes },
        { kind: 'leave', atMs: 4_000, node: 0 },
      ]
      const quiet = scenarioOf(nodes, { nodes, faults: [], strategies: [] })
      const story = tell({ ...quiet, candidates: 1, moves })
      expect(story.course).toEqual([nodes + 1, nodes])
      expect(story.lastSigners?.has(nodes), 'the newcomer signs').toBe(true)
      expect(story.lastSigners?.has(0), 'who left signs').toBe(false)
    },
  )
})

describe('a validator that was away while it was removed, and for epochs after that', () => {
  it('is told by whomever it asks, follows set by set, and signs nothing more', { timeout: TIMEOUT_MS }, () => {
    for (const seed of [1, 2, 3]) {
      const away: Fault = { kind: 'partition', atMs: 900, forMs: 7_000, groups: [0, 0, 0, 1, 0, 0, 0], oneWay: false }
      const moves: readonly Move[] = [
        { kind: 'resize', atMs: 200, validators: 6 },
        { kind: 'remove', atMs: 1_500, node: 3 },
        { kind: 'remove', atMs: 4_000, node: 1 },
      ]
      const quiet = scenarioOf(seed, { nodes: 7, faults: [], strategies: [] })
      const epochs = { epochBlocks: 6, thinkMs: 50, clients: 4 }
      const { sizes, signers, heights } = tell({ ...quiet, ...epochs, nodes: 4, candidates: 3, faults: [away], moves })
      const missed = [...sizes.keys()].filter((epoch) => signers.get(epoch)?.has(3) !== true)
      expect(missed.length, `epochs of seed ${seed}`).toBeGreaterThanOrEqual(3)
      expect(signers.get(Math.max(...sizes.keys()))?.has(3)).not.toBe(true)
      expect(new Set(heights).size, `heights of seed ${seed}: ${heights.join()}`).toBe(1)
    }
  })
})

describe('a validator that was removed, and is voted in again', () => {
  const comeback = (seed: number, faults: readonly Fault[]): Scenario => {
    const moves: readonly Move[] = [
      { kind: 'remove', atMs: 400, node: 1 },
      // Refused until the removal is final.
      { kind: 'add', atMs: 500, node: 1 },
      { kind: 'resize', atMs: 3_000, validators: 5 },
    ]
    return { ...scenarioOf(seed, { nodes: 4, faults: [], strategies: [] }), ...BRISK, candidates: 1, faults, moves }
  }

  it('waits like any candidate, comes in with its old key, and signs', { timeout: TIMEOUT_MS }, () => {
    const story = tell(comeback(1, []))
    const without = [...story.signers].filter(([, signers]) => !signers.has(1))
    expect(without.length).toBeGreaterThan(0)
    expect(story.course).toEqual([4, 5])
    expect(story.lastSigners?.has(1)).toBe(true)
  })

  it('does so although it goes down as it waits, and again as it comes in', { timeout: TIMEOUT_MS }, () => {
    const faults: readonly Fault[] = [
      { kind: 'crash', atMs: 1_500, node: 1, boundary: 5, downMs: 800 },
      { kind: 'crash', atMs: 3_100, node: 1, boundary: 10, downMs: 1_000 },
    ]
    for (const seed of [1, 2, 3]) expect(tell(comeback(seed, faults)).lastSigners?.has(1), `seed ${seed}`).toBe(true)
  })
})
