/** INVARIANT: what a signing record says only ever grows within an epoch, across all lives of its key. */
import type { SafetyRecord } from '../../types/safety-record.ts'
import { SimulationFailure } from '../simulation-failure.ts'

export function requireGrowth(node: number, before: SafetyRecord, after: SafetyRecord): void {
  if (after.epoch < before.epoch)
    throw new SimulationFailure('record goes back', `node ${node}: from epoch ${before.epoch} to ${after.epoch}`)
  if (after.epoch > before.epoch) return
  const views = viewsOf(before)
  for (const [what, view] of Object.entries(viewsOf(after)))
    if (view < (views[what] ?? 0))
      throw new SimulationFailure('record goes back', `node ${node}: ${what} from view ${views[what]} to ${view}`)
}

function viewsOf(record: SafetyRecord): Record<string, number> {
  return {
    'last vote': record.lastVotedView,
    'last timeout': record.lastTimeoutView,
    'last proposal': record.lastProposedView,
    'last commit vote': record.lastCommitVote?.view ?? 0,
    'highest QC': record.highQc.view,
    'highest TC': record.highTc?.view ?? 0,
  }
}
