/** Operators who change their validators' keys while everything else goes wrong as well: what a campaign adds to some of its scenarios. */

import { Random } from '../random.ts'
import type { Fault, FaultKind, Scenario } from '../scenario.ts'
import type { Move } from './operators.ts'

const KEY_CHANGES_SHARE = 0.3
const ROTATIONS_MAX = 4
/** Later ones find no time to come true before all is well. */
const LAST_ROTATION_SHARE = 0.8
/** So often the node goes down while its key changes, and comes back behind it or before. */
const CRASH_SHARE = 0.4
const CRASH_WITHIN_MS = 500

/** The same run with rotations; all else as it was drawn. */
export function withKeyChanges(scenario: Scenario, kinds: readonly FaultKind[]): Scenario {
  const { seed, nodes, candidates = 0, faultyMs } = scenario
  const random = new Random(seed, 'key changes')
  if (!random.chance(KEY_CHANGES_SHARE)) return scenario
  const rotations = Array.from({ length: 1 + random.below(ROTATIONS_MAX) }, (): Move => {
    const atMs = random.below(faultyMs * LAST_ROTATION_SHARE)
    return { kind: 'rotate', atMs, node: random.below(nodes + candidates) }
  })
  const crashes = rotations.flatMap(({ atMs, ...move }): Fault[] => {
    if (!('node' in move) || !random.chance(CRASH_SHARE) || !kinds.includes('crash')) return []
    const at = atMs + random.below(CRASH_WITHIN_MS)
    return [{ kind: 'crash', atMs: at, node: move.node, boundary: random.below(60), downMs: random.below(3_000) }]
  })
  return {
    ...scenario,
    moves: [...(scenario.moves ?? []), ...rotations].sort((a, b) => a.atMs - b.atMs),
    faults: [...scenario.faults, ...crashes].sort((a, b) => a.atMs - b.atMs),
  }
}
