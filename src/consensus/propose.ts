/**
 * Work, and what follows from it: timers run and blocks are proposed only while there is
 * something to agree on (docs/consensus.md, "Idle"). No work, no timers, no messages.
 */

import { isPlanted } from '../base/planted-bug.ts'
import type { Block } from '../types/block.ts'
import type { QuorumCertificate } from '../types/certificate.ts'
import type { Verified } from '../types/verified.ts'
import { assembleQc } from './assemble.ts'
import { type CoreState, hasTimedOut, isEnding, signingContext } from './core-state.ts'
import type { TimerName } from './effects.ts'
import { flushDelayMs, hasRoomForPayload } from './unfinal-chain.ts'

interface Work {
  /** Transactions wait, or a beat is due, and the epoch and the chain that is not final have room for them. */
  readonly toPropose: boolean
  /** The highest certified block waits for its commit votes. */
  readonly toFlush: boolean
  /** A proposal of this view, or a timeout of it that others have joined, waits for the rest. */
  readonly underWay: boolean
}

export function pursueWork(state: CoreState): void {
  if (!state.started || state.rules === null) return
  const work = workOf(state)
  if (!work.toPropose && !work.toFlush && !work.underWay) {
    disarm(state)
    return
  }
  if (work.toFlush) state.flushSinceMs ??= state.nowMs
  if (state.armedAtMs === null) arm(state, work)
  if (work.toFlush && !state.timers.has('flush')) setTimer(state, 'flush', state.nowMs + flushDelayMs(state))
  const isLeader = state.pacemaker.leader(state.pacemaker.view) === state.config.self
  if (isLeader || (__CANARIES__ && isPlanted('proposes-out-of-turn'))) propose(state, work)
}

/** Whether anything waits to be agreed on in this view. */
export function hasWork(state: CoreState): boolean {
  const { toPropose, toFlush, underWay } = workOf(state)
  return toPropose || toFlush || underWay
}

function workOf(state: CoreState): Work {
  const { tree, pacemaker, timeouts } = state
  const hasPayload = (state.payloadAvailable || state.beatDue) && !isEnding(state) && hasRoomForPayload(state)
  const proposal = state.proposals.get(pacemaker.view)
  // A timeout that no correct other joins asks for nothing: whoever has work says so, and brings it along.
  const isJoined = hasTimedOut(state) && timeouts.count(pacemaker.view) >= state.config.validators.amplification
  return {
    // Every epoch commits a first block, be it empty.
    toPropose: (__CANARIES__ && isPlanted('work-without-end')) || hasPayload || state.highQc.view === 0,
    toFlush: state.highQc.view > tree.tip.view && !(__CANARIES__ && isPlanted('flush-forgotten')),
    underWay: isJoined || (proposal !== undefined && tree.get(proposal.block.hash)?.state !== 'invalid'),
  }
}

function arm(state: CoreState, work: Work): void {
  const { pacemaker, nowMs } = state
  const timeoutMs = pacemaker.viewTimeoutMs()
  const patienceMs = work.toPropose || work.underWay ? 0 : flushDelayMs(state)
  state.armedAtMs = nowMs + patienceMs
  setTimer(state, 'view', nowMs + timeoutMs + patienceMs)
  setTimer(state, 'nudge', nowMs + Math.round(timeoutMs / 4) + patienceMs)
}

function disarm(state: CoreState): void {
  state.armedAtMs = null
  state.flushSinceMs = null
  for (const timer of ['view', 'nudge', 'propose', 'flush'] as const)
    if (state.timers.delete(timer)) state.effects.push({ kind: 'clearTimer', timer })
}

function propose(state: CoreState, work: Work): void {
  const { pacemaker, highQc, highTc, tree, rules, nowMs } = state
  const { view } = pacemaker
  if (rules === null || state.buildingView === view) return
  const { lastProposedView, lastVotedView, lastTimeoutView } = rules.record
  const isProposed = lastProposedView >= view && !(__CANARIES__ && isPlanted('proposal-twice'))
  const isLate = lastTimeoutView >= view && !(__CANARIES__ && isPlanted('proposal-after-timeout'))
  if (isProposed || isLate || lastVotedView >= view) return
  if (!work.toPropose && !isFlushDue(state)) return
  // The block of the highest QC may still be on its way or in execution: we come back when it lands.
  if (!tree.isExecuted(highQc.blockHash)) return
  const earliestMs = state.lastProposedAtMs + state.config.parameters.blockIntervalMsMin
  if (nowMs < earliestMs) {
    if (!state.timers.has('propose')) setTimer(state, 'propose', earliestMs)
    return
  }
  const tc = highQc.view === view - 1 ? null : highTc
  state.buildingView = view
  const parentHash = __CANARIES__ && isPlanted('proposes-on-tip') ? tree.tip.hash : highQc.blockHash
  const suffix = isEnding(state)
  const empty = suffix || !state.payloadAvailable || !hasRoomForPayload(state)
  state.effects.push({
    kind: 'build',
    request: { parentHash, view, justify: widestJustify(state), tc, empty, suffix },
  })
}

function isFlushDue(state: CoreState): boolean {
  return state.flushSinceMs !== null && state.nowMs >= state.flushSinceMs + flushDelayMs(state)
}

/** The QC again, of every vote held, so that replicas far away get their credit. */
function widestJustify(state: CoreState): Verified<QuorumCertificate> {
  const votes = state.votes.votesFor(state.highQc)
  return votes.length > state.highQc.signatures.length ? assembleQc(votes, state.config.validators) : state.highQc
}

/** What the shell has built is proposed, unless the view has passed meanwhile. */
export function takeBuilt(state: CoreState, view: number, block: Verified<Block> | null): void {
  if (state.buildingView !== view) return
  state.buildingView = null
  if (block === null) {
    // Nothing in the pool was valid on this parent: the shell says so again when that changes.
    state.payloadAvailable = false
    return
  }
  const allowed = state.rules?.signProposal(block, signingContext(state))
  if (allowed?.ok !== true) return
  state.lastProposedAtMs = state.nowMs
  state.tree.add(block)
  const node = state.tree.get(block.hash)
  if (node !== undefined) node.state = 'executed'
  state.effects.push({ kind: 'storeBlock', block })
  state.effects.push({
    kind: 'sign',
    request: { kind: 'proposal', epoch: block.header.consensus.epoch, view, block },
    record: allowed.value,
  })
}

function setTimer(state: CoreState, timer: TimerName, atMs: number): void {
  state.timers.add(timer)
  state.effects.push({ kind: 'setTimer', timer, atMs })
}
