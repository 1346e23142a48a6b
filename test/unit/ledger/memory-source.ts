/** A store of state nodes as the node keeps them: by owner, path and hash, stale ones dropped. */
import { concatBytes, toHex } from '../../../src/base/bytes.ts'
import type { StateChanges, StateSource } from '../../../src/ledger/state-source.ts'
import type { Hash } from '../../../src/types/ids.ts'

export class MemorySource implements StateSource {
  readonly nodes = new Map<string, Uint8Array>()
  readonly codes = new Map<Hash, Uint8Array>()

  node(owner: Uint8Array, path: Uint8Array, hash: Uint8Array): Uint8Array | undefined {
    return this.nodes.get(keyOf(owner, path, hash))
  }

  code(codeHash: Hash): Uint8Array | undefined {
    return this.codes.get(codeHash)
  }

  write(changes: StateChanges): void {
    for (const { owner, path, hash } of changes.stale) this.nodes.delete(keyOf(owner, path, hash))
    for (const { owner, path, hash, encoding } of changes.created) this.nodes.set(keyOf(owner, path, hash), encoding)
    for (const [hash, code] of changes.code) this.codes.set(hash, code)
  }
}

function keyOf(owner: Uint8Array, path: Uint8Array, hash: Uint8Array): string {
  return toHex(concatBytes(owner, Uint8Array.of(path.length), path, hash))
}
