/** Votes, commit votes and timeouts, each as soon as the safety rules allow it. */

import { defined } from '../base/invariant.ts'
import { isPlanted } from '../base/planted-bug.ts'
import type { SafetyRecord } from '../types/safety-record.ts'
import { type CoreState, hasTimedOut, signingContext } from './core-state.ts'
import type { SigningRequest, TimeoutReason } from './effects.ts'
import { mayCarryPayload } from './unfinal-chain.ts'

export function signVotes(state: CoreState): void {
  if (!state.started || state.rules === null) return
  signCommitVotes(state)
  signVoteOfView(state)
  // Said once; the view timer says it again. Otherwise each lie of a leader would make everybody speak.
  if (hasTimedOut(state)) return
  if (state.giveUp !== null) timeOut(state, state.giveUp)
  else if (state.timeouts.count(state.pacemaker.view) >= state.config.validators.amplification)
    timeOut(state, 'joined others')
}

/** Ascending, so that a replica that fell behind still commits what it certifies late. */
function signCommitVotes(state: CoreState): void {
  const { rules, tree } = state
  if (rules === null) return
  const { epoch } = state.config.validators
  for (const view of [...state.certified.keys()].sort((a, b) => a - b)) {
    const qc = defined(state.certified.get(view), 'a QC of the certified views')
    const isExecuted = tree.get(qc.blockHash)?.state === 'executed'
    if (!isExecuted && !(__CANARIES__ && isPlanted('unexecuted-block-committed'))) continue
    const allowed = rules.signCommit(qc, signingContext(state))
    if (allowed.ok) sign(state, { kind: 'commit', epoch, view, blockHash: qc.blockHash }, allowed.value)
  }
}

function signVoteOfView(state: CoreState): void {
  const { rules, tree, pacemaker } = state
  const block = state.proposals.get(pacemaker.view)?.block
  if (rules === null || block === undefined) return
  const isExecuted = tree.get(block.hash)?.state === 'executed'
  if (!isExecuted && !(__CANARIES__ && isPlanted('unexecuted-block-voted'))) return
  if (block.transactions.length > 0 && !mayCarryPayload(state, block.hash)) return
  const allowed = rules.signVote(block, signingContext(state))
  if (!allowed.ok) return
  const { epoch, view } = block.header.consensus
  sign(state, { kind: 'vote', epoch, view, blockHash: block.hash, justifyView: block.justify.view }, allowed.value)
}

/** Signs the timeout of the current view, or sends the one signed before once more. */
export function timeOut(state: CoreState, reason: TimeoutReason): void {
  const { rules, pacemaker, config } = state
  state.giveUp = null
  if (rules === null || config.self === null) return
  const { view } = pacemaker
  const first = !hasTimedOut(state)
  const allowed = rules.signTimeout(view, signingContext(state))
  if (!allowed.ok) return
  const { highQc, tc } = defined(allowed.value.lastTimeout, 'the timeout just allowed')
  const vote = state.ownVote?.view === view ? state.ownVote : null
  const proposal = state.proposals.get(view) ?? null
  sign(state, { kind: 'timeout', epoch: config.validators.epoch, view, highQc, tc, vote, proposal }, allowed.value)
  if (state.highQc.view > highQc.view) state.effects.push({ kind: 'sendCertificates', to: 'all' })
  if (first) state.effects.push({ kind: 'viewTimedOut', view, leader: pacemaker.leader(view), reason })
  if (state.payloadAvailable) state.effects.push({ kind: 'resendTransactions' })
  if (__CANARIES__ && isPlanted('view-by-timer')) pacemaker.enter(view + 1, 'tc', null)
  state.armedAtMs = state.armedAtMs ?? state.nowMs
  if (__CANARIES__ && isPlanted('timeout-said-once')) return
  state.timers.add('view')
  state.effects.push({ kind: 'setTimer', timer: 'view', atMs: state.nowMs + pacemaker.rebroadcastMs(config.self) })
}

/**
 * After a restart (docs/consensus.md, "After a crash"): what was signed last may never have left,
 * and without it a quorum may be short for ever. It is signed again, byte for byte the same.
 */
export function repeatLastStatements(state: CoreState): void {
  if (state.rules === null || (__CANARIES__ && isPlanted('statements-not-repeated'))) return
  const { record } = state.rules
  const { epoch } = state.config.validators
  const { view } = state.pacemaker
  const { lastVote, lastTimeout, lastProposal } = record
  const proposed = lastProposal === null ? undefined : state.tree.get(lastProposal.blockHash)
  if (lastProposal?.view === view && proposed !== undefined)
    sign(state, { kind: 'proposal', epoch, view, block: proposed.block }, record)
  if (lastVote !== null && lastVote.view >= view - 1 && state.tree.has(lastVote.blockHash))
    sign(state, { kind: 'vote', epoch, ...lastVote }, record)
  repeatCommitVote(state)
  if (lastTimeout !== null && lastTimeout.view >= view - 1)
    sign(state, { kind: 'timeout', epoch, ...lastTimeout, vote: null, proposal: null }, record)
}

/** The last commit vote once more, if its block still waits. */
export function repeatCommitVote(state: CoreState): void {
  if (state.rules === null) return
  const { record } = state.rules
  const last = record.lastCommitVote
  if (last === null || last.view <= state.tree.tip.view || !state.tree.has(last.blockHash)) return
  sign(state, { kind: 'commit', epoch: state.config.validators.epoch, ...last }, record)
}

function sign(state: CoreState, request: SigningRequest, record: SafetyRecord): void {
  state.effects.push({ kind: 'sign', request, record })
}
