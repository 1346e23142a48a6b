/**
 * The only place that may allow a signature (docs/consensus.md, "What may be signed"). Each rule
 * either refuses, or answers the record that must be durable before the signature is made.
 *
 * Every rule first folds the highest certificates that the core holds into the record, so that
 * the lock on disk is never behind what the signature promises.
 */
import { invariant } from '../base/invariant.ts'
import { isPlanted } from '../base/planted-bug.ts'
import { err, ok, type Result } from '../base/result.ts'
import type { Block } from '../types/block.ts'
import type { QuorumCertificate, TimeoutCertificate } from '../types/certificate.ts'
import type { View } from '../types/ids.ts'
import { hasJustifiedViews } from '../types/justification.ts'
import type { SafetyRecord, SignedTimeout } from '../types/safety-record.ts'

/** What the core knows when it asks for a signature. */
export interface SigningContext {
  readonly currentView: View
  readonly committedView: View
  readonly highQc: QuorumCertificate
  readonly highTc: TimeoutCertificate | null
}

export class SafetyRules {
  #record: SafetyRecord

  constructor(record: SafetyRecord) {
    this.#record = record
  }

  get record(): SafetyRecord {
    return this.#record
  }

  /** INVARIANT S1: at most one vote a view, never after a timeout of it, only for a justified block. */
  signVote(block: Block, context: SigningContext): Result<SafetyRecord, string> {
    const { view } = block.header.consensus
    const record = this.#record
    if (view !== context.currentView) return err('not the current view')
    const isVotedTwice = __CANARIES__ && isPlanted('vote-twice') && record.lastVote?.blockHash !== block.hash
    if (view <= record.lastVotedView && !isVotedTwice) return err('already voted in this view')
    const mayFollowTimeout = __CANARIES__ && isPlanted('vote-after-timeout')
    if (view <= record.lastTimeoutView && !mayFollowTimeout) return err('already timed out of this view')
    if (!hasJustifiedViews(block)) return err('the block is not justified')
    return this.#allow(holding(context, block.justify, block.tc), {
      lastVotedView: view,
      lastVote: { view, blockHash: block.hash, justifyView: block.justify.view },
    })
  }

  /**
   * INVARIANT S2: no commit vote in a view that was timed out of, and none that goes back.
   * The caller has the block executed and stored.
   */
  signCommit(qc: QuorumCertificate, context: SigningContext): Result<SafetyRecord, string> {
    const record = this.#record
    const last = record.lastCommitVote
    if (qc.view <= context.committedView) return err('already committed')
    const mayFollowTimeout = __CANARIES__ && isPlanted('commit-after-timeout')
    if (qc.view <= record.lastTimeoutView && !mayFollowTimeout) return err('already timed out of this view')
    if (last !== null && qc.view === last.view) {
      invariant(qc.blockHash === last.blockHash, 'two blocks are certified in one view')
      return err('already voted to commit in this view')
    }
    const mayGoBack = __CANARIES__ && isPlanted('commit-vote-goes-back')
    if (last !== null && qc.view < last.view && !mayGoBack) return err('already voted to commit a later view')
    return this.#allow(holding(context, qc, null), { lastCommitVote: { view: qc.view, blockHash: qc.blockHash } })
  }

  /**
   * INVARIANT S3: one timeout a view, with the highest QC of that moment; asked again, the same.
   * The certificates in the answer's `lastTimeout` are those that were signed for.
   */
  signTimeout(view: View, context: SigningContext): Result<SafetyRecord, string> {
    const record = this.#record
    if (view !== context.currentView) return err('not the current view')
    if (view < record.lastVotedView) return err('already voted in a later view')
    const isSignedAnew = __CANARIES__ && isPlanted('timeout-signed-anew')
    if (record.lastTimeout?.view === view && !isSignedAnew) return ok(record)
    if (view <= record.lastTimeoutView && !isSignedAnew) return err('already timed out of a later view')
    const highQc = higher(record.highQc, context.highQc)
    const highTc = higherOrNull(record.highTc, context.highTc)
    if (highQc.view !== view - 1 && highTc?.view !== view - 1) return err('no certificate of the view before')
    const lastTimeout: SignedTimeout = { view, highQc, tc: highQc.view === view - 1 ? null : highTc }
    return this.#allow(context, { lastTimeoutView: view, lastTimeout })
  }

  /** INVARIANT S4: one proposal a view, and none in a view already voted in or timed out of. */
  signProposal(block: Block, context: SigningContext): Result<SafetyRecord, string> {
    const { view } = block.header.consensus
    const record = this.#record
    if (view !== context.currentView) return err('not the current view')
    const isProposedTwice = __CANARIES__ && isPlanted('proposal-twice')
    if (view <= record.lastProposedView && !isProposedTwice) return err('already proposed in this view')
    const isLateAllowed = __CANARIES__ && isPlanted('proposal-after-timeout')
    if (view <= record.lastVotedView) return err('already voted in this view')
    if (view <= record.lastTimeoutView && !isLateAllowed) return err('already timed out of this view')
    return this.#allow(context, { lastProposedView: view, lastProposal: { view, blockHash: block.hash } })
  }

  #allow(
    context: Pick<SigningContext, 'highQc' | 'highTc'>,
    change: Partial<SafetyRecord>,
  ): Result<SafetyRecord, string> {
    const before = this.#record
    this.#record = {
      ...before,
      highQc: __CANARIES__ && isPlanted('lock-forgotten') ? before.highQc : higher(before.highQc, context.highQc),
      highTc: __CANARIES__ && isPlanted('tc-forgotten') ? before.highTc : higherOrNull(before.highTc, context.highTc),
      ...change,
    }
    return ok(this.#record)
  }
}

/** What is signed for locks as well, whether or not the core has taken it in before. */
function holding(
  context: SigningContext,
  qc: QuorumCertificate,
  tc: TimeoutCertificate | null,
): Pick<SigningContext, 'highQc' | 'highTc'> {
  return { highQc: higher(context.highQc, qc), highTc: higherOrNull(context.highTc, tc) }
}

/** Of equal views the one held already. */
function higher(held: QuorumCertificate, other: QuorumCertificate): QuorumCertificate {
  return other.view > held.view ? other : held
}

function higherOrNull(held: TimeoutCertificate | null, other: TimeoutCertificate | null): TimeoutCertificate | null {
  if (held === null || other === null) return held ?? other
  return other.view > held.view ? other : held
}
