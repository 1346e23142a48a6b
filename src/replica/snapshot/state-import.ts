/**
 * Builds a state in a store from parts of a snapshot. None is written before its proof holds against the certified
 * root. The accounts may be divided into lanes, each a range of keys that is gone through by itself, so that several
 * peers can be asked at once; within a lane parts come in the order in which they are cut.
 */
import { bytesEqual, EMPTY_BYTES } from '../../base/bytes.ts'
import { defined, invariant } from '../../base/invariant.ts'
import { type Rejection, rejection } from '../../base/rejection.ts'
import { err, ok, type Result } from '../../base/result.ts'
import { keccak256 } from '../../crypto/keccak.ts'
import { decodeAccount, EMPTY_CODE_HASH, EMPTY_STORAGE_ROOT } from '../../ledger/account.ts'
import type { StateRequest } from '../../network/requests.ts'
import type { KeyValueStore } from '../../storage/key-value-store.ts'
import { StateStore } from '../../storage/state-store.ts'
import type { StateRecord } from '../../sync/snapshot/snapshot-records.ts'
import { CHUNK_BYTES, HIGHEST_KEY, LOWEST_KEY, type StateChunk, verifyChunk } from '../../sync/snapshot/state-chunk.ts'
import { Trie } from '../../trie/trie.ts'
import { type Hash, type Height, idBytes } from '../../types/ids.ts'

/** BOUND: nodes of a trie under construction that stay in memory. */
const TRIE_BYTES_MAX = 32 * 1024 * 1024
const LANES_MAX = 256

/** Of which perhaps a part has come. */
interface GrowingTrie {
  readonly owner: Uint8Array
  readonly root: Uint8Array
  trie: Trie
}

/** A range of keys of a trie. */
interface Walk {
  readonly growing: GrowingTrie
  /** Undefined when it is complete. */
  from: Uint8Array | undefined
  readonly until: Uint8Array
}

interface Lane {
  readonly accounts: Walk
  /** What the accounts of the last chunk store, first to come first. BOUND: as many as one chunk has accounts, twice. */
  readonly stored: (Walk | { readonly codeHash: Uint8Array })[]
}

export class StateImport {
  readonly #store: KeyValueStore
  readonly #state: StateStore
  readonly #height: Height
  readonly #accounts: GrowingTrie
  readonly #lanes: readonly Lane[]
  #accountsCount = 0

  /** `height`: of the block that the state is after. `lanes`: a power of two. */
  constructor(store: KeyValueStore, height: Height, stateRoot: Hash, lanes = 1) {
    invariant(lanes >= 1 && lanes <= LANES_MAX && LANES_MAX % lanes === 0, 'lanes divide the keys evenly')
    this.#store = store
    this.#state = new StateStore(store)
    this.#height = height
    this.#accounts = this.#begin(EMPTY_BYTES, stateRoot)
    this.#lanes = Array.from({ length: lanes }, (_, lane) => ({
      accounts: { growing: this.#accounts, ...keysOfLane(lane, lanes) },
      stored: [],
    }))
  }

  get isComplete(): boolean {
    return this.#lanes.every((_, lane) => this.wanted(lane) === null)
  }

  get accountsCount(): number {
    return this.#accountsCount
  }

  /** What the lane needs next; null when it is complete. */
  wanted(lane: number): StateRequest | null {
    const { accounts, stored } = this.#lane(lane)
    const next = stored[0] ?? accounts
    if ('codeHash' in next) return { kind: 'code', hash: next.codeHash }
    const { growing, from, until } = next
    return from === undefined
      ? null
      : { kind: 'stateChunk', part: { owner: growing.owner, root: growing.root, from, until } }
  }

  /** Nothing of a refused record is written. */
  take(lane: number, record: StateRecord): Result<void, Rejection> {
    const wanted = this.wanted(lane)
    if (wanted === null) return refused('more than the state holds')
    if (record.kind === 'code')
      return wanted.kind === 'code' ? this.#takeCode(lane, record.code, wanted.hash) : refused(OTHER_PART)
    if (wanted.kind === 'code' || !bytesEqual(record.owner, wanted.part.owner)) return refused(OTHER_PART)
    const verified = verifyChunk({ ...wanted.part, bytesMax: CHUNK_BYTES }, record.chunk)
    if (!verified.ok) return verified
    this.#add(this.#lane(lane), record.chunk, verified.value.next)
    return ok(undefined)
  }

  #takeCode(lane: number, code: Uint8Array, hash: Uint8Array): Result<void, Rejection> {
    if (!bytesEqual(keccak256(code), hash)) return refused('code that no account names here')
    this.#store.write(this.#state.codeOperations(code))
    this.#lane(lane).stored.shift()
    return ok(undefined)
  }

  #add(lane: Lane, { entries }: StateChunk, next: Uint8Array | undefined): void {
    const [stored] = lane.stored
    const walk = stored === undefined || 'codeHash' in stored ? lane.accounts : stored
    const { growing } = walk
    const trie = growing.trie.update(entries)
    this.#store.write(this.#state.replacing(growing.owner, this.#height, trie.changesSince(growing.trie)))
    trie.unload(TRIE_BYTES_MAX)
    growing.trie = trie
    walk.from = next
    if (walk !== lane.accounts) {
      if (next === undefined) lane.stored.shift()
    } else {
      this.#accountsCount += entries.length
      for (const [key, encoding] of entries) this.#expect(lane, key, encoding)
    }
    const isWhole =
      walk === lane.accounts ? this.#lanes.every(({ accounts }) => accounts.from === undefined) : next === undefined
    if (isWhole)
      invariant(bytesEqual(trie.root(), growing.root), 'chunks that were proven make the trie that they are of')
  }

  #expect({ stored }: Lane, key: Uint8Array, encoding: Uint8Array): void {
    const { storageRoot, codeHash } = decodeAccount(encoding)
    if (storageRoot !== EMPTY_STORAGE_ROOT)
      stored.push({ growing: this.#begin(key, storageRoot), from: LOWEST_KEY, until: HIGHEST_KEY })
    if (codeHash !== EMPTY_CODE_HASH) stored.push({ codeHash: idBytes(codeHash) })
  }

  #begin(owner: Uint8Array, root: Hash): GrowingTrie {
    const source = { load: (path: Uint8Array, hash: Uint8Array) => this.#state.node(owner, path, hash) }
    return { owner, root: idBytes(root), trie: Trie.empty(source) }
  }

  #lane(lane: number): Lane {
    return defined(this.#lanes[lane], 'a lane')
  }
}

const OTHER_PART = 'another part of the state than comes next'

/** By their first byte. */
function keysOfLane(lane: number, lanes: number): { from: Uint8Array; readonly until: Uint8Array } {
  const width = LANES_MAX / lanes
  const from = LOWEST_KEY.slice()
  const until = HIGHEST_KEY.slice()
  from[0] = lane * width
  until[0] = (lane + 1) * width - 1
  return { from, until }
}

function refused(message: string): { readonly ok: false; readonly error: Rejection } {
  return err(rejection('badSnapshot', message))
}
