/** Whether the checkers can fail: plants each bug in turn and runs seeds until one is found. */
import { type PlantedBug, plantBug } from '../base/planted-bug.ts'
import { FAULT_KINDS, type Fault, type FaultKind, type Scenario, scenarioOf } from './scenario.ts'
import type { RunResult } from './world.ts'

interface Bait {
  readonly strategy?: string
  readonly faults?: readonly FaultKind[]
  readonly scenario?: Partial<Scenario>
}

/** Certificates come together late, if at all. */
const LOSSY: Scenario['link'] = {
  delayMsMin: 1,
  delayMsMean: 50,
  slowShare: 0.01,
  lossShare: 0.4,
  duplicateShare: 0,
  ordered: false,
}

/** Many views in a row fail, and what is slow belongs to another view when it comes. */
const STRAGGLING: Scenario['link'] = { ...LOSSY, slowShare: 0.2, lossShare: 0.5 }

const FLIPPED_BIT = { kind: 'bitFlip', atMs: 4_000, node: 0, lasts: true, boundary: 0, downMs: 300 } as const
const FLIPPED_IN_JOURNAL: Fault = { ...FLIPPED_BIT, of: 'journal' }
const FLIPPED_IN_RECORD: Fault = { ...FLIPPED_BIT, of: 'first copy' }

const ROTATION = { kind: 'rotate', atMs: 500, node: 1 } as const

/** What brings a bug to light, for those that random faults and lies would take long to meet. */
const BAITS: Partial<Record<PlantedBug, Bait>> = {
  'certificate-signatures-unchecked': { strategy: 'lie-high' },
  'tc-signatures-unchecked': { strategy: 'forge-tc' },
  'tc-lock-unchecked': { strategy: 'forge-tc', faults: [], scenario: { link: STRAGGLING } },
  'vote-signatures-unchecked': { strategy: 'forge-votes' },
  'own-block-taken-for-proof': { faults: ['crash', 'crashAll'] },
  'one-signing-copy': { scenario: { faults: [FLIPPED_IN_RECORD] } },
  'signing-copies-together': { faults: ['crash', 'crashAll'] },
  'signing-checksum-unchecked': { scenario: { faults: [FLIPPED_IN_RECORD] } },
  'lock-forgotten': { faults: ['crashAll'] },
  'pending-blocks-forgotten': { faults: ['crashAll'] },
  'vote-twice': { strategy: 'equivocate' },
  'parent-unchecked': { strategy: 'stale-parent' },
  'lock-of-tc-ignored': { strategy: 'stale-justify' },
  'justify-gap-accepted': { strategy: 'stale-justify' },
  'justify-digest-unchecked': { strategy: 'narrow-justify' },
  'leader-unchecked': { strategy: 'usurp' },
  'future-time-accepted': { strategy: 'future-time' },
  'vote-window-open': { strategy: 'future-votes' },
  'commit-certificate-unchecked': { strategy: 'forge-commit' },
  'tc-quorum-unchecked': { strategy: 'lone-tc' },
  'tc-signer-repeated': { strategy: 'lone-tc' },
  'tc-entry-view-unchecked': { strategy: 'late-entry', faults: [], scenario: { link: STRAGGLING } },
  'timeout-qc-unchecked': { strategy: 'split-timeout', faults: [], scenario: { link: STRAGGLING } },
  'attached-vote-unchecked': { strategy: 'bad-attachment' },
  'commit-vote-signatures-unchecked': { strategy: 'forge-votes' },
  'vote-taken-for-commit': { strategy: 'other-domain' },
  'nonce-unchecked': { strategy: 'invalid-transactions' },
  'balance-unchecked': { strategy: 'invalid-transactions' },
  'empty-transaction-read': { strategy: 'invalid-transactions' },
  // No view succeeds until the timeouts have grown beyond their bound.
  'backoff-uncapped': {
    faults: [],
    scenario: {
      faultyMs: 40_000,
      link: {
        delayMsMin: 1_500,
        delayMsMean: 300,
        slowShare: 0,
        lossShare: 0,
        duplicateShare: 0,
        ordered: true,
      },
    },
  },
  'write-failure-ignored': {
    scenario: {
      faults: [
        { kind: 'diskFull', atMs: 1_000, node: 0, forMs: 2_000, downMs: 300 },
        { kind: 'crash', atMs: 4_000, node: 0, boundary: 0, downMs: 300 },
      ],
    },
  },
  'damage-cut': { scenario: { faults: [FLIPPED_IN_JOURNAL] } },
  'relied-on-cut': {
    scenario: {
      faults: [0, 1, 2, 3].map((node) => ({ ...FLIPPED_IN_JOURNAL, node, atMs: 500 + 2_000 * node })),
      clients: 1,
    },
  },
  'record-checksum-unchecked': { scenario: { faults: [FLIPPED_IN_JOURNAL] } },
  'fetched-block-unchecked': { strategy: 'lying-server', faults: ['partition', 'pause'] },
  'block-not-stored': { faults: ['crash', 'crashAll'] },
  'flush-forgotten': { faults: [], scenario: { link: LOSSY } },
  'work-without-end': { faults: [], scenario: { faultyMs: 1_000, clients: 1 } },
  'evidence-of-any-chain': { strategy: 'frame' },
  'evidence-signatures-unchecked': { strategy: 'frame' },
  'evidence-of-two-views': { strategy: 'frame' },
  'evidence-order-unchecked': { strategy: 'frame' },
  'evidence-held-twice': { strategy: 'double-vote' },
  'detector-forgets': { strategy: 'double-vote', faults: [] },
  'end-ignored': { faults: [], scenario: { epochBlocks: 3, link: LOSSY } },
  'signs-after-the-end': { scenario: { epochBlocks: 3 } },
  'record-of-old-epoch-kept': { scenario: { epochBlocks: 3 } },
  'evidence-not-submitted': { strategy: 'equivocate', scenario: { candidates: 1 } },
  'proven-not-voted-on': { strategy: 'equivocate', scenario: { candidates: 1 } },
  'evidence-punished-twice': {
    scenario: {
      nodes: 7,
      candidates: 1,
      byzantine: [
        { node: 0, strategy: 'equivocate' },
        { node: 1, strategy: 'abuse-governance' },
      ],
    },
  },
  'removal-quorum-low': { strategy: 'equivocate', scenario: { candidates: 1 } },
  'vote-counted-again': { strategy: 'abuse-governance', scenario: { candidates: 1 } },
  // A candidate that waits and lies.
  'ready-root-unchecked': { scenario: { candidates: 1, byzantine: [{ node: 4, strategy: 'abuse-governance' }] } },
  'free-calls-unlimited': { strategy: 'abuse-governance', scenario: { candidates: 1 } },
  'unexecuted-block-voted': { strategy: 'wrong-root' },
  'state-root-unchecked': { strategy: 'wrong-root' },
  'proposal-after-timeout': { faults: [], scenario: { link: LOSSY } },
  'timeout-signed-anew': { strategy: 'selective-send', faults: [], scenario: { link: STRAGGLING } },
  'later-record-ignored': { faults: ['restore'], scenario: { epochBlocks: 3 } },
  'certificate-quorum-unchecked': { strategy: 'lone-qc' },
  'certificate-epoch-unchecked': { strategy: 'replay-epochs', scenario: { epochBlocks: 3 } },
  'root-unchecked': { strategy: 'forge-justification' },
  'tc-qc-unchecked': { strategy: 'forge-tc', faults: [], scenario: { link: STRAGGLING } },
  'embedded-qc-unchecked': { strategy: 'forge-justification' },
  'embedded-tc-unchecked': { strategy: 'forge-justification' },
  'tc-digest-unchecked': { strategy: 'other-tc', scenario: { link: STRAGGLING } },
  'tc-view-unchecked': { strategy: 'stale-tc' },
  'needless-tc-accepted': { strategy: 'stale-tc' },
  'suffix-link-unchecked': { strategy: 'cut-suffix', faults: [], scenario: { epochBlocks: 3, link: LOSSY } },
  'old-epoch-unanswered': { scenario: { epochBlocks: 3 } },
  'old-key-signs-on': { scenario: { moves: [ROTATION] } },
  'record-of-other-key': { scenario: { moves: [ROTATION] } },
  // Its votes are missing where somebody else is to be removed.
  'old-key-speaks-on': { strategy: 'equivocate', scenario: { candidates: 1, moves: [ROTATION] } },
  'rotations-unlimited': { scenario: { moves: [ROTATION, { ...ROTATION, node: 2 }, { ...ROTATION, node: 3 }] } },
  'shrinks-below-minimum': { strategy: 'equivocate', scenario: { candidates: 0 } },
  'ready-said-once': { scenario: { candidates: 1, governance: { readyBlocksMax: 8 }, thinkMs: 20 } },
}

/** What is run to find the bug with this seed. */
export function baitedScenario(bug: PlantedBug, seed: number, nodes: number): Scenario {
  const { strategy, faults = FAULT_KINDS, scenario } = BAITS[bug] ?? {}
  const strategies = strategy === undefined ? [] : [strategy]
  return { ...scenarioOf(seed, { nodes, faults, strategies }), ...scenario }
}

export interface Catch {
  readonly bug: PlantedBug
  /** Null when no run found it. */
  readonly seed: number | null
  readonly runs: number
  /** The invariant that gave it away. */
  readonly invariant: string | null
}

export function catchBug(bug: PlantedBug, seeds: Iterable<number>, run: (seed: number) => RunResult): Catch {
  plantBug(bug)
  let runs = 0
  try {
    for (const seed of seeds) {
      runs += 1
      const { failure } = run(seed)
      if (failure !== null) return { bug, seed, runs, invariant: failure.invariant }
    }
    return { bug, seed: null, runs, invariant: null }
  } finally {
    plantBug(null)
  }
}
