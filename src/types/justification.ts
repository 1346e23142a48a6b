/**
 * The view arithmetic of a justified block (docs/consensus.md, "What is valid"): either the
 * block before is certified in the very view before, or a TC proves that the view before failed and
 * that no higher QC than `justify` was promised there. Signatures and digests are judged elsewhere.
 */
import type { Block } from './block.ts'

export function hasJustifiedViews(block: Pick<Block, 'header' | 'justify' | 'tc'>): boolean {
  const { view, epoch } = block.header.consensus
  const { justify, tc } = block
  if (justify.epoch !== epoch || justify.blockHash !== block.header.parentHash) return false
  if (tc === null) return justify.view === view - 1
  return tc.epoch === epoch && tc.view === view - 1 && tc.highQc.view <= justify.view && justify.view < view - 1
}
