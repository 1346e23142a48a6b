// The scenarios of docs/consensus.md, "Evidence", in whole networks.
import { describe, expect, it } from 'vitest'
import type { Checker } from '../../src/simulation/checker.ts'
import { TokenCrypto } from '../../src/simulation/host/simulated-crypto.ts'
import { FAULT_KINDS, type Scenario, scenarioOf } from '../../src/simulation/scenario.ts'
import { Simulator } from '../../src/simulation/simulate.ts'
import { simulatedGenesis } from '../../src/simulation/simulated-genesis.ts'
import { STRATEGIES } from '../../src/simulation/strategies/all.ts'
import { World } from '../../src/simulation/world.ts'
import type { EvidenceKind } from '../../src/types/evidence.ts'
import { Forensics } from './forensics.ts'
import { PROVABLE_STRATEGIES } from './provable-strategies.ts'

const TIMEOUT_MS = 300_000
const simulator = new Simulator(STRATEGIES)
const CALM_LINK = { delayMsMin: 1, delayMsMean: 5, slowShare: 0, lossShare: 0, duplicateShare: 0, ordered: true }

/** Who holds what kinds of evidence against whom, by node. */
class Findings implements Checker {
  readonly kinds = new Map<number, Set<EvidenceKind>>()

  onEvidence: NonNullable<Checker['onEvidence']> = (node, { kind }) => {
    this.kinds.set(node.index, (this.kinds.get(node.index) ?? new Set()).add(kind))
  }
}

function run(scenario: Scenario): Findings {
  const findings = new Findings()
  const { failure } = simulator.run(scenario, null, [findings])
  expect(failure?.message ?? 'holds', `seed ${scenario.seed}`).toBe('holds')
  return findings
}

const quiet = (seed: number, strategy: string): Scenario => ({
  ...scenarioOf(seed, { nodes: 4, faults: [], strategies: [] }),
  link: CALM_LINK,
  byzantine: [{ node: seed % 4, strategy }],
})
/** Messages get lost, so that views fail and timeouts are signed. */
const restless = (seed: number, strategy: string): Scenario => ({
  ...quiet(seed, strategy),
  link: { ...CALM_LINK, lossShare: 0.2 },
})

function expectAllHonestToHold(scenario: Scenario, kinds: readonly EvidenceKind[]): void {
  const findings = run(scenario)
  const liar = scenario.byzantine[0]?.node
  for (const node of [0, 1, 2, 3])
    if (node !== liar) {
      const held = [...(findings.kinds.get(node) ?? [])]
      expect(
        held.filter((kind) => kinds.includes(kind)),
        `node ${node}, seed ${scenario.seed}`,
      ).not.toEqual([])
    }
}

describe('every honest replica holds proof', { timeout: TIMEOUT_MS }, () => {
  it('scenario 2: of a leader that proposes one block to some and another to the rest', () => {
    for (let seed = 1; seed <= 2; seed++) expectAllHonestToHold(quiet(seed, 'equivocate'), ['doubleProposal'])
  })

  it('scenario 3: of a validator that votes for two blocks in one view', () => {
    for (let seed = 1; seed <= 2; seed++)
      expectAllHonestToHold(quiet(seed, 'double-vote'), ['doubleVote', 'doubleCommitVote'])
  })

  it('scenario 10: of a timeout that hides what its signer has seen', () => {
    for (let seed = 1; seed <= 2; seed++)
      expectAllHonestToHold(restless(seed, 'hide-lock'), ['hiddenLock', 'abandonedCommit'])
  })

  it.each([...PROVABLE_STRATEGIES])('of the strategy %s', (strategy, kinds) => {
    for (const seed of [7, 8]) expectAllHonestToHold(restless(seed, strategy), kinds)
  })
})

describe('nobody honest is ever named', { timeout: TIMEOUT_MS }, () => {
  it('scenario 11: by what is repeated across chains, views and kinds', () => {
    for (const strategy of ['frame', 'other-domain'])
      for (let seed = 1; seed <= 2; seed++) expect(run(restless(seed, strategy)).kinds.size).toBe(0)
  })

  it('through crashes, restores and partitions with nobody lying', () => {
    for (let seed = 1; seed <= 5; seed++)
      expect(run(scenarioOf(seed, { nodes: 4, faults: FAULT_KINDS, strategies: [] })).kinds.size).toBe(0)
  })
})

describe('scenario 25: two liars of four, each of them twice in a network cut in two', { timeout: TIMEOUT_MS }, () => {
  const CUT_VIEWS = 24
  const LIARS = [0, 1]
  const HONEST = [2, 3]

  function fork(seed: number) {
    const crypto = new TokenCrypto()
    const options = { faultModel: 'byzantine', viewTimeoutMs: 600, viewTimeoutMsMax: 3_000 } as const
    const genesis = simulatedGenesis({ validators: 4, ...options }, crypto)
    // Nodes 4 and 5 are the twins of 0 and 1. Either half is a quorum.
    const groups = Array.from({ length: CUT_VIEWS }, () => [1, 1, 1, 2, 2, 2])
    const schedule = [0, 1, 2, 3]
    const scenario = { ...quiet(seed, 'late'), byzantine: [], thinkMs: 20, schedule, twins: { of: LIARS, groups } }
    const forensics = new Forensics(genesis, crypto, schedule)
    const halts: { node: number; atMs: number }[] = []
    const finals: { node: number; height: number; hash: string; atMs: number }[] = []
    const watcher: Checker = {
      onStop: ({ index }, { kind }) => {
        if (kind === 'halt' && HONEST.includes(index)) halts.push({ node: index, atMs: world.scheduler.nowMs })
      },
      onFinal: ({ index }, { block }) => {
        if (!HONEST.includes(index)) return
        finals.push({ node: index, height: block.header.height, hash: block.hash, atMs: world.scheduler.nowMs })
      },
    }
    const world = new World({ scenario, genesis, crypto, checkers: [forensics, watcher], strategies: STRATEGIES })
    world.run()
    return { guilty: [...forensics.guilty].sort((a, b) => a - b), halts, finals }
  }

  it.each([1, 2, 3, 4, 5, 6])(
    'fork it, which stops the honest, and are proven guilty, and they alone (seed %i)',
    (seed) => {
      const { guilty, halts, finals } = fork(seed)
      const [one, other] = HONEST.map((honest) => finals.filter(({ node }) => node === honest))
      expect(
        one?.some(({ height, hash }) => other?.some((rival) => rival.height === height && rival.hash !== hash)),
      ).toBe(true)
      expect(guilty).toEqual(LIARS)
      // Whoever sees the contradiction halts, and tells the other of it: that one halts as well, or is left
      // with a finality that does not fit its own, whose blocks it would need to be sure.
      const [first] = halts
      expect(finals.filter(({ atMs }) => atMs > (first?.atMs ?? 0) + 500)).toEqual([])
    },
  )
})
