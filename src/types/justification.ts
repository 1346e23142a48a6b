/**
 * The view arithmetic of a justified block (docs/consensus.md, "What is valid"): either the
 * block before is certified in the very view before, or a TC proves that the view before failed and
 * that no higher QC than `justify` was promised there. Signatures and digests are judged elsewhere.
 */
import { isPlanted } from '../base/planted-bug.ts'
import type { Block } from './block.ts'

export function hasJustifiedViews(block: Pick<Block, 'header' | 'justify' | 'tc'>): boolean {
  const { view, epoch } = block.header.consensus
  const { justify, tc } = block
  const isParent = justify.blockHash === block.header.parentHash || (__CANARIES__ && isPlanted('parent-unchecked'))
  if (justify.epoch !== epoch || !isParent) return false
  if (tc === null) return justify.view === view - 1 || (__CANARIES__ && isPlanted('justify-gap-accepted'))
  const isLockKept = tc.highQc.view <= justify.view || (__CANARIES__ && isPlanted('lock-of-tc-ignored'))
  const isOfViewBefore = tc.view === view - 1 || (__CANARIES__ && isPlanted('tc-view-unchecked'))
  const isNeeded = justify.view < view - 1 || (__CANARIES__ && isPlanted('needless-tc-accepted'))
  return tc.epoch === epoch && isOfViewBefore && isLockKept && isNeeded
}
