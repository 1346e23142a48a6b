/**
 * What happens in one run, as data: made from a seed, and made smaller by taking parts away.
 * Everything random that is not here comes from streams of the same seed, one a purpose.
 */

import { faultsTolerated } from '../types/fault-model.ts'
import type { GovernanceParameters } from '../types/genesis.ts'
import { withKeyChanges } from './clients/key-changes.ts'
import type { Move } from './clients/operators.ts'
import { withSetChanges } from './clients/set-changes.ts'
import { FURTHER_KINDS, isLoss, withFurtherFaults } from './further-faults.ts'
import { Random } from './random.ts'

export interface LinkModel {
  readonly delayMsMin: number
  readonly delayMsMean: number
  /** Share of messages that take twenty times as long. */
  readonly slowShare: number
  readonly lossShare: number
  readonly duplicateShare: number
  /** As over TCP; otherwise each message takes its own time. */
  readonly ordered: boolean
}

export type Fault =
  /** Goes down at the given boundary of what it does next: a write, a sync, a signature, a send. */
  | {
      readonly kind: 'crash'
      readonly atMs: number
      readonly node: number
      readonly boundary: number
      readonly downMs: number
    }
  | { readonly kind: 'crashAll'; readonly atMs: number; readonly boundary: number; readonly downMs: number }
  /** Groups by node; messages pass within a group, and from lower to higher groups if `oneWay`. */
  | {
      readonly kind: 'partition'
      readonly atMs: number
      readonly forMs: number
      readonly groups: readonly number[]
      readonly oneWay: boolean
    }
  /** Nothing gets through one way for a while, then all of it at once, as when TCP's window is closed. */
  | {
      readonly kind: 'clog'
      readonly atMs: number
      readonly forMs: number
      readonly from: number
      readonly to: number
    }
  /** A connection breaks, and with it what is under way both ways; the two dial each other again after a while. */
  | {
      readonly kind: 'disconnect'
      readonly atMs: number
      readonly forMs: number
      readonly from: number
      readonly to: number
    }
  | { readonly kind: 'pause'; readonly atMs: number; readonly node: number; readonly forMs: number }
  | {
      readonly kind: 'clock'
      readonly atMs: number
      readonly node: number
      readonly offsetMs: number
      /** Microseconds a second; positive for a clock that goes too fast. */
      readonly driftPpm: number
    }
  /** The disk fails at the next sync; the node stops and is started again. */
  | { readonly kind: 'diskError'; readonly atMs: number; readonly node: number; readonly downMs: number }
  /** Nothing can be written for a while; the node stops, and is started again and again until it can. */
  | {
      readonly kind: 'diskFull'
      readonly atMs: number
      readonly node: number
      readonly forMs: number
      readonly downMs: number
    }
  /** Goes down, and one bit of what it reads there afterwards is wrong: in this reading only, or for good. */
  | {
      readonly kind: 'bitFlip'
      readonly atMs: number
      readonly node: number
      readonly of: FlipPlace
      readonly lasts: boolean
      readonly boundary: number
      readonly downMs: number
    }
  /** Comes back with empty disks, the key's signing record gone: it may only watch from then on. */
  | { readonly kind: 'wipe'; readonly atMs: number; readonly node: number; readonly downMs: number }
  /** Comes back with the chain as it was some time before, as from a backup; the signing record is of no backup. */
  | {
      readonly kind: 'restore'
      readonly atMs: number
      readonly node: number
      readonly agoMs: number
      readonly downMs: number
    }

/** The journal, or one of the two copies of the signing record. */
export type FlipPlace = 'journal' | 'first copy' | 'second copy'

export type FaultKind = Fault['kind']

export interface Scenario {
  readonly seed: number
  readonly nodes: number
  /** Until then anything may fail. */
  readonly faultyMs: number
  /** Then all is well, and everything must come to its end within this time. */
  readonly calmMs: number
  readonly link: LinkModel
  readonly faults: readonly Fault[]
  /** Strategy by node. */
  readonly byzantine: readonly { readonly node: number; readonly strategy: string }[]
  readonly clients: number
  /** Mean pause between the receipts and the next transaction of a client. */
  readonly thinkMs: number
  readonly syncMsMean: number
  /** Nodes that wait to become validators; they come after the others. */
  readonly candidates?: number
  /** What operators do; none: nothing. */
  readonly moves?: readonly Move[]
  /** What genesis says of it, where that is not the default. */
  readonly governance?: Partial<GovernanceParameters>
  /** Blocks of an epoch; none: the first epoch does not end. */
  readonly epochBlocks?: number
  /** Leaders by view, in the place of the network's own schedule. */
  readonly schedule?: readonly number[]
  readonly twins?: Twins
}

/** Second nodes with the keys of others, and who hears whom in each view until the last of these (Twins, OPODIS 2021). */
export interface Twins {
  /** Validators that run twice; the twins come after the other nodes, in this order. */
  readonly of: readonly number[]
  /** For view 1, 2, …: the groups that each node is in, as bits; those that share one hear each other. */
  readonly groups: readonly (readonly number[])[]
}

export interface ScenarioOptions {
  readonly nodes: number
  readonly faults: readonly FaultKind[]
  /** Names to choose from; none for honest runs. */
  readonly strategies: readonly string[]
}

const FIRST_KINDS = [
  'crash',
  'crashAll',
  'partition',
  'pause',
  'clock',
  'diskError',
  'wipe',
  'restore',
] as const satisfies readonly FaultKind[]
type FirstKind = (typeof FIRST_KINDS)[number]
export const FAULT_KINDS: readonly FaultKind[] = [...FIRST_KINDS, ...FURTHER_KINDS]

const EPOCH_BLOCKS_MIN = 3
/** Blocks of so far ahead wait for their time: more than t such clocks among a quorum stop the chain until then. */
const CLOCK_HOUR_MS = 3_600_000
/** A hundred times what a bad quartz does: half a second within a run. */
const DRIFT_PPM_MAX = 20_000
const FAULTY_MS = 8_000
/** (2t + 3) views at the longest timeout: as long as faulty leaders may follow each other, and some. */
const CALM_MS = 15_000

/** What a campaign runs: of every four pairs of its runs, honest and lying, one goes through epochs, and in one the set changes. */
export function campaignScenario(seed: number, options: ScenarioOptions): Scenario {
  const scenario = withFurtherFaults(scenarioOf(seed, options), options.faults)
  return tolerable(withKeyChanges(withEpochs(scenario, options.faults), options.faults))
}

/** Where nobody may lie, nobody may lose a disk, a bit of it or its clock either: they count against the same number. */
function tolerable(scenario: Scenario): Scenario {
  if (faultsTolerated(scenario.nodes, 'byzantine') > 0) return scenario
  return { ...scenario, faults: scenario.faults.filter((fault) => !isLoss(fault)) }
}

function withEpochs(scenario: Scenario, kinds: readonly FaultKind[]): Scenario {
  const { seed } = scenario
  if (seed % 8 < 4) return scenario
  if (seed % 8 < 6) return withSetChanges(scenario, kinds)
  return { ...scenario, epochBlocks: EPOCH_BLOCKS_MIN + (seed % 5) }
}

export function scenarioOf(seed: number, options: ScenarioOptions): Scenario {
  const random = new Random(seed, 'scenario')
  const { nodes } = options
  // Each run leaves some kinds of fault out: what one kind hides, another run shows.
  const kinds = FIRST_KINDS.filter((kind) => options.faults.includes(kind) && random.chance(0.5))
  const byzantine = byzantineOf(random, nodes, options.strategies)
  return {
    seed,
    nodes,
    faultyMs: FAULTY_MS,
    calmMs: CALM_MS,
    link: linkModel(random),
    faults: faultsOf(
      random,
      nodes,
      // Who lies and who has lost its disk count against the same number.
      byzantine.length > 0 ? kinds.filter((kind) => kind !== 'wipe' && kind !== 'restore') : kinds,
      byzantine[0]?.node,
    ),
    byzantine,
    clients: 1 + random.below(6),
    thinkMs: random.pick([20, 200, 1_500]),
    syncMsMean: random.pick([1, 5, 20]),
  }
}

function linkModel(random: Random): LinkModel {
  const bad = random.chance(0.5)
  return {
    delayMsMin: random.pick([0, 1, 5]),
    delayMsMean: random.pick([1, 10, 50]),
    slowShare: random.chance(0.3) ? 0.01 : 0,
    lossShare: bad ? random.pick([0.01, 0.05, 0.2]) : 0,
    duplicateShare: random.chance(0.4) ? random.pick([0.02, 0.3]) : 0,
    ordered: random.chance(0.5),
  }
}

/** `liar`: the one whose clock may be wrong by an hour, if one lies. */
function faultsOf(random: Random, nodes: number, kinds: readonly FirstKind[], liar: number | undefined): Fault[] {
  if (kinds.length === 0) return []
  const count = random.below(8)
  const loser = random.below(nodes)
  const stray = liar ?? loser
  const faults = Array.from({ length: count }, () =>
    faultOf(random, nodes, random.pick(kinds) ?? 'crash', { loser, stray }),
  )
  return faults.sort((a, b) => a.atMs - b.atMs)
}

/** Of a run the one node whose disks may be lost, and the one whose clock may be wrong by more than all can wait for. */
interface Victims {
  readonly loser: number
  readonly stray: number
}

function faultOf(random: Random, nodes: number, kind: FirstKind, { loser, stray }: Victims): Fault {
  const atMs = random.below(FAULTY_MS)
  const node = random.below(nodes)
  const boundary = random.below(60)
  const downMs = random.below(3_000)
  switch (kind) {
    case 'crash':
      return { kind, atMs, node, boundary, downMs }
    case 'crashAll':
      return { kind, atMs, boundary, downMs }
    case 'diskError':
      return { kind, atMs, node, downMs }
    case 'wipe':
      return { kind, atMs, node: loser, downMs }
    case 'restore':
      return { kind, atMs, node: loser, agoMs: random.below(atMs + 1), downMs }
    case 'partition': {
      const groups = Array.from({ length: nodes }, () => random.below(random.pick([2, 2, 3])))
      return { kind, atMs, forMs: random.below(5_000), groups, oneWay: random.chance(0.3) }
    }
    case 'pause':
      return { kind, atMs, node, forMs: random.below(4_000) }
    case 'clock': {
      const share = random.between(-1, 1)
      const offsetMsMax = random.pick([500, 5_000, CLOCK_HOUR_MS])
      const offsetMs = Math.round(share * offsetMsMax)
      const driftPpm = Math.round(random.between(-1, 1) * DRIFT_PPM_MAX)
      return { kind, atMs, node: offsetMsMax === CLOCK_HOUR_MS ? stray : node, offsetMs, driftPpm }
    }
  }
}

function byzantineOf(random: Random, nodes: number, strategies: readonly string[]) {
  if (strategies.length === 0) return []
  const liarsMax = faultsTolerated(nodes, 'byzantine')
  const liars = random.shuffled(Array.from({ length: nodes }, (_, node) => node)).slice(0, liarsMax)
  return liars.map((node) => ({ node, strategy: random.pick(strategies) ?? '' }))
}
