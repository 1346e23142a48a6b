/**
 * What the replicas of one run compute alike, done once. Replicas get the very objects that others
 * got, so a replica that changed one would be seen by others at once; that sharing hides nothing is
 * held to account by every eighth run, in which each replica works for itself and must do the same.
 */
import { BoundedMap } from '../../base/bounded.ts'
import type { Rejection } from '../../base/rejection.ts'
import type { Result } from '../../base/result.ts'
import type { ExecutedBlock } from '../../ledger/block-execution.ts'
import type { StateChanges } from '../../ledger/state-source.ts'
import type { WorldState } from '../../ledger/world-state.ts'
import { type DirectMessage, decodeDirect } from '../../network/messages.ts'
import { type ExecutionInput, OWN_WORK, type SharedWork } from '../../replica/shared-work.ts'
import type { Hash } from '../../types/ids.ts'

/** BOUND: what was sent, executed and committed last; whoever comes later does the work itself. */
const MESSAGES_MAX = 512
const EXECUTIONS_MAX = 64
const STATES_MAX = 512
const CHANGES_MAX = 64

const ALONE_EVERY = 8

/** `genesis`: complete in memory, as is then every state that is derived from it. */
export function workOfRun(seed: number, genesis: WorldState): SharedWork {
  return seed % ALONE_EVERY === 0 ? OWN_WORK : sharedWork(genesis)
}

/** @internal */
export function sharedWork(genesis: WorldState): SharedWork {
  const messages = new BoundedMap<Uint8Array, Result<DirectMessage, Rejection>>(MESSAGES_MAX)
  const executions = new BoundedMap<string, { readonly parent: WorldState; readonly executed: ExecutedBlock }>(
    EXECUTIONS_MAX,
  )
  const states = new BoundedMap<Hash, WorldState>(STATES_MAX)
  const changed = new BoundedMap<WorldState, { readonly before: WorldState; readonly changes: StateChanges }>(
    CHANGES_MAX,
  )
  states.set(genesis.root, genesis)
  const known = (input: ExecutionInput): ExecutedBlock | undefined => {
    const found = executions.get(nameOf(input))
    return found?.parent === input.parent ? found.executed : undefined
  }
  return {
    /** By the object: a sender gives all receivers the same. */
    decode(bytes) {
      const decoded = messages.get(bytes) ?? decodeDirect(bytes)
      messages.set(bytes, decoded)
      return decoded
    },
    state: (own) => states.get(own.root) ?? own,
    executed: known,
    finished(input, own) {
      const { parent } = input
      // What was read from one node's disk stays with that node.
      if (states.get(parent.root) !== parent) return own
      const executed = known(input) ?? own
      executions.set(nameOf(input), { parent, executed })
      states.set(executed.stateRoot, executed.state)
      return executed
    },
    changes(after, before) {
      const found = changed.get(after)
      if (found?.before === before) return found.changes
      const changes = after.changesSince(before)
      changed.set(after, { before, changes })
      return changes
    },
  }
}

/** A block's hash names its parent, its justification and its body; the order is that of this replica. */
function nameOf({ block, transactions }: ExecutionInput): string {
  return transactions.reduce<string>((name, { hash }) => name + hash, block)
}
