/**
 * INVARIANT: what a validator says in an epoch, the key signs that the epoch's set names for it, and no other of its
 * keys, before or after a change; who has not lost its keys has that one.
 */
import { bytesEqual } from '../../base/bytes.ts'
import { defined } from '../../base/invariant.ts'
import type { EpochContext } from '../../replica/epoch-context.ts'
import type { Checker } from '../checker.ts'
import type { EpochBook } from '../epoch-book.ts'
import type { SimulatedNode } from '../host/simulated-node.ts'
import type { SimulatedGenesis } from '../simulated-genesis.ts'
import { SimulationFailure } from '../simulation-failure.ts'

export function keyChecker({ identities }: SimulatedGenesis, epochs: EpochBook): Checker {
  const idOf = ({ validator }: SimulatedNode) => defined(identities[validator], 'an identity').address
  const requireKey = (node: SimulatedNode, { validators, self }: EpochContext): void => {
    if (node.isByzantine || node.isObserver || validators.indexOf(idOf(node)) === self?.index) return
    throw new SimulationFailure('keys', `node ${node.index} has no key for epoch ${validators.epoch}`)
  }
  return {
    onBoot(node) {
      if (node.replica !== null) requireKey(node, node.replica.epoch)
    },
    onEpoch: requireKey,
    onSign(node, { kind, epoch }, _digest, { publicKey }) {
      if (node.isByzantine) return
      const id = idOf(node)
      const member = epochs.validatorsOf(epoch).members.find(({ address }) => address === id)
      if (member === undefined || !bytesEqual(member.consensusKey, publicKey))
        throw new SimulationFailure('keys', `node ${node.index} signs a ${kind} of epoch ${epoch} with another key`)
    },
  }
}
