/** Where clean nodes come from when they are needed, and what is thrown when they are gone. */
import { toHex } from '../base/bytes.ts'
import { invariant } from '../base/invariant.ts'
import { type Branch, type Child, type Extension, HASH_BYTES, type Node } from './node.ts'
import { decodeNode } from './node-codec.ts'

/**
 * Clean nodes are kept under (path, hash); the path is in nibbles from the root, one per byte.
 * The source answers for the integrity of what it returns; it is not hashed again.
 */
export interface NodeSource {
  load(path: Uint8Array, hash: Uint8Array): Uint8Array | undefined
}

/** For tries that live in memory alone. */
export const NO_SOURCE: NodeSource = { load: () => undefined }

/** The node is not in the store: the state it belongs to has been pruned, or never was there. */
export class MissingNodeError extends Error {
  override readonly name = 'MissingNodeError'
  readonly path: Uint8Array
  readonly hash: Uint8Array

  constructor(path: Uint8Array, hash: Uint8Array) {
    super(`state pruned: no trie node ${toHex(hash)} at path [${Array.from(path, (n) => n.toString(16)).join('')}]`)
    this.path = path
    this.hash = hash
  }
}

export function loaded(child: Child, path: Uint8Array, source: NodeSource): Node {
  if (child.kind !== 'unloaded') return child
  const encoding = source.load(path, child.reference)
  if (encoding === undefined) throw new MissingNodeError(path, child.reference)
  const node = decodeNode(encoding)
  invariant(node !== undefined, `the store returned a malformed trie node for ${toHex(child.reference)}`)
  // A root shorter than a hash is stored under its hash all the same.
  node.reference = encoding.length < HASH_BYTES ? encoding : child.reference
  return node
}

/** Child `nibble` of a branch, which keeps it in memory from now on. `path` is the child's. */
export function branchChild(branch: Branch, nibble: number, path: Uint8Array, source: NodeSource): Node | undefined {
  const child = branch.children[nibble]
  if (child === undefined || child.kind !== 'unloaded') return child
  const node = loaded(child, path, source)
  branch.children[nibble] = node
  return node
}

/** The child of an extension, which keeps it in memory from now on. `path` is the child's. */
export function extensionChild(extension: Extension, path: Uint8Array, source: NodeSource): Node {
  const node = loaded(extension.child, path, source)
  extension.child = node
  return node
}
