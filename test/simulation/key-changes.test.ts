// Validators change their keys while everything else goes wrong as well (docs/consensus.md, "The end of an epoch").
import { describe, expect, it } from 'vitest'
import type { Checker } from '../../src/simulation/checker.ts'
import type { Move } from '../../src/simulation/clients/operators.ts'
import { decodeGovernanceCall } from '../../src/simulation/governance-calls.ts'
import { FAULT_KINDS, type Fault, type Scenario, scenarioOf } from '../../src/simulation/scenario.ts'
import { Simulator } from '../../src/simulation/simulate.ts'
import { STRATEGIES } from '../../src/simulation/strategies/all.ts'
import type { Strategy } from '../../src/simulation/strategy.ts'
import type { Address } from '../../src/types/ids.ts'
import { BRISK } from './seeds.ts'

const TIMEOUT_MS = 300_000
const ROTATING = 1
const THIEF = 0

/** Honest but for one thing: a rotation that it sees in its pool it calls for itself, and does not carry the other's. */
const thief: Strategy = (_, node) => ({
  rewrite(to, message) {
    const { replica } = node
    for (const { hash, data, sender } of replica?.pool.all() ?? []) {
      if (decodeGovernanceCall(data)?.kind !== 'rotateKey' || sender === replica?.speaker) continue
      replica?.pool.discard(hash)
      replica?.call(data, () => undefined)
    }
    return [{ to, message }]
  },
})

const simulator = new Simulator(new Map([...STRATEGIES, ['thief', thief]]))

/** Which keys of one validator sign, in which epochs. */
class Keys implements Checker {
  readonly signed = new Map<Address, Set<number>>()

  /** In which places of the set it is, as it enters epochs. */
  readonly seats = new Set<number | undefined>()

  onEpoch: NonNullable<Checker['onEpoch']> = ({ validator }, { self }) => {
    if (validator === ROTATING) this.seats.add(self?.index)
  }

  onSign: NonNullable<Checker['onSign']> = ({ validator }, { epoch }, _, { address }) => {
    if (validator === ROTATING) this.signed.set(address, (this.signed.get(address) ?? new Set()).add(epoch))
  }

  /** In the order in which they signed first: first and last epoch. */
  get course(): readonly (readonly [number, number])[] {
    return [...this.signed.values()].map((epochs) => [Math.min(...epochs), Math.max(...epochs)] as const)
  }
}

function tell(scenario: Scenario): Keys & { readonly heights: readonly number[] } {
  const keys = new Keys()
  const { failure, heights } = simulator.run(scenario, null, [keys])
  expect(failure?.message, `seed ${scenario.seed}`).toBeUndefined()
  return Object.assign(keys, { heights })
}

function rotating(seed: number, faults: readonly Fault[], moves: readonly Move[]): Scenario {
  return { ...scenarioOf(seed, { nodes: 4, faults: [], strategies: [] }), ...BRISK, faults, moves }
}

const rotations = (...times: readonly number[]): readonly Move[] =>
  times.map((atMs) => ({ kind: 'rotate', atMs, node: ROTATING }) as const)

function expectOneAfterAnother(course: readonly (readonly [number, number])[]): void {
  for (const [index, [first]] of course.entries()) expect(first).toBeGreaterThan(course[index - 1]?.[1] ?? 0)
}

describe('a validator that changes its key', () => {
  it('signs with each in its epochs, and with no other', { timeout: TIMEOUT_MS }, () => {
    const { course } = tell(rotating(1, [], rotations(500, 3_000)))
    expect(course).toHaveLength(3)
    expectOneAfterAnother(course)
  })

  it('does so whenever it goes down, alone or with all', { timeout: TIMEOUT_MS }, () => {
    for (let boundary = 0; boundary < 40; boundary += 8) {
      const crash = { atMs: 505, boundary, downMs: 300 }
      for (const fault of [
        { kind: 'crash', node: ROTATING, ...crash } as const,
        { kind: 'crashAll', ...crash } as const,
      ]) {
        const { course } = tell({ ...rotating(boundary + 1, [fault], rotations(500)), faultyMs: 4_000 })
        expect(course, `${fault.kind} at boundary ${boundary}`).toHaveLength(2)
        expectOneAfterAnother(course)
      }
    }
  })

  it('does so where its chain is put back to before the change', { timeout: TIMEOUT_MS }, () => {
    const restore: Fault = { kind: 'restore', atMs: 3_000, node: ROTATING, agoMs: 2_800, downMs: 200 }
    const { course, heights } = tell(rotating(1, [restore], rotations(500)))
    expectOneAfterAnother(course)
    expect(course).toHaveLength(2)
    expect(new Set(heights).size).toBe(1)
  })

  it('does so where it is cut off while its key changes', { timeout: TIMEOUT_MS }, () => {
    const away: Fault = { kind: 'partition', atMs: 560, forMs: 4_000, groups: [0, 1, 0, 0], oneWay: false }
    for (const seed of [1, 2, 3]) {
      const { course } = tell(rotating(seed, [away], rotations(500)))
      expect(course).toHaveLength(2)
      expectOneAfterAnother(course)
    }
  })

  it('has its key to itself where another calls for it first', { timeout: TIMEOUT_MS }, () => {
    const byzantine = [{ node: THIEF, strategy: 'thief' }]
    // Whose call comes first is who leads at the time, and who hears of it before it is in a block.
    const link = { ...BRISK.link, delayMsMean: 2 }
    const times = Array.from({ length: 40 }, (_, n) => 300 + 37 * n)
    const { course, seats } = tell({
      ...rotating(1, [], rotations(...times)),
      byzantine,
      link,
      syncMsMean: 1,
      faultyMs: 4_000,
    })
    expect(course.length).toBeGreaterThan(5)
    expectOneAfterAnother(course)
    expect([...seats]).toEqual([ROTATING])
  })

  it('comes back with its last key when it was removed', { timeout: TIMEOUT_MS }, () => {
    const moves: readonly Move[] = [
      ...rotations(400),
      { kind: 'remove', atMs: 1_500, node: ROTATING },
      { kind: 'add', atMs: 2_500, node: ROTATING },
      { kind: 'resize', atMs: 4_000, validators: 5 },
    ]
    const { course, signed } = tell({ ...rotating(1, [], moves), candidates: 1 })
    expect(course).toHaveLength(2)
    const epochs = [...signed.values()].flatMap((each) => [...each])
    expect(new Set(epochs).size, 'it is away for an epoch').toBeLessThan(Math.max(...epochs))
  })
})

it('validators that change their keys keep every invariant under every fault', { timeout: TIMEOUT_MS }, () => {
  let keys = 0
  for (let seed = 1; seed <= 10; seed++) {
    const drawn = scenarioOf(seed, { nodes: 4, faults: FAULT_KINDS, strategies: [] })
    const others: readonly Move[] = [0, 2, 3].map((node) => ({ kind: 'rotate', atMs: 1_000 * node, node }) as const)
    keys += tell({ ...drawn, epochBlocks: 6, moves: [...rotations(500, 2_000, 4_000), ...others] }).signed.size
  }
  expect(keys).toBeGreaterThan(20)
})
