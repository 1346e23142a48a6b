/**
 * Builds a state in a store from the records of a snapshot, in the order in which they were cut. None is
 * written before its proof holds against the certified root.
 */
import { bytesEqual, EMPTY_BYTES } from '../../base/bytes.ts'
import { invariant } from '../../base/invariant.ts'
import { type Rejection, rejection } from '../../base/rejection.ts'
import { err, ok, type Result } from '../../base/result.ts'
import { keccak256 } from '../../crypto/keccak.ts'
import { decodeAccount, EMPTY_CODE_HASH, EMPTY_STORAGE_ROOT } from '../../ledger/account.ts'
import type { KeyValueStore } from '../../storage/key-value-store.ts'
import { StateStore } from '../../storage/state-store.ts'
import { CHUNK_BYTES } from '../../sync/snapshot/cut-state.ts'
import type { StateRecord } from '../../sync/snapshot/snapshot-records.ts'
import { LOWEST_KEY, type StateChunk, verifyChunk } from '../../sync/snapshot/state-chunk.ts'
import { Trie } from '../../trie/trie.ts'
import { type Hash, type Height, idBytes } from '../../types/ids.ts'

/** BOUND: nodes of a trie under construction that stay in memory. */
const TRIE_BYTES_MAX = 32 * 1024 * 1024

/** A trie of which the first part has come. */
interface GrowingTrie {
  readonly owner: Uint8Array
  readonly root: Uint8Array
  /** Undefined when it is complete. */
  from: Uint8Array | undefined
  trie: Trie
}

type Expected = GrowingTrie | { readonly codeHash: Uint8Array }

export class StateImport {
  readonly #store: KeyValueStore
  readonly #state: StateStore
  readonly #height: Height
  readonly #accounts: GrowingTrie
  /** What the accounts of the last chunk store, first to come first. BOUND: as many as one chunk has accounts, twice. */
  #expected: Expected[] = []
  #accountsCount = 0

  /** `height`: of the block that the state is after. */
  constructor(store: KeyValueStore, height: Height, stateRoot: Hash) {
    this.#store = store
    this.#state = new StateStore(store)
    this.#height = height
    this.#accounts = this.#begin(EMPTY_BYTES, stateRoot)
  }

  get isComplete(): boolean {
    return this.#accounts.from === undefined && this.#expected.length === 0
  }

  get accountsCount(): number {
    return this.#accountsCount
  }

  /** Nothing of a refused record is written. */
  take(record: StateRecord): Result<void, Rejection> {
    const [next] = this.#expected
    if (record.kind === 'code') return this.#takeCode(record.code, next)
    const growing = next ?? this.#accounts
    if ('codeHash' in growing || !bytesEqual(record.owner, growing.owner))
      return refused('another part of the state than comes next')
    if (growing.from === undefined) return refused('more than the state holds')
    const { from, root } = growing
    const verified = verifyChunk({ root, from, bytesMax: CHUNK_BYTES }, record.chunk)
    if (!verified.ok) return verified
    this.#add(growing, record.chunk, verified.value.next)
    return ok(undefined)
  }

  #takeCode(code: Uint8Array, next: Expected | undefined): Result<void, Rejection> {
    if (next === undefined || !('codeHash' in next)) return refused('another part of the state than comes next')
    if (!bytesEqual(keccak256(code), next.codeHash)) return refused('code that no account names here')
    this.#store.write(this.#state.codeOperations(code))
    this.#expected.shift()
    return ok(undefined)
  }

  #add(growing: GrowingTrie, { entries }: StateChunk, next: Uint8Array | undefined): void {
    const trie = growing.trie.update(entries)
    const { owner } = growing
    this.#store.write(this.#state.replacing(owner, this.#height, trie.changesSince(growing.trie)))
    trie.unload(TRIE_BYTES_MAX)
    growing.trie = trie
    growing.from = next
    if (next === undefined)
      invariant(bytesEqual(trie.root(), growing.root), 'chunks that were proven make the trie that they are of')
    if (growing !== this.#accounts) {
      if (next === undefined) this.#expected.shift()
      return
    }
    this.#accountsCount += entries.length
    for (const [key, encoding] of entries) {
      const { storageRoot, codeHash } = decodeAccount(encoding)
      if (storageRoot !== EMPTY_STORAGE_ROOT) this.#expected.push(this.#begin(key, storageRoot))
      if (codeHash !== EMPTY_CODE_HASH) this.#expected.push({ codeHash: idBytes(codeHash) })
    }
  }

  #begin(owner: Uint8Array, root: Hash): GrowingTrie {
    const source = { load: (path: Uint8Array, hash: Uint8Array) => this.#state.node(owner, path, hash) }
    return { owner, root: idBytes(root), from: LOWEST_KEY, trie: Trie.empty(source) }
  }
}

function refused(message: string): { readonly ok: false; readonly error: Rejection } {
  return err(rejection('badSnapshot', message))
}
