/**
 * Keeps the memory of a trie within a budget. The top levels are kept, because every access
 * goes through them; what lies below costs a read of the store when it is needed again.
 */
import { invariant } from '../base/invariant.ts'
import { type Child, isInline, type Node, Unloaded } from './node.ts'

/** Measured on 64-bit V8: the object, its path and its hash; what hangs on it comes on top. */
const NODE_BYTES = 350
const BRANCH_SLOTS_BYTES = 150
const ENCODING_BYTES = 200
const UNLOADED_BYTES = 170

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
  if (node.kind === 'leaf') return NODE_BYTES + node.value.length
  let bytes = NODE_BYTES + BRANCH_SLOTS_BYTES
  if (node.encoding !== undefined) bytes += ENCODING_BYTES + node.encoding.length
  for (const child of node.children) if (child !== undefined) bytes += UNLOADED_BYTES
  return bytes
}
