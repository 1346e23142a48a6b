/** The content of a trie in key order, loading nodes as it goes and keeping none of them. */
import { compareBytes, concatBytes } from '../base/bytes.ts'
import { fromNibbles, toNibbles } from './nibbles.ts'
import type { Child } from './node.ts'
import { loaded, type NodeSource } from './node-source.ts'

export type Entry = [key: Uint8Array, value: Uint8Array]

/** Entries whose key is `from` or above. */
export function* entriesOf(root: Child | undefined, source: NodeSource, from: Uint8Array): Generator<Entry> {
  const start = toNibbles(from)
  const open: { readonly child: Child; readonly path: Uint8Array }[] = []
  if (root !== undefined) open.push({ child: root, path: new Uint8Array(0) })
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { child, path } = next
    // Everything below is smaller than `start`.
    if (compareBytes(path, start.subarray(0, path.length)) < 0) continue
    const node = loaded(child, path, source)
    if (node.kind === 'extension') {
      open.push({ child: node.child, path: concatBytes(path, node.path) })
      continue
    }
    const valuePath = node.kind === 'leaf' ? concatBytes(path, node.path) : path
    if (node.value !== undefined && compareBytes(valuePath, start) >= 0) yield [fromNibbles(valuePath), node.value]
    if (node.kind === 'leaf') continue
    for (let nibble = 15; nibble >= 0; nibble--) {
      const below = node.children[nibble]
      if (below !== undefined) open.push({ child: below, path: concatBytes(path, Uint8Array.of(nibble)) })
    }
  }
}
