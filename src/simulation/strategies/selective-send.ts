/** Sends each message to a part of the others only, at random. */
import type { Strategy } from '../strategy.ts'
import { liarOf } from '../strategy.ts'

export const selectiveSend: Strategy = (world, node) => {
  const { random } = liarOf(world, node)
  return { rewrite: (to, message) => (random.chance(0.5) ? [{ to, message }] : []) }
}
