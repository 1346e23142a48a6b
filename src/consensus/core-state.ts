/**
 * Everything the core remembers between two events. The handlers beside this file take in what
 * an event brings; `act` then does whatever has become possible.
 */
import { BoundedMap } from '../base/bounded.ts'
import { isPlanted } from '../base/planted-bug.ts'
import type { Block, Proposal } from '../types/block.ts'
import type {
  CommitCertificate,
  CommitVote,
  QuorumCertificate,
  TimeoutCertificate,
  Vote,
} from '../types/certificate.ts'
import type { ConsensusParameters } from '../types/genesis.ts'
import type { Header } from '../types/header.ts'
import type { Hash, View } from '../types/ids.ts'
import type { SafetyRecord } from '../types/safety-record.ts'
import type { ValidatorSet } from '../types/validator-set.ts'
import { type Verified, verifiedPart } from '../types/verified.ts'
import { BlockTree, type CommittedTip } from './block-tree.ts'
import type { Effect, TimeoutReason, TimerName } from './effects.ts'
import { Pacemaker } from './pacemaker.ts'
import { SafetyRules, type SigningContext } from './safety-rules.ts'
import { TimeoutCollector } from './timeout-collector.ts'
import { VoteCollector } from './vote-collector.ts'

/** BOUND: committed views remembered, to tell an old CommitQC from a conflicting one. */
const COMMITTED_VIEWS_MAX = 4_096
/** BOUND: QCs of uncommitted blocks, and proposals by view. */
const VIEWS_MAX = 64

export interface CoreConfig {
  readonly validators: ValidatorSet
  /** Index in the validator set; null = an observer, which signs nothing. */
  readonly self: number | null
  /** Leader of view v = schedule[v mod length] (docs/consensus.md, "Views and leaders"). */
  readonly schedule: readonly number[]
  readonly parameters: ConsensusParameters
}

/** What recovery found on disk. */
export interface CoreStart {
  /** Null: this node signs nothing in this epoch. */
  readonly record: Verified<SafetyRecord> | null
  readonly root: Verified<QuorumCertificate>
  readonly committed: CommittedTip
  /** The highest CommitQC held, for peers that lag. */
  readonly commitCertificate: Verified<CommitCertificate> | null
  /** Stored but not committed, parents first. */
  readonly blocks: readonly Verified<Block>[]
}

/** What makes a block final, on its way to be applied. */
export interface PendingCommit {
  /** The last block of the epoch when its suffix is known, else the one that the certificate is for. */
  readonly hash: Hash
  readonly certificate: Verified<CommitCertificate>
  readonly suffix: readonly Header[]
}

export interface CoreState {
  readonly config: CoreConfig
  readonly root: Verified<QuorumCertificate>
  readonly rules: SafetyRules | null
  readonly pacemaker: Pacemaker
  readonly tree: BlockTree
  readonly votes: VoteCollector<Pick<Vote, 'view' | 'blockHash' | 'justifyView'>, Verified<Vote>>
  readonly commitVotes: VoteCollector<Pick<CommitVote, 'view' | 'blockHash'>, Verified<CommitVote>>
  readonly timeouts: TimeoutCollector
  /** The first valid proposal of each view. */
  readonly proposals: BoundedMap<View, Verified<Proposal>>
  /** QCs above the committed view: each still wants its commit vote. */
  readonly certified: BoundedMap<View, Verified<QuorumCertificate>>
  readonly committedViews: BoundedMap<View, Hash>
  readonly fetching: BoundedMap<Hash, View>
  highQc: Verified<QuorumCertificate>
  highTc: Verified<TimeoutCertificate> | null
  /** The highest known, applied or not. */
  highCommit: Verified<CommitCertificate> | null
  /** What the committed tip is final by. */
  tipCertificate: Verified<CommitCertificate> | null
  /** Wants blocks or their execution before it can be applied. */
  pendingCommit: PendingCommit | null
  ownVote: Verified<Vote> | null
  started: boolean
  halted: boolean
  /** The last block of the epoch is committed. */
  ended: boolean
  payloadAvailable: boolean
  beatDue: boolean
  /** Set when something in the current view calls for giving it up at once. */
  giveUp: TimeoutReason | null
  /** Since when, or from when on, the view is worked on; null while there is no work. */
  armedAtMs: number | null
  /** Since when the highest certified block waits for nothing but its commit votes. */
  flushSinceMs: number | null
  buildingView: View | null
  lastProposedAtMs: number
  certificatesRequestedInView: View
  readonly timers: Set<TimerName>
  effects: Effect[]
  nowMs: number
}

export function createCoreState(config: CoreConfig, start: CoreStart): CoreState {
  const { record } = start
  const highQc = record === null ? start.root : verifiedPart(record, record.highQc)
  const highTc = record === null || record.highTc === null ? null : verifiedPart(record, record.highTc)
  const view = Math.max(highQc.view, highTc?.view ?? 0) + 1
  const state: CoreState = {
    config,
    root: start.root,
    rules: record === null || config.self === null ? null : new SafetyRules(record),
    pacemaker: new Pacemaker(config.parameters, config.schedule, view, highQc.view),
    tree: new BlockTree(start.committed),
    votes: new VoteCollector(
      (a, b) => a.view === b.view && a.blockHash === b.blockHash && a.justifyView === b.justifyView,
    ),
    commitVotes: new VoteCollector((a, b) => a.view === b.view && a.blockHash === b.blockHash),
    timeouts: new TimeoutCollector(),
    proposals: new BoundedMap(VIEWS_MAX),
    certified: new BoundedMap(VIEWS_MAX),
    committedViews: new BoundedMap(COMMITTED_VIEWS_MAX),
    fetching: new BoundedMap(VIEWS_MAX),
    highQc,
    highTc,
    highCommit: start.commitCertificate,
    tipCertificate: start.commitCertificate,
    pendingCommit: null,
    ownVote: null,
    started: false,
    halted: false,
    ended: false,
    payloadAvailable: false,
    beatDue: false,
    giveUp: null,
    armedAtMs: null,
    flushSinceMs: null,
    buildingView: null,
    lastProposedAtMs: 0,
    certificatesRequestedInView: 0,
    timers: new Set(),
    effects: [],
    nowMs: 0,
  }
  state.committedViews.set(start.committed.view, start.committed.hash)
  for (const block of start.blocks) state.tree.add(block)
  if (highQc.view > start.committed.view) state.certified.set(highQc.view, highQc)
  return state
}

export function signingContext(state: CoreState): SigningContext {
  return {
    currentView: state.pacemaker.view,
    committedView: state.tree.tip.view,
    highQc: state.highQc,
    highTc: state.highTc,
  }
}

/** Whether what is certified highest is the last block of the epoch or stands behind it: then only its commit is still to come. */
export function isEnding(state: CoreState): boolean {
  const consensus = state.tree.get(state.highQc.blockHash)?.block.header.consensus
  if (__CANARIES__ && isPlanted('end-ignored')) return false
  return consensus !== undefined && (consensus.end || consensus.suffix)
}

export function hasTimedOut(state: CoreState): boolean {
  return state.rules !== null && state.rules.record.lastTimeoutView >= state.pacemaker.view
}

export function halt(
  state: CoreState,
  reason: string,
  certificates: readonly unknown[],
  refused: Block | null = null,
): void {
  if (state.halted) return
  state.halted = true
  state.effects.push({ kind: 'halt', reason, certificates, refused })
}
