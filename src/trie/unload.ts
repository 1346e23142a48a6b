/**
 * Keeps the memory of a trie within a budget. The top levels are kept, because every access
 * goes through them; what lies below costs a read of the store when it is needed again.
 */
import { invariant } from '../base/invariant.ts'
import { type Child, isInline, type Node, Unloaded } from './node.ts'

/**
 * Measured with Node 20 on 64 bits: the heap after a collection, over 100,000 of each. A leaf or an extension with
 * its path and its hash, a branch with its slots and its hash, what an array costs besides its bytes, a hash alone.
 */
const NODE_BYTES = 560
const BRANCH_BYTES = 490
const ARRAY_BYTES = 190
const UNLOADED_BYTES = 270

/** Breadth first, so the cut is level. Returns the bytes held afterwards, about. */
export function unloadBelow(root: Child | undefined, bytesMax: number): number {
  if (root === undefined || root.kind === 'unloaded') return 0
  const kept: Node[] = [root]
  let bytes = bytesOf(root)
  for (let i = 0; i < kept.length; i++) {
    const node = kept[i] as Node
    if (node.kind === 'extension') {
      node.child = keptOrUnloaded(node.child)
    } else if (node.kind === 'branch') {
      for (let nibble = 0; nibble < 16; nibble++) {
        const child = node.children[nibble]
        if (child !== undefined) node.children[nibble] = keptOrUnloaded(child)
      }
    }
  }
  return bytes

  function keptOrUnloaded(child: Child): Child {
    if (child.kind === 'unloaded') return child
    invariant(child.reference !== undefined, 'only hashed nodes are unloaded')
    const size = bytesOf(child)
    if (bytes + size - UNLOADED_BYTES > bytesMax && !isInline(child.reference)) return new Unloaded(child.reference)
    bytes += size - UNLOADED_BYTES
    kept.push(child)
    return child
  }
}

/** As if its children were unloaded, which is the least a kept node costs. */
function bytesOf(node: Node): number {
  if (node.kind === 'extension') return NODE_BYTES + UNLOADED_BYTES
  if (node.kind === 'leaf') return NODE_BYTES + ARRAY_BYTES + node.value.length
  let bytes = BRANCH_BYTES
  if (node.encoding !== undefined) bytes += ARRAY_BYTES + node.encoding.length
  for (const child of node.children) if (child !== undefined) bytes += UNLOADED_BYTES
  return bytes
}
