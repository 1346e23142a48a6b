/**
 * What is read from a state is read once for each key: a state never changes. It goes with its state.
 * Of use for records that every block asks for several times.
 */
import type { WorldState } from './world-state.ts'

export function oncePerState<K, T>(read: (state: WorldState, key: K) => T): (state: WorldState, key: K) => T {
  // BOUND: as many keys a state as its callers have, a few validators.
  const known = new WeakMap<WorldState, Map<K, T>>()
  return (state, key) => {
    let ofState = known.get(state)
    if (ofState === undefined) {
      ofState = new Map()
      known.set(state, ofState)
    }
    if (ofState.has(key)) return ofState.get(key) as T
    const value = read(state, key)
    ofState.set(key, value)
    return value
  }
}
