/** Certificates move the highest QC and TC, the view, and what is to be committed. Nothing else does. */
import type { CommitCertificate, QuorumCertificate, TimeoutCertificate } from '../types/certificate.ts'
import type { CertificateBundle } from '../types/consensus-message.ts'
import { type FinalityProof, finalHash } from '../types/finality.ts'
import type { View } from '../types/ids.ts'
import { type Verified, verifiedPart } from '../types/verified.ts'
import { type CoreState, halt, type PendingCommit } from './core-state.ts'

export function takeQc(state: CoreState, qc: Verified<QuorumCertificate>): void {
  const other = otherBlockOfView(state, qc)
  if (other !== undefined) halt(state, `two blocks are certified in view ${qc.view}`, [other, qc])
  if (qc.view > state.tree.tip.view && !state.certified.has(qc.view)) {
    state.certified.set(qc.view, qc)
    showRival(state, qc)
  }
  const certified = state.tree.get(qc.blockHash)
  if (certified?.state === 'invalid')
    halt(state, `a quorum certified block ${qc.blockHash}, which our own execution refuses`, [qc], certified.block)
  if (qc.view > state.highQc.view) {
    state.highQc = qc
    state.flushSinceMs = null
  }
  if (qc.view >= state.pacemaker.view) enterView(state, qc.view + 1, 'qc')
}

export function takeTc(state: CoreState, tc: Verified<TimeoutCertificate>): void {
  // The QC inside a verified TC was verified with it.
  takeQc(state, verifiedPart(tc, tc.highQc))
  if (tc.view < state.pacemaker.view) return
  state.highTc = tc
  enterView(state, tc.view + 1, 'tc')
}

export function takeCommitCertificate(state: CoreState, certificate: Verified<CommitCertificate>): void {
  takePending(state, { hash: certificate.blockHash, certificate, suffix: [] })
}

export function takeFinality(state: CoreState, finality: Verified<FinalityProof>): void {
  const certificate = verifiedPart(finality, finality.certificate)
  takePending(state, { hash: finalHash(finality), certificate, suffix: finality.suffix })
}

function takePending(state: CoreState, pending: PendingCommit): void {
  const { certificate } = pending
  const { tip } = state.tree
  if (certificate.view <= tip.view) {
    checkAgainstCommitted(state, certificate)
    return
  }
  if (state.highCommit === null || certificate.view > state.highCommit.view) state.highCommit = certificate
  if (state.pendingCommit === null || comesBefore(state, pending, state.pendingCommit)) state.pendingCommit = pending
}

/** What can be applied is not kept waiting by what still lacks blocks: so a chain is caught up with piece by piece. */
function comesBefore(state: CoreState, news: PendingCommit, pending: PendingCommit): boolean {
  const lacksBlocks = state.tree.chainTo(news.hash).kind === 'missing'
  const pendingLacksBlocks = state.tree.chainTo(pending.hash).kind === 'missing'
  if (lacksBlocks !== pendingLacksBlocks) return pendingLacksBlocks
  if (news.certificate.view !== pending.certificate.view) return news.certificate.view > pending.certificate.view
  // The blocks of a suffix that is proven need not be held.
  return news.suffix.length > pending.suffix.length
}

/** Its leader proposed to us what it did not propose to those who certified another block. */
function showRival(state: CoreState, { view, blockHash }: QuorumCertificate): void {
  const proposal = state.proposals.get(view)
  if (proposal !== undefined && proposal.block.hash !== blockHash)
    state.effects.push({ kind: 'sendProposal', proposal })
}

/** One view certifies one block, as long as no more are faulty than the model allows. */
function otherBlockOfView(state: CoreState, { view, blockHash }: QuorumCertificate): object | undefined {
  const known = [state.certified.get(view), state.highQc, state.rules?.record.lastCommitVote]
  return known.find((other) => other?.view === view && other.blockHash !== blockHash) ?? undefined
}

/** Whether another block is known to be certified in its view: then its signers have lied. */
export function contradictsCertified(state: CoreState, qc: QuorumCertificate): boolean {
  return qc.view > 0 && otherBlockOfView(state, qc) !== undefined
}

export function takeBundle(state: CoreState, bundle: Verified<CertificateBundle>): void {
  const { highQc, tc, commitCertificate } = bundle
  if (commitCertificate !== null) takeCommitCertificate(state, verifiedPart(bundle, commitCertificate))
  takeQc(state, verifiedPart(bundle, highQc))
  if (tc !== null) takeTc(state, verifiedPart(bundle, tc))
}

/** Whether it is of our committed past but for no block of it. */
export function contradictsCommitted(state: CoreState, certificate: CommitCertificate): boolean {
  const oldest = state.committedViews.keys().next()
  if (oldest.done === true || certificate.view < oldest.value || certificate.view > state.tree.tip.view) return false
  return state.committedViews.get(certificate.view) !== certificate.blockHash
}

/** Two finalities in one chain's past cannot both be true. */
function checkAgainstCommitted(state: CoreState, certificate: CommitCertificate): void {
  if (!contradictsCommitted(state, certificate)) return
  halt(state, `block ${certificate.blockHash} is certified as final but is not in the committed chain`, [
    certificate,
    state.highCommit,
  ])
}

function enterView(state: CoreState, view: View, by: 'qc' | 'tc'): void {
  const { armedAtMs, nowMs } = state
  // What only waited for commit votes says nothing of how long a view takes.
  const tookMs = armedAtMs === null || nowMs < armedAtMs ? null : nowMs - armedAtMs
  state.pacemaker.enter(view, by, tookMs)
  state.armedAtMs = null
  state.giveUp = null
  state.buildingView = null
  state.votes.forgetBelow(view)
  state.commitVotes.forgetBelow(view)
  for (const timer of ['view', 'nudge', 'propose'] as const)
    if (state.timers.delete(timer)) state.effects.push({ kind: 'clearTimer', timer })
  state.effects.push({ kind: 'viewEntered', view, by, leader: state.pacemaker.leader(view) })
}
