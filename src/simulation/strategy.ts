/** How a Byzantine node lies: an honest replica whose outgoing messages are rewritten (design: testing 3.5). */
import type { SimulatedNode } from './simulated-node.ts'
import type { World } from './world.ts'

export interface Outgoing {
  readonly to: number
  readonly message: Uint8Array
}

export interface StrategyActor {
  /** What goes out in the place of this message. */
  rewrite(to: number, message: Uint8Array): readonly Outgoing[]
}

export type Strategy = (world: World, self: SimulatedNode) => StrategyActor
