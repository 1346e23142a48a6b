/**
 * What the journal holds above the tip of the store: final blocks that are to be applied again,
 * and blocks that were not final yet (docs/consensus.md, "After a crash").
 */
import { BoundedMap } from '../base/bounded.ts'
import type { JournalPosition } from '../storage/journal/position.ts'
import {
  BLOCK_RECORD,
  COMMIT_RECORD,
  decodeBlockRecord,
  decodeCommitRecord,
  heightOfRecord,
} from '../storage/journal-records.ts'
import type { Block } from '../types/block.ts'
import type { CommitCertificate } from '../types/certificate.ts'
import { type FinalityProof, finalHash } from '../types/finality.ts'
import type { Hash, Height } from '../types/ids.ts'

export interface RecoveredBlock {
  readonly block: Block
  readonly position: JournalPosition
}

/** Blocks of one epoch to be applied together: the proof is of the last. */
export interface RecoveredRange {
  readonly blocks: readonly Block[]
  readonly finality: FinalityProof
}

/** BOUND: blocks of no finality that a restart takes up again. */
const PENDING_MAX = 256

export class RecoveredChain {
  readonly #tip: { readonly height: Height; readonly hash: Hash }
  readonly #blocks = new Map<Hash, RecoveredBlock>()
  /** By the hash of the block that each is for. */
  readonly #proofs = new Map<Hash, FinalityProof>()

  /** `tip`: the newest block that the store has applied. */
  constructor(tip: { readonly height: Height; readonly hash: Hash }) {
    this.#tip = tip
  }

  /** A visitor for `Journal.open`. */
  visit(type: number, payload: Uint8Array, position: JournalPosition): void {
    if (heightOfRecord(payload) <= this.#tip.height) return
    if (type === BLOCK_RECORD) {
      const block = decodeBlockRecord(payload)
      this.#blocks.set(block.hash, { block, position })
    } else if (type === COMMIT_RECORD) {
      const finality = decodeCommitRecord(payload)
      this.#proofs.set(finalHash(finality), finality)
    }
  }

  /**
   * Whether the tip's child is missing although something above it is final: a journal that begins with a
   * snapshot, beside a store that does not.
   */
  get isCutOff(): boolean {
    const parents = [...this.#blocks.values()].map(({ block }) => block.header.parentHash)
    return this.#proofs.size > 0 && !parents.includes(this.#tip.hash)
  }

  get positions(): ReadonlyMap<Hash, JournalPosition> {
    return new Map([...this.#blocks].map(([hash, { position }]) => [hash, position]))
  }

  get certificates(): readonly CommitCertificate[] {
    return [...this.#proofs.values()].map(({ certificate }) => certificate)
  }

  get blocks(): readonly Block[] {
    return [...this.#blocks.values()].map(({ block }) => block)
  }

  /** In the order in which they were made final. */
  ranges(): RecoveredRange[] {
    const children = new Map<Hash, Block[]>()
    for (const { block } of this.#blocks.values()) {
      const siblings = children.get(block.header.parentHash)
      if (siblings === undefined) children.set(block.header.parentHash, [block])
      else siblings.push(block)
    }
    const final = this.#finalHashes()
    const ranges: RecoveredRange[] = []
    let path: Block[] = []
    let next = children.get(this.#tip.hash)?.find((block) => final.has(block.hash))
    while (next !== undefined) {
      path.push(next)
      const finality = this.#proofs.get(next.hash)
      if (finality !== undefined) {
        ranges.push({ blocks: path, finality })
        path = []
      }
      next = children.get(next.hash)?.find((block) => final.has(block.hash))
    }
    return ranges
  }

  /** Not final, parents first. */
  pending(): Block[] {
    const final = this.#finalHashes()
    const pending = new BoundedMap<Hash, Block>(PENDING_MAX)
    for (const block of this.blocks.toSorted(byEpochAndView)) if (!final.has(block.hash)) pending.set(block.hash, block)
    return [...pending.values()]
  }

  #finalHashes(): ReadonlySet<Hash> {
    const final = new Set<Hash>()
    for (const hash of this.#proofs.keys())
      for (
        let at = this.#blocks.get(hash);
        at !== undefined && !final.has(at.block.hash);
        at = this.#blocks.get(at.block.header.parentHash)
      )
        final.add(at.block.hash)
    return final
  }
}

function byEpochAndView({ header: { consensus: a } }: Block, { header: { consensus: b } }: Block): number {
  return a.epoch - b.epoch || a.view - b.view
}
