/** Makes a failing scenario smaller for as long as it fails in the same way: faults, then moves, then liars, then clients, then time. */
import type { Scenario } from './scenario.ts'

/** Runs that shrinking may take. */
const RUNS_MAX = 60
const FAULTY_MS_MIN = 500

export function shrink(scenario: Scenario, fails: (candidate: Scenario) => boolean): Scenario {
  let smallest = scenario
  let runs = 0
  const attempt = (candidate: Scenario): boolean => {
    if (runs >= RUNS_MAX) return false
    runs += 1
    if (!fails(candidate)) return false
    smallest = candidate
    return true
  }
  for (let index = scenario.faults.length - 1; index >= 0; index--)
    attempt({ ...smallest, faults: smallest.faults.filter((_, position) => position !== index) })
  for (const move of scenario.moves ?? [])
    attempt({ ...smallest, moves: (smallest.moves ?? []).filter((other) => other !== move) })
  for (const liar of scenario.byzantine)
    attempt({ ...smallest, byzantine: smallest.byzantine.filter((other) => other !== liar) })
  for (const quiet of [{ duplicateShare: 0 }, { slowShare: 0 }, { lossShare: 0 }, { ordered: true }])
    attempt({ ...smallest, link: { ...smallest.link, ...quiet } })
  while (smallest.clients > 1 && attempt({ ...smallest, clients: smallest.clients - 1 }));
  while (smallest.faultyMs > FAULTY_MS_MIN && attempt(shortened(smallest)));
  return smallest
}

/** Half of the time for faults, without those that would come when all is to be well. */
function shortened(scenario: Scenario): Scenario {
  const faultyMs = Math.floor(scenario.faultyMs / 2)
  const isInTime = ({ atMs }: { readonly atMs: number }): boolean => atMs < faultyMs
  const { faults, moves } = scenario
  return { ...scenario, faultyMs, faults: faults.filter(isInTime), ...(moves && { moves: moves.filter(isInTime) }) }
}
