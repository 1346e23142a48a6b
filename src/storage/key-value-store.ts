/**
 * Ordered keys and values: derived state that can be rebuilt from the journal. Keys compare as
 * bytes. Any failure, a value that fails its checksum included, is fail-stop.
 */
export type KeyValueOperation =
  | { readonly type: 'put'; readonly key: Uint8Array; readonly value: Uint8Array }
  | { readonly type: 'del'; readonly key: Uint8Array }

export interface KeyRange {
  readonly gte: Uint8Array
  readonly lt: Uint8Array
  /** Highest key first. */
  readonly reverse?: boolean
  /** At most so many entries; all when absent. */
  readonly limit?: number
}

export interface KeyValueStore {
  /** Sees every `write` made before, on disk or not. Throws a StorageFailure. */
  get(key: Uint8Array): Uint8Array | undefined
  /**
   * Atomic and in order, behind the caller's back. The operations' bytes belong to the store from
   * then on. A failure goes to the handler that the store was opened with.
   */
  write(operations: readonly KeyValueOperation[]): void
  /** Bytes written but not yet taken by the disk: whoever writes in bulk waits for `flush` above a bound. */
  readonly pendingBytes: number
  /** DURABILITY: everything written before is on disk when it resolves. Rejects with the StorageFailure. */
  flush(): Promise<void>
  /** Entries in key order, with every `write` made before the first one is asked for. */
  entries(range: KeyRange): AsyncIterable<readonly [key: Uint8Array, value: Uint8Array]>
  /** Flushes and lets go of the files; idempotent. */
  close(): Promise<void>
}
