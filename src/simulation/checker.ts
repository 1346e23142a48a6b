/**
 * What a checker may see of a run. It looks from outside: at what nodes do and say, never at what
 * they think of it. A method that finds something wrong throws a SimulationFailure.
 */
import type { Effect, SigningRequest } from '../consensus/effects.ts'
import type { Event } from '../consensus/events.ts'
import type { PeerId } from '../network/port.ts'
import type { EpochContext } from '../replica/epoch-context.ts'
import type { HeldEvidence } from '../replica/governance/evidence-desk.ts'
import type { StopReason } from '../replica/ports.ts'
import type { FinalBlock } from '../types/final-block.ts'
import type { Epoch, Hash } from '../types/ids.ts'
import type { Accepted } from './checkers/accepted.ts'
import type { Identity } from './host/simulated-crypto.ts'
import type { SimulatedNode } from './host/simulated-node.ts'

export interface Checker {
  /** A node told its clients of a block. */
  onFinal?(node: SimulatedNode, final: FinalBlock): void
  onStep?(node: SimulatedNode, event: Event, effects: readonly Effect[]): void
  /** A signature is about to be made, and then sent. */
  onSign?(node: SimulatedNode, request: SigningRequest, digest: Uint8Array, key: Identity): void
  onPenalty?(node: SimulatedNode, peer: PeerId, reason: string): void
  /** A node hands a direct message to the network. */
  onDirectSent?(node: SimulatedNode, to: PeerId, message: Uint8Array): void
  /** A node has taken a direct message, and done at once what it does about it; `epoch`: the one that it was in. */
  onDirectTaken?(node: SimulatedNode, epoch: Epoch, from: PeerId, message: Uint8Array): void
  /** A node holds a validator proven guilty. */
  onEvidence?(node: SimulatedNode, held: HeldEvidence): void
  /** A node has entered an epoch; not told of the one that it starts in. */
  onEpoch?(node: SimulatedNode, context: EpochContext): void
  onStop?(node: SimulatedNode, reason: StopReason): void
  /** Came up, for the first time or again, and is about to start its replica. */
  onBoot?(node: SimulatedNode): void
  /** A client was given the receipt of this transaction. */
  onReceipt?(node: SimulatedNode, transaction: Hash): void
  /** A client sends a transaction, for the first time or again. */
  onSend?(transaction: Hash): void
  /** A node has taken a transaction from a client. */
  onAccepted?(node: SimulatedNode, transaction: Hash, accepted: Accepted): void
  /** All faults are over, all work is done or out of time. */
  onEnd?(nodes: readonly SimulatedNode[]): void
}
