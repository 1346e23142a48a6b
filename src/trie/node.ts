/**
 * The nodes of the trie. A node never changes what it stands for; two things are filled in
 * later and may be forgotten again without anyone noticing: its reference, and whether a
 * child is in memory (`Branch.children`, `Extension.child`) or only known by its hash.
 */

export type Node = Leaf | Extension | Branch
export type Child = Node | Unloaded

/**
 * How a parent names a node: the keccak256 of its encoding (32 bytes), or the encoding itself
 * when that is shorter than 32 bytes ("inline").
 */
export type Reference = Uint8Array

/** A clean node that is in the store and not in memory. */
export class Unloaded {
  readonly kind = 'unloaded'
  readonly reference: Reference

  constructor(hash: Uint8Array) {
    this.reference = hash
  }
}

export class Leaf {
  readonly kind = 'leaf'
  reference: Reference | undefined = undefined
  /** What is left of the key below the parent; may be empty. */
  readonly path: Uint8Array
  readonly value: Uint8Array

  constructor(path: Uint8Array, value: Uint8Array) {
    this.path = path
    this.value = value
  }
}

export class Extension {
  readonly kind = 'extension'
  reference: Reference | undefined = undefined
  /** Never empty. */
  readonly path: Uint8Array
  /** Always a branch, in memory or not. */
  child: Child

  constructor(path: Uint8Array, child: Child) {
    this.path = path
    this.child = child
  }
}

export class Branch {
  readonly kind = 'branch'
  reference: Reference | undefined = undefined
  /** Sixteen. */
  readonly children: (Child | undefined)[]
  readonly value: Uint8Array | undefined
  /** Kept once written: most of the next version's encoding is the same. */
  encoding: Uint8Array | undefined = undefined
  /** The encoding of an earlier version with this value, and in which children (a bit each) it differs. */
  outdated: Uint8Array | undefined = undefined
  changed = 0

  constructor(children: (Child | undefined)[], value: Uint8Array | undefined) {
    this.children = children
    this.value = value
  }

  /** The version with these children, of which those named by the bits of `changed` are other ones. */
  withChildren(children: (Child | undefined)[], changed: number): Branch {
    const next = new Branch(children, this.value)
    next.outdated = this.encoding ?? this.outdated
    next.changed = this.encoding === undefined ? this.changed | changed : changed
    return next
  }
}

export const HASH_BYTES = 32

export function isInline(reference: Reference): boolean {
  return reference.length < HASH_BYTES
}

export function noChildren(): (Child | undefined)[] {
  return new Array<Child | undefined>(16).fill(undefined)
}
