/**
 * What a store of nodes keyed by (path, hash) must write and may later drop to go from one
 * trie to another: both are walked together, nibble by nibble, and whatever they share at the
 * same path is passed over by its reference.
 */
import { bytesEqual } from '../base/bytes.ts'
import { type Child, type Extension, isInline, type Node, type Reference } from './node.ts'
import { encodeNode, referenceOf, rootHashOf } from './node-codec.ts'
import { loaded, type NodeSource } from './node-source.ts'

export interface CreatedNode {
  /** Nibbles from the root, one per byte. */
  readonly path: Uint8Array
  readonly hash: Uint8Array
  readonly encoding: Uint8Array
}

export type StaleNode = Pick<CreatedNode, 'path' | 'hash'>

/** A position on the way through the path of an extension. */
export interface Inside {
  readonly kind: 'inside'
  readonly extension: Extension
  readonly offset: number
}

export type Position = Child | Inside | undefined

export interface Side {
  readonly root: Child | undefined
  readonly source: NodeSource
}

/** Both in path order. Nodes below 32 bytes lie inside their parents and are not listed; the root always is. */
export function difference(before: Side, after: Side): { created: CreatedNode[]; stale: StaleNode[] } {
  const created: CreatedNode[] = []
  const stale: StaleNode[] = []

  function walk(a: Position, b: Position, path: Uint8Array): void {
    const nodeA = standsAlone(a, path) ? loaded(a, path, before.source) : undefined
    const nodeB = standsAlone(b, path) ? loaded(b, path, after.source) : undefined
    if (nodeA !== undefined) stale.push({ path, hash: hashAt(nodeA, path) })
    if (nodeB !== undefined) created.push({ path, hash: hashAt(nodeB, path), encoding: encodeNode(nodeB) })
    const fromA = nodeA ?? inside(a)
    const fromB = nodeB ?? inside(b)
    for (let nibble = 0; nibble < 16; nibble++) {
      const nextA = step(fromA, nibble)
      const nextB = step(fromB, nibble)
      if (!isSame(nextA, nextB)) walk(nextA, nextB, extended(path, nibble))
    }
  }

  if (!isSame(before.root, after.root)) walk(before.root, after.root, new Uint8Array(0))
  return { created, stale }
}

/** An inline node is part of its parent, and there can be no hash below it. */
function standsAlone(position: Position, path: Uint8Array): position is Child {
  if (position === undefined || position.kind === 'inside') return false
  return path.length === 0 || !isInline(reference(position))
}

function inside(position: Position): Inside | undefined {
  return position?.kind === 'inside' ? position : undefined
}

function reference(child: Child): Reference {
  return child.kind === 'unloaded' ? child.reference : referenceOf(child)
}

function hashAt(node: Node, path: Uint8Array): Uint8Array {
  return path.length === 0 ? rootHashOf(node) : referenceOf(node)
}

export function isSame(a: Position, b: Position): boolean {
  if (a === b) return true
  if (a === undefined || b === undefined || a.kind === 'inside' || b.kind === 'inside') return false
  return bytesEqual(reference(a), reference(b))
}

export function step(position: Node | Inside | undefined, nibble: number): Position {
  switch (position?.kind) {
    case 'branch':
      return position.children[nibble]
    case 'extension':
      return along(position, 0, nibble)
    case 'inside':
      return along(position.extension, position.offset, nibble)
    case 'leaf':
    case undefined:
      return undefined
  }
}

function along(extension: Extension, offset: number, nibble: number): Position {
  if (extension.path[offset] !== nibble) return undefined
  const next = offset + 1
  return next === extension.path.length ? extension.child : { kind: 'inside', extension, offset: next }
}

export function extended(path: Uint8Array, nibble: number): Uint8Array {
  const longer = new Uint8Array(path.length + 1)
  longer.set(path)
  longer[path.length] = nibble
  return longer
}
