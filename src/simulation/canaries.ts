/** Whether the checkers can fail: plants each bug in turn and runs seeds until one is found. */
import { type PlantedBug, plantBug } from '../base/planted-bug.ts'
import type { RunResult } from './world.ts'

/** The lie that a bug gives way to, for those that random lies would take long to meet. */
export const LIES: Partial<Record<PlantedBug, string>> = {
  'certificate-signatures-unchecked': 'lie-high',
  'tc-signatures-unchecked': 'forge-tc',
  'tc-lock-unchecked': 'forge-tc',
  'vote-signatures-unchecked': 'forge-votes',
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
