/** Whether the checkers can fail: plants each bug in turn and runs seeds until one is found. */
import { type PlantedBug, plantBug } from '../base/planted-bug.ts'
import type { FaultKind } from './scenario.ts'
import type { RunResult } from './world.ts'

/** What brings a bug to light, for those that random faults and lies would take long to meet. */
export const BAITS: Partial<
  Record<PlantedBug, { readonly strategy?: string; readonly faults?: readonly FaultKind[] }>
> = {
  'certificate-signatures-unchecked': { strategy: 'lie-high' },
  'tc-signatures-unchecked': { strategy: 'forge-tc' },
  'tc-lock-unchecked': { strategy: 'forge-tc' },
  'vote-signatures-unchecked': { strategy: 'forge-votes' },
  'own-block-taken-for-proof': { faults: ['crash', 'crashAll'] },
  'one-signing-slot': { faults: ['crash', 'crashAll'] },
  'lock-forgotten': { faults: ['crashAll'] },
  'pending-blocks-forgotten': { faults: ['crashAll'] },
}

export interface Catch {
  readonly bug: PlantedBug
  /** Null when no run found it. */
  readonly seed: number | null
  /** The invariant that gave it away. */
  readonly invariant: string | null
}

export function catchBug(bug: PlantedBug, seeds: Iterable<number>, run: (seed: number) => RunResult): Catch {
  plantBug(bug)
  try {
    for (const seed of seeds) {
      const { failure } = run(seed)
      if (failure !== null) return { bug, seed, invariant: failure.invariant }
    }
    return { bug, seed: null, invariant: null }
  } finally {
    plantBug(null)
  }
}
