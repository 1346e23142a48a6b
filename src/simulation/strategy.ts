/**
 * How a Byzantine node lies: it runs an honest replica whose outgoing messages are rewritten, so
 * that attacks stay close to what others take seriously.
 */
import { statementDigest } from '../crypto/digests.ts'
import { type DirectMessage, decodeDirect, encodeDirect } from '../network/messages.ts'
import type { SharedWork } from '../replica/shared-work.ts'
import type { Statement } from '../types/signing-domain.ts'
import type { ValidatorSet } from '../types/validator-set.ts'
import type { SimulatedNode } from './host/simulated-node.ts'
import { Random } from './random.ts'
import type { World } from './world.ts'

export interface Outgoing {
  /** Index of a node. */
  readonly to: number
  readonly message: Uint8Array
}

export interface StrategyActor {
  /** What goes out in the place of this message. */
  rewrite(to: number, message: Uint8Array): readonly Outgoing[]
  /** What is answered to a request in the place of this; undefined refuses it. */
  answer?(answer: Uint8Array): Uint8Array | undefined
  /** How it computes, in the place of the work that it would share with others. */
  readonly work?: SharedWork
}

export type Strategy = (world: World, self: SimulatedNode) => StrategyActor

/** What a strategy has to lie with. */
export interface Liar {
  /** Its place among the validators; where it is none any more, the one that it began with. */
  readonly self: number
  /** Those of the epoch that it is in. */
  readonly validators: ValidatorSet
  readonly random: Random
  readonly world: World
  readonly node: SimulatedNode
  /** With its own key: others' signatures it can only repeat. */
  sign(statement: Statement): Uint8Array
}

/** A strategy that sees messages instead of bytes; whatever it returns goes to the same receiver. */
export function messageStrategy(
  lie: (liar: Liar) => (message: DirectMessage, to: number) => readonly DirectMessage[],
): Strategy {
  return (world, node) => {
    const liar = liarOf(world, node)
    const rewrite = lie(liar)
    return {
      rewrite(to, bytes) {
        const message = decodeDirect(bytes)
        return message.ok ? rewrite(message.value, to).map((lied) => ({ to, message: encodeDirect(lied) })) : []
      },
    }
  }
}

export function liarOf(world: World, node: SimulatedNode): Liar {
  const { genesis } = world
  const signer = genesis.identities[node.validator]?.signer
  return {
    get self() {
      return node.replica?.epoch.self?.index ?? node.validator
    },
    get validators() {
      return node.replica?.epoch.validators ?? genesis.validators
    },
    random: new Random(world.scenario.seed, `strategy of ${node.index}`),
    world,
    node,
    sign: (statement) =>
      signer?.sign(statementDigest(genesis.block.block.hash, statement)).signature ?? new Uint8Array(64),
  }
}
