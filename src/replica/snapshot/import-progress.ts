/**
 * How far an import of a state has come, in the store that it fills: written with the part that it is behind, so that
 * an import that was interrupted can be gone on with. Nothing of it is left when the state is complete.
 */
import { EMPTY_BYTES } from '../../base/bytes.ts'
import { asFixedBytes, asList, asTuple, asUint, uintBytes } from '../../codec/fields.ts'
import { decodeRlp, encodeRlp } from '../../codec/rlp.ts'
import type { KeyValueOperation, KeyValueStore } from '../../storage/key-value-store.ts'
import { META } from '../../storage/keyspaces.ts'
import { type Hash, type Height, hashFromBytes, idBytes } from '../../types/ids.ts'

export interface ImportProgress {
  readonly height: Height
  readonly stateRoot: Hash
  readonly lanes: number
  /** Of the trie of the accounts that are here, and how many they are. */
  readonly accountsRoot: Uint8Array
  readonly accountsCount: number
}

export interface LaneProgress {
  /** Where the chunk of accounts began that came last, and where the next one does; null behind the last. */
  readonly from: Uint8Array
  readonly next: Uint8Array | null
  /** Of the tries and codes that its accounts name, how many are here. */
  readonly stored: number
  /** Of the trie that comes next, the root of what is here, and where the next chunk begins. */
  readonly begun: { readonly root: Uint8Array; readonly next: Uint8Array } | null
}

const PROGRESS = META.key('import')
const KEY_BYTES = 32

/** Null where none is under way. */
export function readProgress(store: KeyValueStore): ImportProgress | null {
  const value = store.get(PROGRESS)
  if (value === undefined) return null
  const [height, stateRoot, lanes, accountsRoot, accountsCount] = asTuple(decodeRlp(value), 5, 'progress')
  return {
    height: asUint(height, 'height'),
    stateRoot: hashFromBytes(asFixedBytes(stateRoot, KEY_BYTES, 'stateRoot')),
    lanes: asUint(lanes, 'lanes'),
    accountsRoot: asFixedBytes(accountsRoot, KEY_BYTES, 'accountsRoot'),
    accountsCount: asUint(accountsCount, 'accountsCount'),
  }
}

export function progressOperation(progress: ImportProgress): KeyValueOperation {
  const { height, stateRoot, lanes, accountsRoot, accountsCount } = progress
  const value = encodeRlp([
    uintBytes(height),
    idBytes(stateRoot),
    uintBytes(lanes),
    accountsRoot,
    uintBytes(accountsCount),
  ])
  return { type: 'put', key: PROGRESS, value }
}

/** Null before its first chunk. */
export function readLane(store: KeyValueStore, lane: number): LaneProgress | null {
  const value = store.get(keyOf(lane))
  if (value === undefined) return null
  const [from, next, stored, begun] = asTuple(decodeRlp(value), 4, 'lane')
  const [root, after] = asList(begun, 'begun', 2)
  return {
    from: asFixedBytes(from, KEY_BYTES, 'from'),
    next: next?.length === 0 ? null : asFixedBytes(next, KEY_BYTES, 'next'),
    stored: asUint(stored, 'stored'),
    begun:
      root === undefined
        ? null
        : { root: asFixedBytes(root, KEY_BYTES, 'root'), next: asFixedBytes(after, KEY_BYTES, 'after') },
  }
}

export function laneOperation(lane: number, { from, next, stored, begun }: LaneProgress): KeyValueOperation {
  const value = encodeRlp([
    from,
    next ?? EMPTY_BYTES,
    uintBytes(stored),
    begun === null ? [] : [begun.root, begun.next],
  ])
  return { type: 'put', key: keyOf(lane), value }
}

export function forgetOperations(lanes: number): readonly KeyValueOperation[] {
  const keys = [PROGRESS, ...Array.from({ length: lanes }, (_, lane) => keyOf(lane))]
  return keys.map((key) => ({ type: 'del', key }))
}

function keyOf(lane: number): Uint8Array {
  return META.key(`import of lane ${lane}`)
}
