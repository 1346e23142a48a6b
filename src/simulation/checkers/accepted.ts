/** INVARIANT: a transaction that a node has accepted from a client stays in its pool until it is final, or its nonce is used. */
import type { Address, Hash } from '../../types/ids.ts'
import type { Checker } from '../checker.ts'
import { SimulationFailure } from '../simulation-failure.ts'

export interface Accepted {
  readonly sender: Address
  readonly nonce: number
  /** Others compete for its nonce or for its sender's coins, so that it may have to leave. */
  readonly isContested: boolean
}

export function acceptedChecker(): Checker {
  const byNode = new Map<number, Map<Hash, Accepted>>()
  return {
    onBoot(node) {
      byNode.delete(node.index)
    },
    onAccepted(node, transaction, accepted) {
      if (node.isByzantine || accepted.isContested) return
      const held = byNode.get(node.index) ?? new Map<Hash, Accepted>()
      byNode.set(node.index, held.set(transaction, accepted))
    },
    onFinal(node) {
      const held = byNode.get(node.index)
      const { replica } = node
      if (held === undefined || replica === null) return
      for (const [hash, { sender, nonce }] of held)
        if (replica.finalState.account(sender).nonce > nonce) held.delete(hash)
        else if (!replica.pool.has(hash))
          throw new SimulationFailure('lost transaction', `node ${node.index} has accepted ${hash} and lost it`)
    },
  }
}
