/**
 * The ordered validators of one epoch. A signer is named by its index in this order,
 * in votes as in certificate bitmaps.
 */

import { invariant } from '../base/invariant.ts'
import { uintBytes } from '../codec/fields.ts'
import { encodeRlp, type RlpItem } from '../codec/rlp.ts'
import { amplification, type FaultModel, faultsTolerated, quorum } from './fault-model.ts'
import { type Address, type Epoch, idBytes } from './ids.ts'

export interface Validator {
  readonly address: Address
  /** 33 bytes, compressed secp256k1. */
  readonly consensusKey: Uint8Array
  /** False while it waits to be replaced: it keeps its place in n and q, but leads no view. */
  readonly leads: boolean
}

export class ValidatorSet {
  readonly epoch: Epoch
  readonly model: FaultModel
  readonly members: readonly Validator[]
  readonly n: number
  readonly faultsTolerated: number
  readonly quorum: number
  readonly amplification: number
  readonly #indexOf = new Map<Address, number>()

  /** Members are put in the order of their addresses; two with one address are our own mistake. */
  constructor(epoch: Epoch, members: readonly Validator[], model: FaultModel) {
    this.epoch = epoch
    this.model = model
    this.members = [...members].sort((a, b) => (a.address < b.address ? -1 : 1))
    this.n = members.length
    this.faultsTolerated = faultsTolerated(this.n, model)
    this.quorum = quorum(this.n, model)
    this.amplification = amplification(this.n, model)
    for (const [index, member] of this.members.entries()) this.#indexOf.set(member.address, index)
    invariant(this.#indexOf.size === this.n, 'validators have distinct addresses')
  }

  /** Undefined for an address outside the set. */
  indexOf(address: Address): number | undefined {
    return this.#indexOf.get(address)
  }

  at(index: number): Validator | undefined {
    return this.members[index]
  }
}

/** The preimage of `validatorsHash`: rlp([[address, key, leads], …]) (docs/ledger.md, "The header"). */
export function encodeValidators(members: readonly Validator[]): Uint8Array {
  return encodeRlp(
    members.map((member): RlpItem => [idBytes(member.address), member.consensusKey, uintBytes(member.leads ? 1 : 0)]),
  )
}
