/** Checks what a server proves about a trie whose root one trusts (EIP-1186). Runs anywhere. */
import { bytesEqual } from '../base/bytes.ts'
import { type Rejection, rejection } from '../base/rejection.ts'
import { err, ok, type Result } from '../base/result.ts'
import { keccak256 } from '../crypto/keccak.ts'
import { commonPrefixLength, suffixEquals, toNibbles } from './nibbles.ts'
import { type Child, type Node, Unloaded } from './node.ts'
import { decodeNode } from './node-codec.ts'
import { EMPTY_ROOT } from './trie.ts'

type ProofRejection = Rejection<'invalid-proof'>

/**
 * The value at `key`, or undefined when the proof shows that there is none. The proof is the
 * nodes from the root on, exactly those that are needed. Refuses anything else, never throws.
 */
export function verifyProof(
  root: Uint8Array,
  key: Uint8Array,
  proof: readonly Uint8Array[],
): Result<Uint8Array | undefined, ProofRejection> {
  const path = toNibbles(key)
  let depth = 0
  let used = 0
  let child: Child | undefined = bytesEqual(root, EMPTY_ROOT) ? undefined : new Unloaded(root)
  let value: Uint8Array | undefined
  while (child !== undefined) {
    let node: Node
    if (child.kind === 'unloaded') {
      const encoding = proof[used]
      if (encoding === undefined) return refused('the proof ends before the key does')
      if (!bytesEqual(keccak256(encoding), child.reference))
        return refused(`node ${used} is not the one named above it`)
      const decoded = decodeNode(encoding)
      if (decoded === undefined) return refused(`node ${used} is malformed`)
      node = decoded
      used += 1
    } else {
      node = child
    }
    child = undefined
    if (node.kind === 'leaf') {
      if (suffixEquals(path, depth, node.path)) value = node.value
    } else if (node.kind === 'branch') {
      if (depth === path.length) value = node.value
      else child = node.children[path[depth] as number]
      depth += 1
    } else if (commonPrefixLength(path, depth, node.path) === node.path.length) {
      child = node.child
      depth += node.path.length
    }
  }
  return used === proof.length ? ok(value) : refused('the proof has nodes that prove nothing')
}

function refused(message: string): { readonly ok: false; readonly error: ProofRejection } {
  return err(rejection('invalid-proof', message))
}
