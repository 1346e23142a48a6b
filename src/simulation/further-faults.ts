/**
 * Faults that a campaign adds to some of its scenarios, each kind from a stream of its own: what else is
 * drawn stays as it was before there was the kind.
 */
import { Random } from './random.ts'
import type { Fault, FaultKind, FlipPlace, Scenario } from './scenario.ts'

export const FURTHER_KINDS = ['diskFull', 'clog', 'disconnect', 'bitFlip'] as const satisfies readonly FaultKind[]

const FULL_DISKS_SHARE = 0.2
const LINK_FAULTS_SHARE = 0.4
const LINK_FAULTS_MAX = 6
/** A direct stream without a sign of life for five seconds is given up (src/network/limits.ts). */
const CLOG_MS_MAX = 5_000
const APART_MS_MAX = 500
const BIT_FLIPS_SHARE = 0.3
/** A clock that is wrong by so much counts against t. */
const STRAY_CLOCK_MS = 5_000

export function withFurtherFaults(scenario: Scenario, kinds: readonly FaultKind[]): Scenario {
  const further = [...fullDisks(scenario), ...linkFaults(scenario), ...bitFlips(scenario)].filter(({ kind }) =>
    kinds.includes(kind),
  )
  return { ...scenario, faults: [...scenario.faults, ...further].sort((a, b) => a.atMs - b.atMs) }
}

function fullDisks({ seed, nodes, faultyMs }: Scenario): readonly Fault[] {
  const random = new Random(seed, 'full disks')
  if (!random.chance(FULL_DISKS_SHARE)) return []
  return Array.from({ length: 1 + random.below(3) }, (): Fault => {
    const [node, atMs] = [random.below(nodes), random.below(faultyMs)]
    return { kind: 'diskFull', atMs, node, forMs: random.below(3_000), downMs: random.below(1_000) }
  })
}

function linkFaults({ seed, nodes, faultyMs }: Scenario): readonly Fault[] {
  const random = new Random(seed, 'link faults')
  if (nodes === 1 || !random.chance(LINK_FAULTS_SHARE)) return []
  return Array.from({ length: 1 + random.below(LINK_FAULTS_MAX) }, (): Fault => {
    const from = random.below(nodes)
    const to = (from + 1 + random.below(nodes - 1)) % nodes
    const kind = random.chance(0.5) ? 'clog' : 'disconnect'
    const forMs = random.below(kind === 'clog' ? CLOG_MS_MAX : APART_MS_MAX)
    return { kind, atMs: random.below(faultyMs - forMs), forMs, from, to }
  })
}

/** Who lies, has lost its disk or a bit of it, or its clock, counts against one number. */
function bitFlips(scenario: Scenario): readonly Fault[] {
  if (scenario.byzantine.length > 0) return []
  const ofJournal = flipsOf(scenario, new Random(scenario.seed, 'bit flips'), ['journal'])
  const others = { ...scenario, faults: [...scenario.faults, ...ofJournal] }
  return [
    ...ofJournal,
    ...flipsOf(others, new Random(scenario.seed, 'bit flips of the key'), ['first copy', 'second copy']),
  ]
}

function flipsOf(
  { nodes, faults, faultyMs }: Scenario,
  random: Random,
  places: readonly [FlipPlace, ...FlipPlace[]],
): readonly Fault[] {
  if (!random.chance(BIT_FLIPS_SHARE)) return []
  const loser = faults.find(isLoss)
  const node = loser !== undefined && 'node' in loser ? loser.node : random.below(nodes)
  return Array.from({ length: 1 + random.below(3) }, (): Fault => {
    const [atMs, boundary, downMs] = [random.below(faultyMs), random.below(60), random.below(1_000)]
    return { kind: 'bitFlip', atMs, node, of: random.pick(places), lasts: random.chance(0.5), boundary, downMs }
  })
}

export function isLoss(fault: Fault): boolean {
  if (fault.kind === 'clock') return Math.abs(fault.offsetMs) > STRAY_CLOCK_MS
  return fault.kind === 'wipe' || fault.kind === 'restore' || fault.kind === 'bitFlip'
}
