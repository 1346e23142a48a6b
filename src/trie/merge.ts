/**
 * Applies a sorted batch of changes to a trie in one pass from the root. Every node the batch
 * touches is visited and copied once, whatever the number of changes below it, and is brought
 * into its one canonical shape once, on the way back. So the result depends on the resulting
 * content alone, and parts that no change reaches are shared with the trie before.
 */
import { bytesEqual, compareBytes, concatBytes } from '../base/bytes.ts'
import { commonPrefixLength, suffixEquals, toNibbles } from './nibbles.ts'
import { Branch, Extension, Leaf, type Node, noChildren } from './node.ts'
import { branchChild, extensionChild, type NodeSource } from './node-source.ts'

interface Change {
  readonly path: Uint8Array
  /** Never empty; undefined deletes. */
  readonly value: Uint8Array | undefined
}

interface Entry extends Change {
  readonly value: Uint8Array
}

interface Batch {
  /** In path order, each path once. */
  readonly changes: readonly Change[]
  readonly source: NodeSource
}

/** An undefined or empty value deletes; of several changes to one key the last holds. */
export type Changes = Iterable<readonly [key: Uint8Array, value: Uint8Array | undefined]>

export function merged(root: Node | undefined, changes: Changes, source: NodeSource): Node | undefined {
  const sorted = inOrder(changes)
  return merge(root, { changes: sorted, source }, 0, sorted.length, 0)
}

function inOrder(changes: Changes): Change[] {
  const keyed: { readonly key: Uint8Array; readonly start: number; readonly value: Uint8Array | undefined }[] = []
  for (const [key, value] of changes) {
    keyed.push({ key, start: startOf(key), value: value === undefined || value.length === 0 ? undefined : value })
  }
  // Numbers settle nearly every comparison of hashed keys; bytes settle the rest.
  keyed.sort((a, b) => a.start - b.start || compareBytes(a.key, b.key))
  const sorted: Change[] = []
  for (const [i, { key, value }] of keyed.entries()) {
    const next = keyed[i + 1]
    if (next === undefined || !bytesEqual(key, next.key)) sorted.push({ path: toNibbles(key), value })
  }
  return sorted
}

/** The first four bytes as a number, zeros where the key is shorter. */
function startOf(key: Uint8Array): number {
  return (((key[0] ?? 0) << 24) | ((key[1] ?? 0) << 16) | ((key[2] ?? 0) << 8) | (key[3] ?? 0)) >>> 0
}

/** All changes in [from, to) agree with the position of `node` in their first `depth` nibbles. */
function merge(node: Node | undefined, batch: Batch, from: number, to: number, depth: number): Node | undefined {
  if (from === to) return node
  if (node === undefined) return build(remaining(batch, from, to), depth)
  switch (node.kind) {
    case 'leaf':
      return mergeLeaf(node, batch, from, to, depth)
    case 'extension':
      return mergeExtension(node, batch, from, to, depth)
    case 'branch':
      return mergeBranch(node, batch, from, to, depth)
  }
}

function mergeLeaf(leaf: Leaf, batch: Batch, from: number, to: number, depth: number): Node | undefined {
  const first = batch.changes[from] as Change
  if (to - from === 1 && suffixEquals(first.path, depth, leaf.path)) {
    if (first.value === undefined) return undefined
    return bytesEqual(first.value, leaf.value) ? leaf : new Leaf(leaf.path, first.value)
  }
  const entries = remaining(batch, from, to)
  if (!overwritten(leaf, batch, from, to, depth)) {
    if (entries.length === 0) return leaf
    const path = concatBytes(first.path.subarray(0, depth), leaf.path)
    const at = entries.findIndex((entry) => compareBytes(entry.path, path) > 0)
    entries.splice(at < 0 ? entries.length : at, 0, { path, value: leaf.value })
  }
  return build(entries, depth)
}

function overwritten(leaf: Leaf, batch: Batch, from: number, to: number, depth: number): boolean {
  for (let i = from; i < to; i++) {
    if (suffixEquals((batch.changes[i] as Change).path, depth, leaf.path)) return true
  }
  return false
}

function mergeExtension(node: Extension, batch: Batch, from: number, to: number, depth: number): Node | undefined {
  const { changes, source } = batch
  const length = node.path.length
  const below = (i: number) => commonPrefixLength((changes[i] as Change).path, depth, node.path) === length
  let start = from
  while (start < to && !below(start)) start += 1
  let end = start
  while (end < to && below(end)) end += 1
  const beside = setsSomething(changes, from, start) || setsSomething(changes, end, to)
  if (beside) return split(node, batch, from, to, depth)
  if (start === end) return node
  const child = extensionChild(node, (changes[start] as Change).path.subarray(0, depth + length), source)
  const after = merge(child, batch, start, end, depth + length)
  return after === child ? node : prefixed(node.path, after)
}

function setsSomething(changes: readonly Change[], from: number, to: number): boolean {
  for (let i = from; i < to; i++) if ((changes[i] as Change).value !== undefined) return true
  return false
}

/** Some key leaves the extension half-way: a branch takes its place there. */
function split(node: Extension, batch: Batch, from: number, to: number, depth: number): Node | undefined {
  const first = batch.changes[from] as Change
  const last = batch.changes[to - 1] as Change
  const shared = Math.min(
    commonPrefixLength(first.path, depth, node.path),
    commonPrefixLength(last.path, depth, node.path),
  )
  const children = noChildren()
  const rest = node.path.slice(shared + 1)
  children[node.path[shared] as number] = rest.length === 0 ? node.child : new Extension(rest, node.child)
  const branch = mergeBranch(new Branch(children, undefined), batch, from, to, depth + shared)
  return shared === 0 ? branch : prefixed(node.path.slice(0, shared), branch)
}

function mergeBranch(node: Branch, batch: Batch, from: number, to: number, depth: number): Node | undefined {
  const { changes, source } = batch
  const first = changes[from] as Change
  const endsHere = first.path.length === depth
  const value = endsHere ? first.value : node.value
  let children: Branch['children'] | undefined
  let changed = 0
  for (let start = endsHere ? from + 1 : from; start < to; ) {
    const path = (changes[start] as Change).path
    const nibble = path[depth] as number
    let end = start + 1
    while (end < to && (changes[end] as Change).path[depth] === nibble) end += 1
    const child = branchChild(node, nibble, path.subarray(0, depth + 1), source)
    const after = merge(child, batch, start, end, depth + 1)
    if (after !== child) {
      children ??= node.children.slice()
      children[nibble] = after
      changed |= 1 << nibble
    }
    start = end
  }
  const valueStays = sameValue(value, node.value)
  if (children === undefined && valueStays) return node
  children ??= node.children.slice()
  const branch = valueStays ? node.withChildren(children, changed) : new Branch(children, value)
  return canonical(branch, first.path.subarray(0, depth), source)
}

function sameValue(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a === b || (a !== undefined && b !== undefined && bytesEqual(a, b))
}

/** A branch holds at least two things; one with less becomes the node that holds the rest. */
function canonical(branch: Branch, path: Uint8Array, source: NodeSource): Node | undefined {
  const only = branch.children.findIndex((child) => child !== undefined)
  if (only < 0) return branch.value === undefined ? undefined : new Leaf(new Uint8Array(0), branch.value)
  if (branch.value !== undefined) return branch
  for (let i = only + 1; i < 16; i++) if (branch.children[i] !== undefined) return branch
  const nibble = Uint8Array.of(only)
  return prefixed(nibble, branchChild(branch, only, concatBytes(path, nibble), source))
}

function prefixed(prefix: Uint8Array, node: Node | undefined): Node | undefined {
  switch (node?.kind) {
    case undefined:
      return undefined
    case 'leaf':
      return new Leaf(concatBytes(prefix, node.path), node.value)
    case 'extension':
      return new Extension(concatBytes(prefix, node.path), node.child)
    case 'branch':
      return new Extension(prefix, node)
  }
}

function remaining(batch: Batch, from: number, to: number): Entry[] {
  const entries: Entry[] = []
  for (let i = from; i < to; i++) {
    const { path, value } = batch.changes[i] as Change
    if (value !== undefined) entries.push({ path, value })
  }
  return entries
}

/** A trie of nothing but these entries, which are in order and agree in `depth` nibbles. */
export function build(entries: readonly Entry[], depth: number): Node | undefined {
  return entries.length === 0 ? undefined : buildRange(entries, 0, entries.length, depth)
}

function buildRange(entries: readonly Entry[], from: number, to: number, depth: number): Node {
  const first = entries[from] as Entry
  if (to - from === 1) return new Leaf(first.path.slice(depth), first.value)
  const last = entries[to - 1] as Entry
  const at = depth + commonPrefixLength(first.path, depth, last.path.subarray(depth))
  const endsHere = first.path.length === at
  const children = noChildren()
  for (let start = endsHere ? from + 1 : from; start < to; ) {
    const nibble = (entries[start] as Entry).path[at] as number
    let end = start + 1
    while (end < to && (entries[end] as Entry).path[at] === nibble) end += 1
    children[nibble] = buildRange(entries, start, end, at + 1)
    start = end
  }
  const branch = new Branch(children, endsHere ? first.value : undefined)
  return at === depth ? branch : new Extension(first.path.slice(depth, at), branch)
}
