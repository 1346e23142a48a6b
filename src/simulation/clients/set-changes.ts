/** Operators who change the set while everything else goes wrong as well: what a campaign adds to some of its scenarios. */
import { faultsTolerated } from '../../types/fault-model.ts'
import { Random } from '../random.ts'
import type { Fault, FaultKind, Scenario } from '../scenario.ts'
import type { Move } from './operators.ts'

const MIN_VALIDATORS_DEFAULT = 4
const CANDIDATES_MAX = 3
/** Later ones find no time to come true before all is well. */
const LAST_MOVE_SHARE = 0.7
const COMEBACK_SHARE = 0.6
const EPOCHS_SHARE = 0.3
const SIZES_MAX = 2
const REMOVALS_MAX = 3

/** The same run with candidates and moves; all else as it was drawn. */
export function withSetChanges(scenario: Scenario, kinds: readonly FaultKind[]): Scenario {
  const random = new Random(scenario.seed, 'set changes')
  const { nodes, faultyMs } = scenario
  const candidates = 1 + random.below(CANDIDATES_MAX)
  // Of the smallest set that may be left, too few to matter must lie.
  const liarsMax = faultsTolerated(Math.min(nodes, MIN_VALIDATORS_DEFAULT), 'byzantine')
  const changed = {
    ...scenario,
    candidates,
    byzantine: scenario.byzantine.slice(0, liarsMax),
    moves: movesOf(random, nodes, candidates, faultyMs * LAST_MOVE_SHARE),
    faults: faultsWith(random, scenario, candidates, kinds),
  }
  return random.chance(EPOCHS_SHARE) ? { ...changed, epochBlocks: 4 + random.below(12) } : changed
}

function movesOf(random: Random, nodes: number, candidates: number, lastMs: number): readonly Move[] {
  const moves: Move[] = []
  const resizes = random.below(SIZES_MAX + 1)
  for (let resize = 0; resize < resizes; resize++)
    moves.push({ kind: 'resize', atMs: random.below(lastMs), validators: nodes + random.below(candidates + 1) })
  const removals = 1 + random.below(REMOVALS_MAX)
  for (let removal = 0; removal < removals; removal++) {
    const atMs = random.below(lastMs)
    const node = random.below(nodes + candidates)
    moves.push({ kind: random.chance(0.3) ? 'leave' : 'remove', atMs, node })
    if (random.chance(COMEBACK_SHARE)) moves.push({ kind: 'add', atMs: atMs + random.below(1_500), node })
  }
  return moves.sort((a, b) => a.atMs - b.atMs)
}

/** Candidates go down, are paused and cut off as validators are. */
function faultsWith(
  random: Random,
  { faults, nodes, faultyMs }: Scenario,
  candidates: number,
  kinds: readonly FaultKind[],
): readonly Fault[] {
  const widened = faults.map((fault): Fault => {
    if (fault.kind !== 'partition') return fault
    const parts = Math.max(...fault.groups) + 1
    return { ...fault, groups: [...fault.groups, ...Array.from({ length: candidates }, () => random.below(parts))] }
  })
  const count = random.below(candidates + 1)
  const own = Array.from({ length: count }, (): Fault => {
    const [atMs, node] = [random.below(faultyMs), nodes + random.below(candidates)]
    if (random.chance(0.5)) return { kind: 'pause', atMs, node, forMs: random.below(4_000) }
    return { kind: 'crash', atMs, node, boundary: random.below(60), downMs: random.below(3_000) }
  })
  return [...widened, ...own.filter(({ kind }) => kinds.includes(kind))].sort((a, b) => a.atMs - b.atMs)
}
