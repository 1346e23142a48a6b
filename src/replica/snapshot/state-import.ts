/**
 * Builds a state in a store from parts of a snapshot. None is written before its proof holds against the certified
 * root. The accounts may be divided into lanes, each a range of keys that is gone through by itself, so that several
 * peers can be asked at once; within a lane parts come in the order in which they are cut. What was taken stays taken:
 * the store knows with every part how far it has come.
 */
import { bytesEqual, compareBytes, EMPTY_BYTES } from '../../base/bytes.ts'
import { defined, invariant } from '../../base/invariant.ts'
import { type Rejection, rejection } from '../../base/rejection.ts'
import { err, ok, type Result } from '../../base/result.ts'
import { keccak256 } from '../../crypto/keccak.ts'
import { decodeAccount, EMPTY_CODE_HASH, EMPTY_STORAGE_ROOT } from '../../ledger/account.ts'
import type { StateRequest } from '../../network/requests.ts'
import type { KeyValueOperation, KeyValueStore } from '../../storage/key-value-store.ts'
import { StateStore } from '../../storage/state-store.ts'
import type { StateRecord } from '../../sync/snapshot/snapshot-records.ts'
import { CHUNK_BYTES, HIGHEST_KEY, LOWEST_KEY, type StateChunk, verifyChunk } from '../../sync/snapshot/state-chunk.ts'
import type { NodeSource } from '../../trie/node-source.ts'
import { Trie } from '../../trie/trie.ts'
import { type Hash, type Height, idBytes } from '../../types/ids.ts'
import { forgetOperations, laneOperation, progressOperation, readLane, readProgress } from './import-progress.ts'

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
  readonly number: number
  readonly accounts: Walk
  /** Where the last chunk of accounts began; null before there was one. */
  chunkFrom: Uint8Array | null
  /** What its accounts store and is not here yet, first to come first. BOUND: as many as one chunk has accounts, twice. */
  readonly stored: (Walk | { readonly codeHash: Uint8Array })[]
  /** How many of these are here. */
  storedCount: number
}

export class StateImport {
  readonly #store: KeyValueStore
  readonly #state: StateStore
  readonly #height: Height
  readonly #stateRoot: Hash
  readonly #accounts: GrowingTrie
  readonly #lanes: readonly Lane[]
  #accountsCount = 0

  /** In an empty store. `height`: of the block that the state is after. `lanes`: a power of two. */
  constructor(store: KeyValueStore, height: Height, stateRoot: Hash, lanes = 1) {
    invariant(lanes >= 1 && lanes <= LANES_MAX && LANES_MAX % lanes === 0, 'lanes divide the keys evenly')
    this.#store = store
    this.#state = new StateStore(store)
    this.#height = height
    this.#stateRoot = stateRoot
    this.#accounts = this.#begin(EMPTY_BYTES, stateRoot)
    this.#lanes = Array.from({ length: lanes }, (_, number) => ({
      number,
      accounts: { growing: this.#accounts, ...keysOfLane(number, lanes) },
      chunkFrom: null,
      stored: [],
      storedCount: 0,
    }))
  }

  /** Goes on in a store where an import of the same state was interrupted; null when there is none. */
  static resume(store: KeyValueStore, height: Height, stateRoot: Hash, lanes: number): StateImport | null {
    const progress = readProgress(store)
    if (progress?.height !== height || progress.stateRoot !== stateRoot || progress.lanes !== lanes) return null
    const resumed = new StateImport(store, height, stateRoot, lanes)
    const accounts = resumed.#accounts
    accounts.trie = Trie.at(progress.accountsRoot, resumed.#sourceOf(accounts.owner))
    resumed.#accountsCount = progress.accountsCount
    for (const lane of resumed.#lanes) resumed.#resumeLane(lane)
    return resumed
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
    const target = this.#lane(lane)
    if (record.kind === 'code')
      return wanted.kind === 'code' ? this.#takeCode(target, record.code, wanted.hash) : refused(OTHER_PART)
    if (wanted.kind === 'code' || !bytesEqual(record.owner, wanted.part.owner)) return refused(OTHER_PART)
    const verified = verifyChunk({ ...wanted.part, bytesMax: CHUNK_BYTES }, record.chunk)
    if (!verified.ok) return verified
    this.#add(target, record.chunk, verified.value.next)
    return ok(undefined)
  }

  /** The store holds the state and nothing else. */
  finish(): void {
    invariant(this.isComplete, 'a state is imported when all of it is here')
    this.#store.write(forgetOperations(this.#lanes.length))
  }

  #resumeLane(lane: Lane): void {
    const progress = readLane(this.#store, lane.number)
    if (progress === null) return
    const { accounts, stored } = lane
    const { from, next, begun } = progress
    lane.chunkFrom = from
    accounts.from = next ?? undefined
    for (const [key, encoding] of accounts.growing.trie.entries(from)) {
      const isBehind = next === null ? compareBytes(key, accounts.until) > 0 : compareBytes(key, next) >= 0
      if (isBehind) break
      this.#expect(lane, key, encoding)
    }
    lane.storedCount = progress.stored
    stored.splice(0, progress.stored)
    const first = firstTrie(lane)
    if (begun === null || first === undefined) return
    first.from = begun.next
    first.growing.trie = Trie.at(begun.root, this.#sourceOf(first.growing.owner))
  }

  #takeCode(lane: Lane, code: Uint8Array, hash: Uint8Array): Result<void, Rejection> {
    if (!bytesEqual(keccak256(code), hash)) return refused('code that no account names here')
    completeFirst(lane)
    this.#store.write([...this.#state.codeOperations(code), operationOf(lane)])
    return ok(undefined)
  }

  #add(lane: Lane, { range, entries }: StateChunk, next: Uint8Array | undefined): void {
    const walk = firstTrie(lane) ?? lane.accounts
    const { growing } = walk
    const trie = growing.trie.update(entries)
    const operations = this.#state.replacing(growing.owner, this.#height, trie.changesSince(growing.trie))
    trie.unload(TRIE_BYTES_MAX)
    growing.trie = trie
    walk.from = next
    if (walk === lane.accounts) {
      lane.chunkFrom = range.from
      lane.storedCount = 0
      this.#accountsCount += entries.length
      for (const [key, encoding] of entries) this.#expect(lane, key, encoding)
      operations.push(this.#operation())
    } else if (next === undefined) completeFirst(lane)
    this.#store.write([...operations, operationOf(lane)])
    const isWhole =
      walk === lane.accounts ? this.#lanes.every(({ accounts }) => accounts.from === undefined) : next === undefined
    if (isWhole)
      invariant(bytesEqual(trie.root(), growing.root), 'chunks that were proven make the trie that they are of')
  }

  #operation(): KeyValueOperation {
    return progressOperation({
      height: this.#height,
      stateRoot: this.#stateRoot,
      lanes: this.#lanes.length,
      accountsRoot: this.#accounts.trie.root(),
      accountsCount: this.#accountsCount,
    })
  }

  #expect({ stored }: Lane, key: Uint8Array, encoding: Uint8Array): void {
    const { storageRoot, codeHash } = decodeAccount(encoding)
    if (storageRoot !== EMPTY_STORAGE_ROOT)
      stored.push({ growing: this.#begin(key, storageRoot), from: LOWEST_KEY, until: HIGHEST_KEY })
    if (codeHash !== EMPTY_CODE_HASH) stored.push({ codeHash: idBytes(codeHash) })
  }

  #begin(owner: Uint8Array, root: Hash): GrowingTrie {
    return { owner, root: idBytes(root), trie: Trie.empty(this.#sourceOf(owner)) }
  }

  #sourceOf(owner: Uint8Array): NodeSource {
    return { load: (path, hash) => this.#state.node(owner, path, hash) }
  }

  #lane(lane: number): Lane {
    return defined(this.#lanes[lane], 'a lane')
  }
}

const OTHER_PART = 'another part of the state than comes next'

/** What its accounts store comes one after the other. */
function completeFirst(lane: Lane): void {
  lane.stored.shift()
  lane.storedCount += 1
}

/** Undefined when code comes next, or a chunk of accounts. */
function firstTrie({ stored: [first] }: Lane): Walk | undefined {
  return first === undefined || 'codeHash' in first ? undefined : first
}

function operationOf(lane: Lane): KeyValueOperation {
  const { number, accounts, chunkFrom, storedCount } = lane
  const first = firstTrie(lane)
  const next = first?.from
  const isBegun = first !== undefined && next !== undefined && !bytesEqual(next, LOWEST_KEY)
  return laneOperation(number, {
    from: defined(chunkFrom, 'a chunk'),
    next: accounts.from ?? null,
    stored: storedCount,
    begun: isBegun ? { root: first.growing.trie.root(), next } : null,
  })
}

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
