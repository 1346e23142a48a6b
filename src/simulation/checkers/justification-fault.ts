/** What is wrong with the views and certificates that a block stands on; null when nothing is (docs/consensus.md, "What is valid"). */
import { qcDigest, tcDigest } from '../../crypto/digests.ts'
import type { Block } from '../../types/block.ts'

export function justificationFault({ header, justify, tc }: Block): string | null {
  const { view, justifyView, justifyDigest } = header.consensus
  if (justify.blockHash !== header.parentHash) return 'carries a QC of another block than its parent'
  if (justifyView !== justify.view || justifyDigest !== qcDigest(justify)) return 'carries another QC than it names'
  if (header.consensus.tcDigest !== (tc === null ? null : tcDigest(tc))) return 'carries another TC than it names'
  if (tc === null) return justify.view === view - 1 ? null : `skips from view ${justify.view} to ${view} without a TC`
  if (tc.view !== view - 1) return `has the TC of view ${tc.view} in view ${view}`
  if (justify.view >= view - 1) return `has a TC of view ${tc.view}, although that view is certified`
  return tc.highQc.view <= justify.view ? null : `stands on view ${justify.view} below the lock ${tc.highQc.view}`
}
