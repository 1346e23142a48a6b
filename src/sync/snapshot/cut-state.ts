/** A state as the records of a snapshot, one at a time and none kept: accounts in key order, each chunk followed by what its accounts store. */
import { EMPTY_BYTES } from '../../base/bytes.ts'
import { defined } from '../../base/invariant.ts'
import { decodeAccount, EMPTY_CODE_HASH, EMPTY_STORAGE_ROOT } from '../../ledger/account.ts'
import type { StateSource } from '../../ledger/state-source.ts'
import { Trie } from '../../trie/trie.ts'
import { type Hash, idBytes } from '../../types/ids.ts'
import type { StateRecord } from './snapshot-records.ts'
import { CHUNK_BYTES, cutChunk, keyBehind, LOWEST_KEY, type StateChunk } from './state-chunk.ts'

/** Throws the trie's MissingNodeError when the state is not kept. */
export function* cutState(root: Hash, source: StateSource): Generator<StateRecord> {
  for (const chunk of chunksOf(root, EMPTY_BYTES, source)) {
    yield { kind: 'chunk', owner: EMPTY_BYTES, chunk }
    for (const [owner, encoding] of chunk.entries) {
      const { storageRoot, codeHash } = decodeAccount(encoding)
      if (storageRoot !== EMPTY_STORAGE_ROOT)
        for (const part of chunksOf(storageRoot, owner, source)) yield { kind: 'chunk', owner, chunk: part }
      if (codeHash !== EMPTY_CODE_HASH) yield { kind: 'code', code: defined(source.code(codeHash), `code ${codeHash}`) }
    }
  }
}

function* chunksOf(root: Hash, owner: Uint8Array, source: StateSource): Generator<StateChunk> {
  const trie = Trie.at(idBytes(root), { load: (path, hash) => source.node(owner, path, hash) })
  for (let from: Uint8Array | undefined = LOWEST_KEY; from !== undefined; ) {
    const chunk = cutChunk(trie, from, CHUNK_BYTES)
    yield chunk
    from = keyBehind(chunk.range)
  }
}
