// Whoever is proven guilty goes, and a candidate takes its place (docs/consensus.md, "What becomes of it").
import { describe, expect, it } from 'vitest'
import { defined } from '../../src/base/invariant.ts'
import type { Checker } from '../../src/simulation/checker.ts'
import type { Move } from '../../src/simulation/clients/operators.ts'
import {
  decodeGovernanceCall,
  encodeGovernanceCall,
  GOVERNANCE_ADDRESS,
  type GovernanceCall,
  readGovernanceLog,
} from '../../src/simulation/governance-calls.ts'
import { type Fault, type Scenario, scenarioOf } from '../../src/simulation/scenario.ts'
import { Simulator } from '../../src/simulation/simulate.ts'
import { STRATEGIES } from '../../src/simulation/strategies/all.ts'
import type { Epoch, View } from '../../src/types/ids.ts'
import { PROVABLE_STRATEGIES } from './provable-strategies.ts'

const TIMEOUT_MS = 120_000
const VIEWS_MAX = 20
const BLOCKS_ENOUGH = 5
const simulator = new Simulator(STRATEGIES)
/** Half a second for a block to become final: as far apart as continents. */
const FAR_LINK = { delayMsMin: 40, delayMsMean: 10, slowShare: 0, lossShare: 0, duplicateShare: 0, ordered: true }

interface Place {
  readonly epoch: Epoch
  readonly view: View
}

/** What becomes of the validators of one run. */
class Story implements Checker {
  /** Where the first honest node stood when it came to hold proof. */
  proven: Place | null = null
  /** By epoch: the nodes that are its validators. */
  readonly sets = new Map<Epoch, readonly number[]>()
  /** Last view of an epoch. */
  readonly ends = new Map<Epoch, View>()
  /** By epoch: who signed something in it. */
  readonly signers = new Map<Epoch, Set<number>>()

  onEvidence: NonNullable<Checker['onEvidence']> = ({ isByzantine, replica }) => {
    if (isByzantine || replica === null || this.proven !== null) return
    this.proven = { epoch: replica.epoch.validators.epoch, view: replica.core.view }
  }

  onEpoch: NonNullable<Checker['onEpoch']> = (_, { validators, peers }) => {
    this.sets.set(
      validators.epoch,
      peers.map((peer) => Number(peer?.slice('peer-'.length))).sort((a, b) => a - b),
    )
  }

  /** By epoch: how many that some node made final, counted where it came first. */
  readonly blocks = new Map<Epoch, number>()
  #height = 0

  onFinal: NonNullable<Checker['onFinal']> = (_, { block }) => {
    const { epoch, view, end } = block.header.consensus
    if (end) this.ends.set(epoch, view)
    if (block.header.height > this.#height) this.blocks.set(epoch, (this.blocks.get(epoch) ?? 0) + 1)
    this.#height = Math.max(this.#height, block.header.height)
  }

  onSign: NonNullable<Checker['onSign']> = ({ index }, { epoch }) => {
    this.signers.set(epoch, (this.signers.get(epoch) ?? new Set()).add(index))
  }

  /** Up to the beginning of an epoch. */
  viewsBetween({ epoch, view }: Place, end: Epoch): number {
    let views = -view
    for (let between = epoch; between < end; between++) views += defined(this.ends.get(between), 'the end of an epoch')
    return views
  }

  /** The first epoch without this node. */
  epochWithout(node: number): Epoch | undefined {
    return [...this.sets].find(([, set]) => !set.includes(node))?.[0]
  }
}

function tell(scenario: Scenario): Story {
  const story = new Story()
  const { failure } = simulator.run(scenario, null, [story])
  expect(failure?.message ?? 'holds', `seed ${scenario.seed}`).toBe('holds')
  return story
}

function network(seed: number, changes: Partial<Scenario>): Scenario {
  const quiet = scenarioOf(seed, { nodes: 4, faults: [], strategies: [] })
  return { ...quiet, link: FAR_LINK, clients: 4, thinkMs: 200, candidates: 1, ...changes }
}

describe('a liar is out within 20 views of the proof, and its replacement agrees in the next epoch', () => {
  it.each([...PROVABLE_STRATEGIES.keys()])('%s', { timeout: TIMEOUT_MS }, (strategy) => {
    for (const seed of [1, 2]) {
      const liar = seed % 4
      // Timeouts are signed only where views fail.
      const link = strategy === 'hide-lock' ? { ...FAR_LINK, lossShare: 0.2 } : FAR_LINK
      const story = tell(network(seed, { byzantine: [{ node: liar, strategy }], link }))
      const proven = defined(story.proven ?? undefined, `proof of seed ${seed}`)
      const next = defined(story.epochWithout(liar), `the removal of seed ${seed}`)
      // What gets lost is sent again in its own time, whatever views pass meanwhile.
      const viewsMax = link.lossShare > 0 ? 2 * VIEWS_MAX : VIEWS_MAX
      expect(story.viewsBetween(proven, next), `seed ${seed}`).toBeLessThanOrEqual(viewsMax)
      expect(story.sets.get(next)).toEqual([0, 1, 2, 3, 4].filter((node) => node !== liar))
      // Unless the run ends with it.
      const goesOn = (story.blocks.get(next) ?? 0) > BLOCKS_ENOUGH
      if (goesOn) expect(story.signers.get(next)?.has(4), `the candidate of seed ${seed} signs`).toBe(true)
      expect(goesOn || strategy === 'hide-lock', `seed ${seed} goes on`).toBe(true)
    }
  })
})

describe('the set of validators', () => {
  const equivocator = (node: number) => [{ node, strategy: 'equivocate' }]
  const away = (nodes: readonly number[], of: number, atMs: number, forMs: number): Fault => ({
    kind: 'partition',
    atMs,
    forMs,
    groups: Array.from({ length: of }, (_, node) => (nodes.includes(node) ? 1 : 0)),
    oneWay: false,
  })

  it('keeps a liar that nobody can replace: jailed, it leads no more, and counts among the faulty', {
    timeout: TIMEOUT_MS,
  }, () => {
    const { sets, signers } = tell(network(1, { byzantine: equivocator(1), candidates: 0 }))
    expect([...sets.values()]).toEqual([[0, 1, 2, 3]])
    expect(signers.get(2)?.size).toBeGreaterThanOrEqual(3)
  })

  it('shrinks where it may, as nobody is there to come in', { timeout: TIMEOUT_MS }, () => {
    const { sets } = tell(network(1, { nodes: 5, byzantine: equivocator(1), candidates: 0 }))
    expect([...sets.values()]).toEqual([[0, 2, 3, 4]])
  })

  it('passes over a candidate that never gets ready, and takes the next', { timeout: TIMEOUT_MS }, () => {
    const faults = [away([4], 6, 0, 8_000)]
    const { sets } = tell(network(1, { byzantine: equivocator(2), candidates: 2, faults }))
    expect([...sets.values()]).toEqual([[0, 1, 3, 5]])
  })

  it('waits for its only candidate: the removal completes as it gets ready', { timeout: TIMEOUT_MS }, () => {
    const faults = [away([4], 5, 0, 5_000)]
    const { sets } = tell(network(1, { byzantine: equivocator(2), faults }))
    expect([...sets.values()]).toEqual([
      [0, 1, 2, 3],
      [0, 1, 3, 4],
    ])
  })

  it('takes in a validator that a partition separates: it signs as soon as it is back', { timeout: TIMEOUT_MS }, () => {
    const faults = [away([4], 5, 1_500, 5_000)]
    const scenario = network(3, { byzantine: equivocator(0), faults, thinkMs: 1_500 })
    const { sets, signers } = tell(scenario)
    expect([...sets.values()]).toEqual([[1, 2, 3, 4]])
    expect(signers.get(2)?.has(4)).toBe(true)
  })

  it('lets an old validator come back three epochs later: it is led through all of them', {
    timeout: TIMEOUT_MS,
  }, () => {
    const faults = [away([3], 8, 1_000, 6_900)]
    const scenario = network(8, { nodes: 7, byzantine: equivocator(0), faults, epochBlocks: 3, thinkMs: 20 })
    const { sets, signers } = tell(scenario)
    const epochs = [...sets.keys()]
    const missed = epochs.filter((epoch) => signers.get(epoch)?.has(3) !== true)
    expect(missed.length).toBeGreaterThanOrEqual(3)
    expect(sets.get(missed.at(-1) ?? 0)).toEqual([1, 2, 3, 4, 5, 6, 7])
    expect(signers.get(Math.max(...epochs))?.has(3)).toBe(true)
  })
})

describe('what nodes do by themselves', { timeout: TIMEOUT_MS }, () => {
  /** The calls of the module that became final, by sender. */
  class Calls implements Checker {
    readonly made: { readonly sender: string; readonly call: GovernanceCall; readonly status: number }[] = []
    #height = 0

    onFinal: NonNullable<Checker['onFinal']> = (_, { block, transactions, receipts }) => {
      if (block.header.height <= this.#height) return
      this.#height = block.header.height
      for (const [index, { to, sender, data }] of transactions.entries()) {
        const call = to === GOVERNANCE_ADDRESS ? decodeGovernanceCall(data) : undefined
        if (call !== undefined) this.made.push({ sender, call, status: receipts[index]?.status ?? 0 })
      }
    }

    of(kind: GovernanceCall['kind']) {
      return this.made.filter(({ call }) => call.kind === kind)
    }
  }

  function callsIn(scenario: Scenario, others: readonly Checker[] = []): Calls {
    const calls = new Calls()
    const { failure } = simulator.run(scenario, null, [calls, ...others])
    expect(failure?.message ?? 'holds').toBe('holds')
    return calls
  }

  it('proof is brought once where nothing fails, and each votes once', () => {
    const calls = callsIn(network(1, { byzantine: [{ node: 1, strategy: 'equivocate' }] }))
    expect(calls.of('submitEvidence')).toHaveLength(1)
    expect(calls.of('vote').map(({ sender }) => sender)).toHaveLength(3)
    expect(new Set(calls.of('vote').map(({ sender }) => sender)).size).toBe(3)
    expect(calls.made.filter(({ status }) => status === 0)).toEqual([])
  })

  it('votes are left to operators where genesis says so', () => {
    const governance = { autoVote: false }
    const calls = new Calls()
    const scenario = network(1, { byzantine: [{ node: 1, strategy: 'equivocate' }], governance })
    const { failure } = simulator.run(scenario, null, [calls])
    expect(failure?.message).toContain('is jailed, and was not voted out')
    expect([calls.of('submitEvidence').length, calls.of('vote').length]).toEqual([1, 0])
  })

  it('the silent are proposed for removal, by one, and nobody votes by itself', () => {
    const governance = { leaderViewsWindow: 6, missedLeaderViewsMax: 4 }
    const calls = callsIn(network(2, { byzantine: [{ node: 1, strategy: 'silent' }], thinkMs: 20, governance }))
    expect(calls.of('proposeRemove')).toHaveLength(1)
    expect(calls.of('vote')).toEqual([])
  })

  it('an operator whose word is against it is not overruled by its node', () => {
    const scenario = network(1, { byzantine: [{ node: 1, strategy: 'equivocate' }], nodes: 7 })
    const refusal = encodeGovernanceCall({ kind: 'vote', proposal: 1, approve: false })
    const asked = new Set<number>()
    const calls = callsIn(scenario, [
      {
        onFinal: (node, { receipts }) => {
          const opens = receipts.some(({ logs }) => logs.some((log) => readGovernanceLog(log)?.kind === 'proposed'))
          if (!opens || node.index !== 0 || asked.has(0)) return
          asked.add(0)
          node.deliver((replica) => replica.call(refusal, () => undefined))
        },
      },
    ])
    const words = calls.of('vote').flatMap(({ call }) => (call.kind === 'vote' ? [call.approve] : []))
    expect(words.filter((approve) => !approve)).toHaveLength(1)
    expect(words.filter((approve) => approve)).toHaveLength(5)
  })

  it('a candidate says again that it is ready when half of its time is over', () => {
    const calls = callsIn(network(1, { governance: { readyBlocksMax: 10 }, thinkMs: 20 }))
    const heights = calls.of('ready').flatMap(({ call }) => (call.kind === 'ready' ? [call.height] : []))
    expect(heights.length).toBeGreaterThan(3)
    for (const [index, height] of heights.entries())
      if (index > 0) expect(height - (heights[index - 1] ?? 0)).toBeLessThanOrEqual(10)
  })
})

describe('operators', { timeout: TIMEOUT_MS }, () => {
  const sizesOf = ({ sets }: Story): number[] => [...sets.values()].map(({ length }) => length)

  it('let a network grow from four to seven and shrink back, a few changes an epoch', () => {
    const moves: Move[] = [
      { kind: 'resize', atMs: 1_500, validators: 7 },
      { kind: 'resize', atMs: 4_000, validators: 4 },
      ...[0, 4, 5].map((node, index): Move => ({ kind: 'leave', atMs: 4_600 + 400 * index, node })),
    ]
    const sizes = sizesOf(tell(network(1, { candidates: 3, moves })))
    expect(Math.max(...sizes)).toBe(7)
    expect(sizes.at(-1)).toBe(4)
  })

  it('remove a silent validator by hand, and its place is taken', () => {
    const byzantine = [{ node: 2, strategy: 'silent' }]
    const { sets, signers } = tell(network(1, { byzantine, moves: [{ kind: 'remove', atMs: 2_000, node: 2 }] }))
    expect([...sets.values()].at(-1)).toEqual([0, 1, 3, 4])
    expect(signers.get(Math.max(...sets.keys()))?.has(4)).toBe(true)
  })

  it('wait with a removal that would leave too few', () => {
    const { sets } = tell(network(1, { candidates: 0, moves: [{ kind: 'remove', atMs: 1_500, node: 2 }] }))
    expect([...sets.values()].every(({ length }) => length === 4)).toBe(true)
  })
})

describe('scenario 22', { timeout: TIMEOUT_MS }, () => {
  it('a validator that leads is removed by a block of its own, and signs nothing of the next epoch', () => {
    const story = new Story()
    const miners = new Set<string>()
    const watcher: Checker = {
      onFinal: (_, { block }) => {
        if (block.header.consensus.end) miners.add(block.header.miner)
      },
    }
    // It leads every view of its epoch; in the next, whoever has its place does.
    const scenario = network(1, { byzantine: [{ node: 1, strategy: 'double-vote' }], schedule: [1] })
    const { failure } = simulator.run(scenario, null, [story, watcher])
    expect(failure?.message ?? 'holds').toBe('holds')
    expect([...story.sets.values()]).toContainEqual([0, 2, 3, 4])
    expect(miners.size).toBe(1)
    expect(story.signers.get(Math.max(...story.sets.keys()))?.has(1)).toBe(false)
  })

  it('where the commit votes of the last block are lost a suffix carries it, and all begin on the same block', () => {
    let suffixes = 0
    for (let seed = 1; seed <= 8; seed++) {
      const link = { ...FAR_LINK, lossShare: 0.25 }
      const scenario = network(seed, { byzantine: [{ node: seed % 4, strategy: 'equivocate' }], link, epochBlocks: 3 })
      const { failure, coverage } = simulator.run(scenario)
      expect(failure?.message ?? 'holds', `seed ${seed}`).toBe('holds')
      suffixes += coverage.count('epoch ended by a suffix')
    }
    expect(suffixes).toBeGreaterThan(0)
  })
})

describe('scenario 23', { timeout: TIMEOUT_MS }, () => {
  it('who was away for epochs, and whoever waits, follow the chain past a peer that lies about it', () => {
    for (const seed of [1, 2]) {
      const byzantine = [
        { node: 0, strategy: 'equivocate' },
        { node: 1, strategy: 'lying-server' },
      ]
      const faults: Fault[] = [
        { kind: 'partition', atMs: 800, forMs: 6_000, groups: [0, 0, 0, 0, 0, 0, 1, 0, 0], oneWay: false },
      ]
      const { sets, signers } = tell(
        network(seed, { nodes: 7, candidates: 2, byzantine, faults, epochBlocks: 6, thinkMs: 20 }),
      )
      expect(sets.size).toBeGreaterThan(3)
      expect(signers.get(Math.max(...sets.keys()))?.has(6)).toBe(true)
    }
  })
})
