/** Sends bytes that are nearly right: a bit flipped, an end cut off, something appended. */
import type { Strategy } from '../strategy.ts'
import { liarOf } from '../strategy.ts'

export const mutate: Strategy = (world, node) => {
  const { random } = liarOf(world, node)
  const spoil = (message: Uint8Array): Uint8Array => {
    const at = random.below(message.length)
    switch (random.below(3)) {
      case 0:
        return message.slice(0, at)
      case 1:
        return Uint8Array.from([...message, random.below(256)])
      default: {
        const copy = message.slice()
        copy[at] = (copy[at] as number) ^ (1 << random.below(8))
        return copy
      }
    }
  }
  return { rewrite: (to, message) => [{ to, message: random.chance(0.5) ? spoil(message) : message }] }
}
