/**
 * Work whose result depends on its arguments alone, so that replicas which run in one process need
 * do it only once between them. A node runs one replica and shares nothing; the simulator shares
 * among all of a run, except in the runs that hold it to account (simulation/run-work.ts).
 */
import type { Rejection } from '../base/rejection.ts'
import type { Result } from '../base/result.ts'
import type { ExecutedBlock } from '../ledger/block-execution.ts'
import type { StateChanges } from '../ledger/state-source.ts'
import type { WorldState } from '../ledger/world-state.ts'
import { type DirectMessage, decodeDirect } from '../network/messages.ts'
import type { Hash } from '../types/ids.ts'
import type { SignedTransaction } from '../types/transaction.ts'

/** What decides a block's result. */
export interface ExecutionInput {
  readonly parent: WorldState
  readonly block: Hash
  readonly transactions: readonly SignedTransaction[]
}

export interface SharedWork {
  readonly decode: (bytes: Uint8Array) => Result<DirectMessage, Rejection>
  /** A state of the same root, and with it the same content, that others may hold as well. */
  readonly state: (own: WorldState) => WorldState
  /** Undefined until somebody has `finished` it. */
  readonly executed: (input: ExecutionInput) => ExecutedBlock | undefined
  /** The result to go on with: the first that was given for this input. */
  readonly finished: (input: ExecutionInput, own: ExecutedBlock) => ExecutedBlock
  readonly changes: (after: WorldState, before: WorldState) => StateChanges
}

export const OWN_WORK: SharedWork = {
  decode: decodeDirect,
  state: (own) => own,
  executed: () => undefined,
  finished: (_input, own) => own,
  changes: (after, before) => after.changesSince(before),
}
