/**
 * The blocks above the committed tip, as a tree rooted there. Knows ancestry and how far each
 * block has come; knows nothing of votes.
 */
import { defined } from '../base/invariant.ts'
import { isPlanted } from '../base/planted-bug.ts'
import type { Block } from '../types/block.ts'
import type { Hash, Height, View } from '../types/ids.ts'
import type { Verified } from '../types/verified.ts'

export type BlockState = 'known' | 'executing' | 'executed' | 'invalid'

export interface BlockNode {
  readonly block: Verified<Block>
  state: BlockState
}

export interface CommittedTip {
  readonly hash: Hash
  readonly height: Height
  /** 0 for the root of the epoch. */
  readonly view: View
}

/** What stands between a block and the committed tip. */
export type ChainTo =
  | { readonly kind: 'connected' /** Oldest first. */; readonly nodes: readonly BlockNode[] }
  | {
      readonly kind: 'missing'
      readonly hash: Hash /** The block that names it, if one is held. */
      readonly child: Block | null
    }
  /** Goes past the tip without meeting it. */
  | { readonly kind: 'conflicting' }

/** BOUND: blocks kept above the tip; beyond it those of the lowest views that nothing protects leave. */
const BLOCKS_MAX = 256
/** BOUND: how far above the tip the chain to a certified block is held, and fetched while nothing higher is final. */
export const UNFINAL_BLOCKS_MAX = 512

export class BlockTree {
  readonly #nodes = new Map<Hash, BlockNode>()
  #tip: CommittedTip

  constructor(tip: CommittedTip) {
    this.#tip = tip
  }

  get tip(): CommittedTip {
    return this.#tip
  }

  get size(): number {
    return this.#nodes.size
  }

  get(hash: Hash): BlockNode | undefined {
    return this.#nodes.get(hash)
  }

  /** The tip or a block above it. */
  has(hash: Hash): boolean {
    return hash === this.#tip.hash || this.#nodes.has(hash)
  }

  /** False when it is held already or not above the tip. */
  add(block: Verified<Block>): boolean {
    if (this.#nodes.has(block.hash) || block.header.height <= this.#tip.height) return false
    this.#nodes.set(block.hash, { block, state: 'known' })
    return true
  }

  isExecuted(hash: Hash): boolean {
    return hash === this.#tip.hash || this.#nodes.get(hash)?.state === 'executed'
  }

  chainTo(hash: Hash): ChainTo {
    const nodes: BlockNode[] = []
    let child: Block | null = null
    let next = hash
    while (next !== this.#tip.hash) {
      const node = this.#nodes.get(next)
      if (node === undefined) {
        const beside = child !== null && parentHeight(child) <= this.#tip.height
        return beside ? { kind: 'conflicting' } : { kind: 'missing', hash: next, child }
      }
      nodes.push(node)
      child = node.block
      next = child.header.parentHash
    }
    return { kind: 'connected', nodes: nodes.reverse() }
  }

  /**
   * Moves the tip to a block of the tree; what is known not to descend from it is forgotten. A block
   * whose ancestors are still to come stays: it may be the only copy of one that is certified.
   */
  commit(hash: Hash): void {
    const { header } = defined(this.#nodes.get(hash), 'the committed block').block
    this.#tip = { hash, height: header.height, view: header.consensus.view }
    const dropped = new Set<Hash>()
    for (const { block } of this.#byView()) {
      const { height, parentHash } = block.header
      const isBeside = height <= header.height || (parentHeight(block) === header.height && parentHash !== hash)
      if (__CANARIES__ && isPlanted('pending-blocks-forgotten') && parentHash !== hash && !this.#nodes.has(parentHash))
        this.#nodes.delete(block.hash)
      if (!isBeside && !dropped.has(parentHash)) continue
      if (block.hash !== hash) dropped.add(block.hash)
      this.#nodes.delete(block.hash)
    }
  }

  /** Keeps the bound; the chains to `needed` stay, unless what they lack is far above the tip: it comes in ranges, and they with it. */
  evict(needed: readonly Hash[]): void {
    if (this.#nodes.size <= BLOCKS_MAX) return
    const kept = new Set<Hash>()
    for (const hash of needed) {
      const held: Block[] = []
      for (let node = this.#nodes.get(hash); node !== undefined; node = this.#nodes.get(node.block.header.parentHash))
        held.push(node.block)
      const lowest = held.at(-1)?.header.height ?? 0
      if (lowest <= this.#tip.height + UNFINAL_BLOCKS_MAX) for (const block of held) kept.add(block.hash)
    }
    for (const { block } of this.#byView()) {
      if (this.#nodes.size <= BLOCKS_MAX) return
      if (!kept.has(block.hash)) this.#nodes.delete(block.hash)
    }
  }

  /** Parents before their children. */
  #byView(): BlockNode[] {
    return [...this.#nodes.values()].sort((a, b) => a.block.header.consensus.view - b.block.header.consensus.view)
  }
}

/** A SUFFIX block stands at the height of its parent: the ledger does not know it. */
function parentHeight({ header }: Block): Height {
  return header.consensus.suffix ? header.height : header.height - 1
}
