/** The proof that a range of keys holds what it holds: the nodes on its two edges, in the order of a walk from the root. */
import { childrenOf, edgesOf, type KeyRange } from './key-range.ts'
import { type Child, isInline } from './node.ts'
import { encodeNode, referenceOf } from './node-codec.ts'
import { loaded, type NodeSource } from './node-source.ts'

/** The nodes above are hashed. Nodes below 32 bytes lie inside their parents and are not listed; the root always is. */
export function rangeProof(top: Child | undefined, source: NodeSource, range: KeyRange): Uint8Array[] {
  const edges = edgesOf(range)
  const proof: Uint8Array[] = []

  function walk(child: Child, path: Uint8Array): void {
    if (edges.side(path) !== 'edge') return
    const node = loaded(child, path, source)
    if (path.length === 0 || !isInline(referenceOf(node))) proof.push(encodeNode(node))
    for (const [below, pathBelow] of childrenOf(node, path)) if (below !== undefined) walk(below, pathBelow)
  }

  if (top !== undefined) walk(top, new Uint8Array(0))
  return proof
}
