/** Lets every message wait for the next few, so that it comes about when others give up. */
import type { Outgoing, Strategy } from '../strategy.ts'

const HELD = 4

export const late: Strategy = (world) => {
  const held: Outgoing[] = []
  return {
    rewrite(to, message) {
      held.push({ to, message })
      return held.length > HELD * world.genesis.validators.n ? held.splice(0, world.genesis.validators.n) : []
    },
  }
}
