/**
 * The consensus core: chained HotStuff with certified timeouts and commit votes
 * (docs/consensus.md; HotStuff, PODC 2019; Jolteon, arXiv 2106.10362; commit votes after Aptos
 * AIP-89). Pure and synchronous: events in, effects out; the time is an argument.
 *
 * An event is first taken in, which may move certificates, view and tree; then everything that
 * has become possible is done, in the order commit, execute, vote, time out, propose.
 */
import { unreachable } from '../base/invariant.ts'
import type { Block, Proposal } from '../types/block.ts'
import type {
  CommitCertificate,
  CommitVote,
  QuorumCertificate,
  TimeoutCertificate,
  Vote,
} from '../types/certificate.ts'
import type { CertificateBundle } from '../types/consensus-message.ts'
import type { Hash, View } from '../types/ids.ts'
import type { SafetyRecord } from '../types/safety-record.ts'
import type { Verified } from '../types/verified.ts'
import { applyBlocks, armHeartbeat } from './apply-blocks.ts'
import type { CommittedTip } from './block-tree.ts'
import { type CoreConfig, type CoreStart, type CoreState, createCoreState } from './core-state.ts'
import type { Effect, TimerName } from './effects.ts'
import type { Event } from './events.ts'
import { hasWork, pursueWork, takeBuilt } from './propose.ts'
import { repeatCommitVote, repeatLastStatements, signVotes, timeOut } from './sign-votes.ts'
import { OBSERVED_VIEWS_BEHIND } from './statement-window.ts'
import { takeBlocks, takeExecution, takeProposal } from './take-blocks.ts'
import { contradictsCertified, contradictsCommitted, takeBundle, takeFinality } from './take-certificates.ts'
import { takeCommitVote, takeTimeout, takeVote } from './take-votes.ts'
import { isFarAhead } from './vote-collector.ts'

export class Core {
  readonly #state: CoreState

  constructor(config: CoreConfig, start: CoreStart) {
    this.#state = createCoreState(config, start)
  }

  /** `nowMs` never decreases. Effects are to be carried out in order. After a halt, or the end of the epoch, nothing happens any more. */
  handle(event: Event, nowMs: number): readonly Effect[] {
    const state = this.#state
    if (state.halted || state.ended) return []
    state.nowMs = nowMs
    state.effects = []
    this.#take(event)
    this.#proceed()
    return state.effects
  }

  /** Each step may be the last, and so may the event that was taken before. */
  #proceed(): void {
    const state = this.#state
    for (const step of [applyBlocks, signVotes, pursueWork]) if (!state.halted && !state.ended) step(state)
  }

  #take(event: Event): void {
    const state = this.#state
    switch (event.kind) {
      case 'proposal':
        return takeProposal(state, event.proposal)
      case 'vote':
        return takeVote(state, event.vote)
      case 'commitVote':
        return takeCommitVote(state, event.vote)
      case 'timeout':
        return takeTimeout(state, event.message)
      case 'certificates':
        return takeBundle(state, event.bundle)
      case 'blocks':
        return takeBlocks(state, event.blocks)
      case 'finality':
        return takeFinality(state, event.finality)
      case 'executed':
        return takeExecution(state, event.hash, event.valid, event.reason)
      case 'built':
        return takeBuilt(state, event.view, event.block)
      case 'timer':
        return this.#takeTimer(event.timer)
      case 'payload':
        state.payloadAvailable = event.available
        return
      case 'start':
        state.started = true
        repeatLastStatements(state)
        armHeartbeat(state)
        return
      default:
        unreachable(event)
    }
  }

  #takeTimer(timer: TimerName): void {
    const state = this.#state
    if (!state.timers.delete(timer)) return
    const { view } = state.pacemaker
    switch (timer) {
      case 'view':
        if (hasWork(state)) timeOut(state, state.proposals.has(view) ? 'no quorum' : 'no proposal')
        return
      case 'flush':
        if (state.highQc.view <= state.tree.tip.view) return
        repeatCommitVote(state)
        state.effects.push({ kind: 'sendCertificates', to: 'all' })
        return
      case 'nudge':
        if (!state.proposals.has(view) && state.highQc.view === view - 1)
          state.effects.push({ kind: 'sendCertificates', to: state.pacemaker.leader(view) })
        return
      case 'heartbeat':
        state.beatDue = true
        return
      case 'propose':
        return
      default:
        unreachable(timer)
    }
  }

  get view(): View {
    return this.#state.pacemaker.view
  }

  get leader(): number {
    return this.#state.pacemaker.leader(this.view)
  }

  leaderOf(view: View): number {
    return this.#state.pacemaker.leader(view)
  }

  get viewTimeoutMs(): number {
    return this.#state.pacemaker.viewTimeoutMs()
  }

  isSuspected(validator: number): boolean {
    return this.#state.pacemaker.isSuspected(validator)
  }

  /** Whether the last block of the epoch is committed. */
  get hasEnded(): boolean {
    return this.#state.ended
  }

  get tip(): CommittedTip {
    return this.#state.tree.tip
  }

  get highQc(): Verified<QuorumCertificate> {
    return this.#state.highQc
  }

  get highTc(): Verified<TimeoutCertificate> | null {
    return this.#state.highTc
  }

  get highCommit(): Verified<CommitCertificate> | null {
    return this.#state.highCommit
  }

  get tipCertificate(): Verified<CommitCertificate> | null {
    return this.#state.tipCertificate
  }

  get record(): SafetyRecord | null {
    return this.#state.rules?.record ?? null
  }

  get payloadAvailable(): boolean {
    return this.#state.payloadAvailable
  }

  /** Entries of each collection that others can fill. */
  get held(): Readonly<Record<string, number>> {
    const { votes, commitVotes, timeouts, tree, proposals, certified, fetching } = this.#state
    return {
      votes: votes.size,
      commitVotes: commitVotes.size,
      timeouts: timeouts.count(this.view),
      blocks: tree.size,
      proposals: proposals.size,
      certified: certified.size,
      fetching: fetching.size,
    }
  }

  get hasWork(): boolean {
    return hasWork(this.#state)
  }

  /** Blocks from the tip, exclusive, to this one, oldest first; undefined when not connected. */
  chainTo(hash: Hash): readonly Verified<Block>[] | undefined {
    const chain = this.#state.tree.chainTo(hash)
    return chain.kind === 'connected' ? chain.nodes.map((node) => node.block) : undefined
  }

  /** A block above the tip. */
  block(hash: Hash): Verified<Block> | undefined {
    return this.#state.tree.get(hash)?.block
  }

  /** Who is known to have voted to commit this block, ascending: those in its certificate and those who came late. */
  commitSigners(view: View, blockHash: Hash): number[] {
    return this.#state.commitVotes.votesFor({ view, blockHash }).map((vote) => vote.signer)
  }

  /** Whether it could still change anything, or prove a lie: asked before bodies and signatures are checked. */
  wantsProposal({ block }: Proposal): boolean {
    const { proposals, committedViews } = this.#state
    const { view } = block.header.consensus
    if (proposals.get(view)?.block.hash === block.hash) return false
    if (view > this.tip.view) return true
    return view >= this.view - OBSERVED_VIEWS_BEHIND && committedViews.get(view) !== block.hash
  }

  wantsVote(vote: Vote): boolean {
    return !isFarAhead(vote.view, this.view) && !this.#state.votes.holds(vote)
  }

  wantsCommitVote(vote: CommitVote): boolean {
    if (vote.view <= this.tip.view) return true
    return !isFarAhead(vote.view, this.view) && !this.#state.commitVotes.holds(vote)
  }

  wantsCertificates(bundle: CertificateBundle): boolean {
    const { highQc, tree, pacemaker } = this.#state
    const { commitCertificate, tc } = bundle
    return (
      bundle.highQc.view > highQc.view ||
      contradictsCertified(this.#state, bundle.highQc) ||
      (tc !== null && tc.view >= pacemaker.view) ||
      (commitCertificate !== null &&
        (commitCertificate.view > tree.tip.view || contradictsCommitted(this.#state, commitCertificate)))
    )
  }
}
