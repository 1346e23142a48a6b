/**
 * State on disk: trie nodes under their path and hash, each with the height at which it came to
 * be, so that one that was left behind and came again is not dropped with its past.
 */
import { concatBytes } from '../base/bytes.ts'
import { asBytes, asList } from '../codec/fields.ts'
import { decodeRlp, encodeRlp } from '../codec/rlp.ts'
import { keccak256 } from '../crypto/keccak.ts'
import type { StaleStateNode, StateChanges, StateSource } from '../ledger/state-source.ts'
import type { TrieChanges } from '../trie/trie.ts'
import { type Hash, type Height, idBytes } from '../types/ids.ts'
import type { KeyValueOperation, KeyValueStore } from './key-value-store.ts'
import { ACCOUNT_NODES, CODE, HEADERS, META, STALE_NODES, STORAGE_NODES } from './keyspaces.ts'

const HEIGHT_BYTES = 8
/** The height up to which states are pruned, written as the key of its header. */
const PRUNED_TO = META.key('pruned to')
/** Nodes looked at between two pauses of pruning. */
const NODES_PER_SLICE = 256
/**
 * BOUND: heights that one call prunes. The end of an epoch lets go of all that another one had left behind; blocks wait
 * for what is under way, so it goes in parts, a little faster than blocks come.
 */
const PRUNED_HEIGHTS_MAX = 4

export class StateStore implements StateSource {
  readonly #store: KeyValueStore

  constructor(store: KeyValueStore) {
    this.#store = store
  }

  node(owner: Uint8Array, path: Uint8Array, hash: Uint8Array): Uint8Array | undefined {
    return this.#store.get(keyOf({ owner, path, hash }))?.subarray(HEIGHT_BYTES)
  }

  code(codeHash: Hash): Uint8Array | undefined {
    return this.#store.get(CODE.key(idBytes(codeHash)))
  }

  /** What makes the state after `height` readable, and notes what is no longer needed once it is old. */
  operations(height: Height, changes: StateChanges): readonly KeyValueOperation[] {
    const known = operationsOf.get(changes)
    if (known?.height === height) return known.operations
    const operations = operationsFor(height, changes)
    operationsOf.set(changes, { height, operations })
    return operations
  }

  /** Goes from one version of a trie to the next where nobody needs the one before. */
  replacing(owner: Uint8Array, height: Height, { created, stale }: TrieChanges): KeyValueOperation[] {
    const born = heightBytes(height)
    return [
      ...created.map(
        (node): KeyValueOperation => ({
          type: 'put',
          key: keyOf({ owner, ...node }),
          value: concatBytes(born, node.encoding),
        }),
      ),
      ...stale.map((node): KeyValueOperation => ({ type: 'del', key: keyOf({ owner, ...node }) })),
    ]
  }

  codeOperations(code: Uint8Array): KeyValueOperation[] {
    return [{ type: 'put', key: CODE.key(keccak256(code)), value: code }]
  }

  /**
   * Drops what the blocks up to `height` left behind, a few more of them with each call and in slices: the states
   * before those are no longer readable. `oldest`: the first that is here.
   */
  *pruneTo(height: Height, oldest: Height): Generator<void, void> {
    const pruned = this.#store.get(PRUNED_TO)
    const from = pruned === undefined ? oldest : HEADERS.parts(pruned)[0] + 1
    const to = Math.min(height, from + PRUNED_HEIGHTS_MAX - 1)
    for (let each = from; each <= to; each++) {
      yield* this.#prune(each)
      this.#store.write([{ type: 'put', key: PRUNED_TO, value: HEADERS.key(each) }])
      yield
    }
  }

  *#prune(height: Height): Generator<void, void> {
    const key = STALE_NODES.key(height)
    const stale = this.#store.get(key)
    if (stale === undefined) return
    let operations: KeyValueOperation[] = []
    for (const [index, item] of asList(decodeRlp(stale), 'stale nodes').entries()) {
      const node = asBytes(item, 'stale node')
      if (this.#bornAt(node) <= height) operations.push({ type: 'del', key: node })
      if (index % NODES_PER_SLICE !== NODES_PER_SLICE - 1) continue
      this.#store.write(operations)
      operations = []
      yield
    }
    this.#store.write([...operations, { type: 'del', key }])
  }

  #bornAt(key: Uint8Array): Height {
    const value = this.#store.get(key)
    if (value === undefined) return 0
    return Number(new DataView(value.buffer, value.byteOffset, HEIGHT_BYTES).getBigUint64(0))
  }
}

/** Stores that are given the same changes write the same. */
const operationsOf = new WeakMap<
  StateChanges,
  { readonly height: Height; readonly operations: readonly KeyValueOperation[] }
>()

function operationsFor(height: Height, changes: StateChanges): readonly KeyValueOperation[] {
  const born = heightBytes(height)
  const operations: KeyValueOperation[] = changes.created.map((node) => ({
    type: 'put',
    key: keyOf(node),
    value: concatBytes(born, node.encoding),
  }))
  for (const [hash, code] of changes.code) operations.push({ type: 'put', key: CODE.key(idBytes(hash)), value: code })
  if (changes.stale.length > 0)
    operations.push({ type: 'put', key: STALE_NODES.key(height), value: encodeRlp(changes.stale.map(keyOf)) })
  return operations
}

function keyOf(node: StaleStateNode): Uint8Array {
  return node.owner.length === 0
    ? ACCOUNT_NODES.key(node.path, node.hash)
    : STORAGE_NODES.key(node.owner, node.path, node.hash)
}

function heightBytes(height: Height): Uint8Array {
  const bytes = new Uint8Array(HEIGHT_BYTES)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(height))
  return bytes
}
