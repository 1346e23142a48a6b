/**
 * The state at one root: accounts, their code and storage, in Ethereum's two levels of tries
 * (Yellow Paper 4.1, keys hashed). Immutable: `with` gives the next state, which shares with this
 * one whatever did not change, so the states of uncommitted blocks are cheap and independent.
 *
 * Reading throws the trie's MissingNodeError when the source has dropped what is needed.
 */

import { BoundedMap } from '../base/bounded.ts'
import { EMPTY_BYTES } from '../base/bytes.ts'
import { defined } from '../base/invariant.ts'
import { keccak256 } from '../crypto/keccak.ts'
import type { EntryDifference } from '../trie/first-difference.ts'
import type { NodeSource } from '../trie/node-source.ts'
import { Trie } from '../trie/trie.ts'
import { type Address, type Hash, hashFromBytes, idBytes } from '../types/ids.ts'
import {
  type Account,
  decodeAccount,
  EMPTY_ACCOUNT,
  EMPTY_CODE_HASH,
  EMPTY_STORAGE_ROOT,
  encodeAccount,
} from './account.ts'
import {
  type CreatedStateNode,
  NO_STATE,
  type StaleStateNode,
  type StateChanges,
  type StateSource,
} from './state-source.ts'
import { decodeWord, encodeWord, ZERO_WORD } from './word.ts'

/** What becomes of one address. */
export interface AccountChange {
  /** Undefined removes it. Its `storageRoot` is overruled by what `storage` makes of the trie. */
  readonly account: Account | undefined
  /** Slot to word. */
  readonly storage: ReadonlyMap<Hash, Uint8Array>
}

interface Parts {
  readonly source: StateSource
  readonly accounts: Trie
  /**
   * Storage tries in use. Whatever changed since the source was written is in here and nowhere
   * else; the rest is loaded again when missing.
   */
  readonly storage: Map<Address, Trie>
  /** Code that the source may not hold yet. */
  readonly code: ReadonlyMap<Hash, Uint8Array>
}

const NO_OWNER = EMPTY_BYTES

export class WorldState {
  readonly #parts: Parts
  #root: Hash | undefined

  private constructor(parts: Parts) {
    this.#parts = parts
  }

  static empty(source: StateSource = NO_STATE): WorldState {
    return WorldState.at(EMPTY_STORAGE_ROOT, source)
  }

  static at(root: Hash, source: StateSource): WorldState {
    const accounts = Trie.at(idBytes(root), nodesOf(NO_OWNER, source))
    return new WorldState({ source, accounts, storage: new Map(), code: new Map() })
  }

  get root(): Hash {
    this.#root ??= hashFromBytes(this.#parts.accounts.root())
    return this.#root
  }

  account(address: Address): Account {
    const encoding = this.#parts.accounts.get(keyOf(address))
    return encoding === undefined ? EMPTY_ACCOUNT : decodeAccount(encoding)
  }

  code(address: Address): Uint8Array {
    const { codeHash } = this.account(address)
    if (codeHash === EMPTY_CODE_HASH) return EMPTY_BYTES
    return defined(this.#parts.code.get(codeHash) ?? this.#parts.source.code(codeHash), `code ${codeHash}`)
  }

  /** 32 bytes, zeros when absent. */
  storage(address: Address, slot: Hash): Uint8Array {
    const encoding = this.#storageTrie(address).get(keyOf(slot))
    return encoding === undefined ? ZERO_WORD : decodeWord(encoding)
  }

  /** Nodes from the root, as `accountProof` of `eth_getProof`; proves absence too. */
  accountProof(address: Address): readonly Uint8Array[] {
    return this.#parts.accounts.proof(keyOf(address))
  }

  storageProof(address: Address, slot: Hash): readonly Uint8Array[] {
    return this.#storageTrie(address).proof(keyOf(slot))
  }

  /** Of the accounts, by the hash of their address. Undefined when all are the same, with what they store. */
  firstDifference(other: WorldState): EntryDifference | undefined {
    return this.#parts.accounts.firstDifference(other.#parts.accounts)
  }

  /** The state with these changes; each trie is gone through once. */
  with(changes: ReadonlyMap<Address, AccountChange>, newCode: ReadonlyMap<Hash, Uint8Array> = new Map()): WorldState {
    const storage = new Map(this.#parts.storage)
    const entries: [Uint8Array, Uint8Array | undefined][] = []
    for (const [address, change] of changes) {
      let account = change.account
      if (account !== undefined && change.storage.size > 0) {
        const trie = this.#storageTrie(address).update(
          Array.from(change.storage, ([slot, word]) => [keyOf(slot), encodeWord(word)] as const),
        )
        storage.set(address, trie)
        account = { ...account, storageRoot: hashFromBytes(trie.root()) }
      }
      entries.push([keyOf(address), account === undefined ? undefined : encodeAccount(account)])
    }
    const code = newCode.size === 0 ? this.#parts.code : new Map([...this.#parts.code, ...newCode])
    return new WorldState({ source: this.#parts.source, accounts: this.#parts.accounts.update(entries), storage, code })
  }

  /** What a store holding `earlier`, from which this state was derived, needs to hold this one. */
  changesSince(earlier: WorldState): StateChanges {
    const created: CreatedStateNode[] = []
    const stale: StaleStateNode[] = []
    const collect = (owner: Uint8Array, after: Trie, before: Trie): void => {
      const changes = after.changesSince(before)
      for (const node of changes.created) created.push({ owner, ...node })
      for (const node of changes.stale) stale.push({ owner, ...node })
    }
    collect(NO_OWNER, this.#parts.accounts, earlier.#parts.accounts)
    for (const [address, trie] of this.#parts.storage) {
      const before = earlier.#storageTrie(address)
      if (trie !== before) collect(keyOf(address), trie, before)
    }
    const code = new Map(Array.from(this.#parts.code).filter(([hash]) => !earlier.#parts.code.has(hash)))
    return { created, stale, code }
  }

  /**
   * Lets go of nodes in memory until about `bytesMax` bytes of them are held, and says how many
   * that are. Only for a state that its source holds completely.
   */
  unload(bytesMax: number): number {
    const { accounts, storage } = this.#parts
    let bytes = accounts.unload(bytesMax / 2)
    for (const trie of storage.values()) bytes += trie.unload(bytesMax / 2 / storage.size)
    return bytes
  }

  #storageTrie(address: Address): Trie {
    const known = this.#parts.storage.get(address)
    if (known !== undefined) return known
    const root = this.account(address).storageRoot
    const trie = Trie.at(idBytes(root), nodesOf(keyOf(address), this.#parts.source))
    // Only what may hold loaded nodes is worth keeping: addresses without storage would pile up.
    if (root !== EMPTY_STORAGE_ROOT) this.#parts.storage.set(address, trie)
    return trie
  }
}

/** BOUND: about 200 bytes each. What every block reads and writes stays among the newest. */
const HASHED_IDS_MAX = 4096
const hashedIds = new BoundedMap<Address | Hash, Uint8Array>(HASHED_IDS_MAX)

/** Tries are "secure": nobody can choose where a key lies. The result is shared: not to be written to. */
function keyOf(id: Address | Hash): Uint8Array {
  let hashed = hashedIds.get(id)
  if (hashed === undefined) {
    hashed = keccak256(idBytes(id))
    hashedIds.set(id, hashed)
  }
  return hashed
}

function nodesOf(owner: Uint8Array, source: StateSource): NodeSource {
  return { load: (path, hash) => source.node(owner, path, hash) }
}
