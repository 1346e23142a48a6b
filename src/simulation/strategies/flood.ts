/** Says everything many times, and what it said long ago again. */
import type { Strategy } from '../strategy.ts'
import { liarOf } from '../strategy.ts'

const REPEATS = 5
const REMEMBERED = 64

export const flood: Strategy = (world, node) => {
  const { random } = liarOf(world, node)
  const said: Uint8Array[] = []
  return {
    rewrite(to, message) {
      said[random.below(REMEMBERED)] = message
      const stale = random.pick(said) ?? message
      return [...Array.from({ length: REPEATS }, () => ({ to, message })), { to, message: stale }]
    },
  }
}
