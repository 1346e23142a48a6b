/** Where a state comes from that is not in memory, and what a store has to write to hold the next one. */
import type { Hash } from '../types/ids.ts'

/** The port to what is on disk. What it returns is right or absent: the store answers for it. */
export interface StateSource {
  /** `owner` is empty for the trie of accounts and keccak256(address) for the storage of one. */
  node(owner: Uint8Array, path: Uint8Array, hash: Uint8Array): Uint8Array | undefined
  code(codeHash: Hash): Uint8Array | undefined
}

/** For states that live in memory alone. */
export const NO_STATE: StateSource = { node: () => undefined, code: () => undefined }

export interface StaleStateNode {
  readonly owner: Uint8Array
  /** Nibbles from the root, one per byte. */
  readonly path: Uint8Array
  readonly hash: Uint8Array
}

export interface CreatedStateNode extends StaleStateNode {
  readonly encoding: Uint8Array
}

/** What separates a state from an earlier one. */
export interface StateChanges {
  readonly created: readonly CreatedStateNode[]
  /** Needed by the earlier state, not by the later one. */
  readonly stale: readonly StaleStateNode[]
  readonly code: ReadonlyMap<Hash, Uint8Array>
}
