/** A state as the records of a snapshot, one at a time and none kept: accounts in key order, each chunk followed by what its accounts store. */
import { EMPTY_BYTES } from '../../base/bytes.ts'
import { defined, invariant } from '../../base/invariant.ts'
import { decodeAccount, EMPTY_CODE_HASH, EMPTY_STORAGE_ROOT } from '../../ledger/account.ts'
import type { StateSource } from '../../ledger/state-source.ts'
import type { StatePart, StateRequest } from '../../network/requests.ts'
import { Trie } from '../../trie/trie.ts'
import { type Hash, hashFromBytes, idBytes } from '../../types/ids.ts'
import type { StateRecord } from './snapshot-records.ts'
import { CHUNK_BYTES, cutChunk, HIGHEST_KEY, keyBehind, LOWEST_KEY } from './state-chunk.ts'

/** Yields what comes next, and takes the record of it, which is believed. */
export function walkState(root: Hash): Generator<StateRequest, void, StateRecord> {
  return walkTrie(EMPTY_BYTES, root)
}

/** Throws the trie's MissingNodeError when the state is not kept. */
export function* cutState(root: Hash, source: StateSource): Generator<StateRecord> {
  const walk = walkState(root)
  for (let next = walk.next(); next.done !== true; ) {
    const record = cut(next.value, source)
    yield record
    next = walk.next(record)
  }
}

/** From the beginning of the part on, as much as `bytesMax` lets in. Throws the trie's MissingNodeError when its state is not kept. */
export function cutPart({ owner, root, from, until }: StatePart, source: StateSource, bytesMax: number): StateRecord {
  const trie = Trie.at(root, { load: (path, hash) => source.node(owner, path, hash) })
  return { kind: 'chunk', owner, chunk: cutChunk(trie, from, bytesMax, until) }
}

function* walkTrie(owner: Uint8Array, root: Hash): Generator<StateRequest, void, StateRecord> {
  for (let from: Uint8Array | undefined = LOWEST_KEY; from !== undefined; ) {
    const record: StateRecord = yield {
      kind: 'stateChunk',
      part: { owner, root: idBytes(root), from, until: HIGHEST_KEY },
    }
    invariant(record.kind === 'chunk', 'a chunk was asked for')
    from = keyBehind(record.chunk.range)
    if (owner.length === 0) for (const [key, encoding] of record.chunk.entries) yield* walkAccount(key, encoding)
  }
}

function* walkAccount(key: Uint8Array, encoding: Uint8Array): Generator<StateRequest, void, StateRecord> {
  const { storageRoot, codeHash } = decodeAccount(encoding)
  if (storageRoot !== EMPTY_STORAGE_ROOT) yield* walkTrie(key, storageRoot)
  if (codeHash !== EMPTY_CODE_HASH) yield { kind: 'code', hash: idBytes(codeHash) }
}

function cut(request: StateRequest, source: StateSource): StateRecord {
  if (request.kind === 'stateChunk') return cutPart(request.part, source, CHUNK_BYTES)
  const hash = hashFromBytes(request.hash)
  return { kind: 'code', code: defined(source.code(hash), `code ${hash}`) }
}
