/**
 * Everything a trie holds between two keys, checked against a root one trusts and nothing else.
 *
 * The proof is the nodes on the two edges of the range. Whatever lies wholly between the edges
 * is built again from the entries and compared with the reference that the edge holds for it,
 * so an entry left out, added or changed is seen at once. Keys are hashes: all of 32 bytes, so
 * that no value lies in a branch.
 */
import { bytesEqual, compareBytes, concatBytes } from '../base/bytes.ts'
import { type Rejection, rejection } from '../base/rejection.ts'
import { err, ok, type Result } from '../base/result.ts'
import { keccak256 } from '../crypto/keccak.ts'
import type { Entry } from './entries.ts'
import { childrenOf, type Edges, edgesOf, type KeyRange } from './key-range.ts'
import { build } from './merge.ts'
import { toNibbles } from './nibbles.ts'
import { type Child, type Node, Unloaded } from './node.ts'
import { decodeNode, referenceOf } from './node-codec.ts'
import { EMPTY_ROOT } from './trie.ts'

type RangeRejection = Rejection<'invalid-range'>

const KEY_BYTES = 32
const KEY_NIBBLES = 2 * KEY_BYTES

/**
 * Whether `entries` are all that the trie under `root` holds in the range, in key order. Refuses
 * anything else, a proof with more than is needed included; never throws.
 */
export function verifyRange(
  root: Uint8Array,
  range: KeyRange,
  entries: readonly Entry[],
  proof: readonly Uint8Array[],
): Result<void, RangeRejection> {
  const problem = problemOfForm(range, entries)
  if (problem !== undefined) return refused(problem)
  if (bytesEqual(root, EMPTY_ROOT)) {
    return entries.length + proof.length === 0 ? ok(undefined) : refused('the trie is empty')
  }
  const check = new RangeCheck(range, entries, proof)
  const reason = check.run(root)
  return reason === undefined ? ok(undefined) : refused(reason)
}

function problemOfForm(range: KeyRange, entries: readonly Entry[]): string | undefined {
  if (range.from.length !== KEY_BYTES || range.to.length !== KEY_BYTES) return 'the range does not end at keys'
  if (compareBytes(range.from, range.to) > 0) return 'the range ends before it starts'
  let before: Uint8Array | undefined
  for (const [key, value] of entries) {
    if (key.length !== KEY_BYTES || value.length === 0) return 'an entry is malformed'
    if (before !== undefined && compareBytes(before, key) >= 0) return 'the entries are not in key order'
    if (compareBytes(key, range.from) < 0 || compareBytes(key, range.to) > 0) return 'an entry is out of the range'
    before = key
  }
  return undefined
}

class RangeCheck {
  readonly #edges: Edges
  readonly #entries: readonly { readonly path: Uint8Array; readonly value: Uint8Array }[]
  readonly #proof: readonly Uint8Array[]
  /** How many entries and nodes of the proof the walk has passed. */
  #checked = 0
  #used = 0

  constructor(range: KeyRange, entries: readonly Entry[], proof: readonly Uint8Array[]) {
    this.#edges = edgesOf(range)
    this.#entries = entries.map(([key, value]) => ({ path: toNibbles(key), value }))
    this.#proof = proof
  }

  /** Says what is wrong, if anything is. */
  run(root: Uint8Array): string | undefined {
    const reason = this.#check(new Unloaded(root), new Uint8Array(0))
    if (reason !== undefined) return reason
    if (this.#checked < this.#entries.length) return 'there are entries that the trie does not hold'
    return this.#used === this.#proof.length ? undefined : 'the proof has nodes that prove nothing'
  }

  #check(child: Child | undefined, path: Uint8Array): string | undefined {
    if (child === undefined) return undefined
    if (path.length > KEY_NIBBLES) return 'the trie is deeper than a key is long'
    const side = this.#edges.side(path)
    if (side === 'outside') return undefined
    return side === 'inside' ? this.#checkBuilt(child, path) : this.#checkEdge(child, path)
  }

  #checkBuilt(child: Child, path: Uint8Array): string | undefined {
    const start = this.#checked
    while (startsWith(this.#entries[this.#checked]?.path, path)) this.#checked += 1
    const built = build(this.#entries.slice(start, this.#checked), path.length)
    if (built === undefined) return 'entries of the range are missing'
    return bytesEqual(referenceOf(built), referenceTo(child)) ? undefined : 'the entries are not those of the trie'
  }

  #checkEdge(child: Child, path: Uint8Array): string | undefined {
    const node = child.kind === 'unloaded' ? this.#next(child.reference) : child
    if (typeof node === 'string') return node
    if (node.kind === 'leaf') return this.#checkLeaf(node.value, concatBytes(path, node.path))
    if (node.kind === 'branch' && node.value !== undefined) return 'a key of the trie is too short'
    for (const [below, pathBelow] of childrenOf(node, path)) {
      const reason = this.#check(below, pathBelow)
      if (reason !== undefined) return reason
    }
    return undefined
  }

  #checkLeaf(value: Uint8Array, path: Uint8Array): string | undefined {
    if (path.length !== KEY_NIBBLES) return 'a key of the trie has another length'
    if (!this.#edges.holds(path)) return undefined
    const entry = this.#entries[this.#checked]
    if (entry === undefined || !bytesEqual(entry.path, path)) return 'entries of the range are missing'
    this.#checked += 1
    return bytesEqual(entry.value, value) ? undefined : 'the entries are not those of the trie'
  }

  #next(reference: Uint8Array): Node | string {
    const encoding = this.#proof[this.#used]
    if (encoding === undefined) return 'the proof ends before the range does'
    if (!bytesEqual(keccak256(encoding), reference)) return `node ${this.#used} is not the one named above it`
    const node = decodeNode(encoding)
    if (node === undefined) return `node ${this.#used} is malformed`
    this.#used += 1
    return node
  }
}

function referenceTo(child: Child): Uint8Array {
  return child.kind === 'unloaded' ? child.reference : referenceOf(child)
}

function startsWith(path: Uint8Array | undefined, prefix: Uint8Array): boolean {
  return path !== undefined && bytesEqual(path.subarray(0, prefix.length), prefix)
}

function refused(message: string): { readonly ok: false; readonly error: RangeRejection } {
  return err(rejection('invalid-range', message))
}
