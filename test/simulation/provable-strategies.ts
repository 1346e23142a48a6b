/** The strategies whose every lie is signed: it makes evidence wherever it arrives. The others leave no proof. */
import type { EvidenceKind } from '../../src/types/evidence.ts'

/** By name: what the evidence is of. */
export const PROVABLE_STRATEGIES: ReadonlyMap<string, readonly EvidenceKind[]> = new Map([
  ['bad-header', ['badHeader', 'doubleProposal']],
  ['double-vote', ['doubleVote', 'doubleCommitVote']],
  ['equivocate', ['doubleProposal']],
  ['hide-lock', ['hiddenLock', 'abandonedCommit', 'doubleTimeout']],
  ['misquote', ['voteForBadHeader', 'doubleVote']],
])
