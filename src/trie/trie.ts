/**
 * Ethereum's hexary Merkle Patricia trie (Yellow Paper, appendix D), persistent: every change
 * gives a new trie that shares what it did not touch, so the state after each uncommitted block
 * is a cheap overlay. Keys are taken as they are; a "secure" trie hashes them first.
 *
 * Keys and values belong to the trie once given and once returned: neither side writes to them.
 */
import { bytesEqual, EMPTY_BYTES } from '../base/bytes.ts'
import { keccak256 } from '../crypto/keccak.ts'
import { type CreatedNode, difference, type StaleNode } from './difference.ts'
import { type Entry, entriesOf } from './entries.ts'
import { type EntryDifference, firstDifference } from './first-difference.ts'
import type { KeyRange } from './key-range.ts'
import { type Changes, merged } from './merge.ts'
import { commonPrefixLength, suffixEquals, toNibbles } from './nibbles.ts'
import { type Child, isInline, type Node, Unloaded } from './node.ts'
import { encodeNode, referenceOf, rootHashOf } from './node-codec.ts'
import { branchChild, extensionChild, loaded, NO_SOURCE, type NodeSource } from './node-source.ts'
import { rangeProof } from './range-proof.ts'
import { unloadBelow } from './unload.ts'

/** keccak256 of the RLP of the empty string. */
export const EMPTY_ROOT: Uint8Array = keccak256(Uint8Array.of(0x80))

/** What a store keyed by (path, hash) writes and may later drop to go from one trie to another. */
export interface TrieChanges {
  readonly root: Uint8Array
  /** Nodes that were not at their path before: those of 32 bytes and more, and the root always. */
  readonly created: readonly CreatedNode[]
  /** Nodes that are no longer at their path. */
  readonly stale: readonly StaleNode[]
}

/** Every method that reads throws MissingNodeError when a node it needs is not in the source. */
export class Trie {
  readonly #source: NodeSource
  #top: Child | undefined
  #root: Uint8Array | undefined

  private constructor(top: Child | undefined, source: NodeSource) {
    this.#top = top
    this.#source = source
  }

  static empty(source: NodeSource = NO_SOURCE): Trie {
    return new Trie(undefined, source)
  }

  static at(root: Uint8Array, source: NodeSource): Trie {
    return new Trie(bytesEqual(root, EMPTY_ROOT) ? undefined : new Unloaded(root.slice()), source)
  }

  get(key: Uint8Array): Uint8Array | undefined {
    const path = toNibbles(key)
    const last = this.#nodesTowards(path).at(-1)
    if (last === undefined) return undefined
    const { node, depth } = last
    if (node.kind === 'leaf') return suffixEquals(path, depth, node.path) ? node.value : undefined
    return node.kind === 'branch' && depth === path.length ? node.value : undefined
  }

  /** The trie with this entry; an empty value deletes it. */
  set(key: Uint8Array, value: Uint8Array): Trie {
    return this.update([[key, value]])
  }

  delete(key: Uint8Array): Trie {
    return this.update([[key, undefined]])
  }

  /**
   * The trie with all these changes, in one pass: a block's changes belong into one call. An
   * undefined or empty value deletes, of several changes to one key the last holds. The trie
   * itself is returned when nothing changes.
   */
  update(changes: Changes): Trie {
    const top = this.#loadedTop()
    const after = merged(top, changes, this.#source)
    return after === top ? this : new Trie(after, this.#source)
  }

  /** Hashes what is new since the trie this one was derived from; computed once. */
  root(): Uint8Array {
    this.#root ??= rootOf(this.#top)
    return this.#root
  }

  /**
   * What separates this trie from `base`, from which it was derived by any number of updates.
   * (Correct for any two tries; quick for related ones, whose common parts are passed over.)
   */
  changesSince(base: Trie): TrieChanges {
    const root = this.root()
    if (bytesEqual(root, base.root())) return { root, created: [], stale: [] }
    const before = { root: base.#top, source: base.#source }
    return { root, ...difference(before, { root: this.#top, source: this.#source }) }
  }

  /** Undefined when both hold the same. Loads no more of either than the way to it. */
  firstDifference(other: Trie): EntryDifference | undefined {
    this.root()
    other.root()
    return firstDifference({ root: this.#top, source: this.#source }, { root: other.#top, source: other.#source })
  }

  /**
   * The encoded nodes from the root towards `key`, as in `eth_getProof`: nodes below 32 bytes
   * are inside their parents. Proves the value or its absence; empty for the empty trie.
   */
  proof(key: Uint8Array): Uint8Array[] {
    this.root()
    const proof: Uint8Array[] = []
    for (const { node, depth } of this.#nodesTowards(toNibbles(key))) {
      if (depth === 0 || !isInline(referenceOf(node))) proof.push(encodeNode(node))
    }
    return proof
  }

  /** The encoded nodes with which `verifyRange` checks what lies between two keys of 32 bytes. None is kept in memory. */
  rangeProof(range: KeyRange): Uint8Array[] {
    this.root()
    return rangeProof(this.#top, this.#source, range)
  }

  /** In key order, from `from` on. Nodes are loaded as needed and not kept. */
  entries(from: Uint8Array = EMPTY_BYTES): Generator<Entry> {
    return entriesOf(this.#top, this.#source, from)
  }

  /**
   * Forgets nodes below the top levels until about `bytesMax` bytes of memory are held, and
   * says how many that are. They are loaded again when needed. Only for a trie whose nodes are
   * all in its source (its `created` were stored). Acts on the shared nodes themselves, so it
   * also frees the memory of every trie that shares them; no trie changes its content.
   */
  unload(bytesMax: number): number {
    this.root()
    return unloadBelow(this.#top, bytesMax)
  }

  #loadedTop(): Node | undefined {
    if (this.#top?.kind === 'unloaded') this.#top = loaded(this.#top, EMPTY_BYTES, this.#source)
    return this.#top
  }

  /** The nodes on the way to `path`, as far as it leads; the last may belong to another key. */
  #nodesTowards(path: Uint8Array): { readonly node: Node; readonly depth: number }[] {
    const nodes: { readonly node: Node; readonly depth: number }[] = []
    let node = this.#loadedTop()
    for (let depth = 0; node !== undefined; ) {
      nodes.push({ node, depth })
      if (node.kind === 'leaf') break
      if (node.kind === 'branch') {
        if (depth === path.length) break
        const nibble = path[depth] as number
        depth += 1
        node = branchChild(node, nibble, path.subarray(0, depth), this.#source)
      } else {
        if (commonPrefixLength(path, depth, node.path) < node.path.length) break
        depth += node.path.length
        node = extensionChild(node, path.subarray(0, depth), this.#source)
      }
    }
    return nodes
  }
}

function rootOf(top: Child | undefined): Uint8Array {
  if (top === undefined) return EMPTY_ROOT
  return top.kind === 'unloaded' ? top.reference : rootHashOf(top)
}
