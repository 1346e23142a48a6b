/**
 * INVARIANT: all honest nodes have the same validators, leaders and root in an epoch, those that the last
 * block of the epoch before names. The other checkers look up here who they are.
 */
import { defined } from '../base/invariant.ts'
import { hashValidators } from '../crypto/digests.ts'
import type { EpochContext } from '../replica/epoch-context.ts'
import type { FinalBlock } from '../types/final-block.ts'
import type { Epoch, Hash } from '../types/ids.ts'
import type { ValidatorSet } from '../types/validator-set.ts'
import type { Checker } from './checker.ts'
import type { SimulatedNode } from './host/simulated-node.ts'
import type { SimulatedGenesis } from './simulated-genesis.ts'
import { SimulationFailure } from './simulation-failure.ts'

interface KnownEpoch {
  readonly validators: ValidatorSet
  /** Leader of view v = schedule[v mod length]. */
  readonly schedule: readonly number[]
  /** The block that it builds on. */
  readonly rootHash: Hash
}

export class EpochBook implements Checker {
  readonly #known = new Map<Epoch, KnownEpoch>()
  /** What the block says that ends the epoch before. */
  readonly #named = new Map<Epoch, Hash>()

  constructor({ validators, block }: SimulatedGenesis) {
    this.#named.set(validators.epoch, block.block.header.consensus.nextValidatorsHash)
  }

  validatorsOf(epoch: Epoch): ValidatorSet {
    return this.#of(epoch).validators
  }

  scheduleOf(epoch: Epoch): readonly number[] {
    return this.#of(epoch).schedule
  }

  rootOf(epoch: Epoch): Hash {
    return this.#of(epoch).rootHash
  }

  onBoot(node: SimulatedNode): void {
    if (node.replica !== null) this.onEpoch(node, node.replica.epoch)
  }

  onFinal(node: SimulatedNode, { block }: FinalBlock): void {
    const { epoch, end, nextValidatorsHash } = block.header.consensus
    if (end && !node.isByzantine) this.#named.set(epoch + 1, nextValidatorsHash)
  }

  onEpoch(node: SimulatedNode, { validators, schedule, rootHash }: EpochContext): void {
    if (node.isByzantine) return
    const { epoch } = validators
    const known = this.#known.get(epoch) ?? { validators, schedule, rootHash }
    this.#known.set(epoch, known)
    const hash = hashValidators(validators.members)
    const hasSameMembers = hash === hashValidators(known.validators.members)
    const isSame = hasSameMembers && schedule.join() === known.schedule.join() && rootHash === known.rootHash
    const named = this.#named.get(epoch) ?? hash
    if (!isSame || named !== hash)
      throw new SimulationFailure('validators', `node ${node.index} has others in epoch ${epoch} than are named`)
  }

  #of(epoch: Epoch): KnownEpoch {
    return defined(this.#known.get(epoch), `the validators of epoch ${epoch}`)
  }
}
