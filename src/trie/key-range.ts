/** A range of keys as seen from the nodes above it. */
import { compareBytes, concatBytes } from '../base/bytes.ts'
import { toNibbles } from './nibbles.ts'
import type { Child, Node } from './node.ts'

/** Both ends belong to it; 32 bytes each. */
export interface KeyRange {
  readonly from: Uint8Array
  readonly to: Uint8Array
}

export interface Edges {
  /** Where all keys below a path lie, or that the path leads along an end of the range. */
  side(path: Uint8Array): 'outside' | 'inside' | 'edge'
  holds(path: Uint8Array): boolean
}

export function edgesOf(range: KeyRange): Edges {
  const from = toNibbles(range.from)
  const to = toNibbles(range.to)
  return {
    side(path) {
      const above = compareBytes(path, from.subarray(0, path.length))
      const below = compareBytes(path, to.subarray(0, path.length))
      if (above < 0 || below > 0) return 'outside'
      return above > 0 && below < 0 ? 'inside' : 'edge'
    },
    holds: (path) => compareBytes(path, from) >= 0 && compareBytes(path, to) <= 0,
  }
}

/** With their paths from the root, in order. */
export function childrenOf(node: Node, path: Uint8Array): (readonly [Child | undefined, Uint8Array])[] {
  if (node.kind === 'leaf') return []
  if (node.kind === 'extension') return [[node.child, concatBytes(path, node.path)]]
  return node.children.map((child, nibble) => [child, concatBytes(path, Uint8Array.of(nibble))] as const)
}
