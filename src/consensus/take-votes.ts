/** Votes, commit votes and timeouts: counted, and made into certificates at a quorum. */
import type { CommitVote, Vote } from '../types/certificate.ts'
import type { TimeoutMessage } from '../types/consensus-message.ts'
import type { View } from '../types/ids.ts'
import { type Verified, verifiedPart } from '../types/verified.ts'
import { assembleCommitCertificate, assembleQc, assembleTc } from './assemble.ts'
import type { CoreState } from './core-state.ts'
import { hasWork } from './propose.ts'
import { takeProposal } from './take-blocks.ts'
import { takeCommitCertificate, takeQc, takeTc } from './take-certificates.ts'

/** A TC goes to all in sets up to this size, else to the next leader (docs/consensus.md, "Views and leaders"). */
const TC_BROADCAST_VALIDATORS_MAX = 40

export function takeVote(state: CoreState, vote: Verified<Vote>): void {
  const { validators, self } = state.config
  if (vote.signer === self && vote.view >= (state.ownVote?.view ?? 0)) state.ownVote = vote
  if (!state.votes.add(vote, state.pacemaker.view)) return
  if (!state.certified.has(vote.view) && vote.view > state.tree.tip.view) {
    const votes = state.votes.votesFor(vote)
    if (votes.length >= validators.quorum) takeQc(state, assembleQc(votes, validators))
  }
  askIfOthersAreAhead(state, vote.view - 1)
}

export function takeCommitVote(state: CoreState, vote: Verified<CommitVote>): void {
  const { validators, self } = state.config
  const isFinal = vote.view <= state.tree.tip.view
  // Who says it again has not heard that it is final. The first time it is merely late.
  if (isFinal && vote.signer !== self && !state.commitVotes.isNew(vote, state.pacemaker.view))
    state.effects.push({ kind: 'sendCertificates', to: vote.signer })
  if (!state.commitVotes.add(vote, state.pacemaker.view) || isFinal) return
  const votes = state.commitVotes.votesFor(vote)
  if (votes.length >= validators.quorum) takeCommitCertificate(state, assembleCommitCertificate(votes, validators))
  askIfOthersAreAhead(state, vote.view)
}

export function takeTimeout(state: CoreState, message: Verified<TimeoutMessage>): void {
  const { timeout, highQc, tc, proposal, vote } = message
  takeQc(state, verifiedPart(message, highQc))
  if (tc !== null) takeTc(state, verifiedPart(message, tc))
  if (proposal !== null) takeProposal(state, verifiedPart(message, proposal))
  if (vote !== null) takeVote(state, verifiedPart(message, vote))
  const { view } = state.pacemaker
  if (timeout.view < view) {
    if (timeout.signer !== state.config.self) state.effects.push({ kind: 'sendCertificates', to: timeout.signer })
    return
  }
  state.timeouts.add(message, view)
  // Who times out while we are idle may lack what made us idle.
  if (timeout.signer !== state.config.self && !hasWork(state))
    state.effects.push({ kind: 'sendCertificates', to: timeout.signer })
  if (timeout.signer !== state.config.self && timeout.signer === state.pacemaker.leader(view))
    state.giveUp = state.giveUp ?? 'joined others'
  formTc(state, view)
}

function formTc(state: CoreState, view: View): void {
  const { validators } = state.config
  const messages = state.timeouts.messages(view)
  if (messages.length < validators.quorum) return
  takeTc(state, assembleTc(messages, validators))
  const leader = state.pacemaker.leader(view + 1)
  if (validators.n <= TC_BROADCAST_VALIDATORS_MAX) state.effects.push({ kind: 'sendCertificates', to: 'all' })
  else if (leader !== state.config.self) state.effects.push({ kind: 'sendCertificates', to: leader })
}

/**
 * `certifiedView`: a correct signer of what came holds a certificate of this view. Once so many
 * say it that one of them is correct, and we have none, they are asked.
 */
function askIfOthersAreAhead(state: CoreState, certifiedView: View): void {
  const { view } = state.pacemaker
  if (certifiedView < view || state.certificatesRequestedInView >= view) return
  const ahead = new Set([...state.votes.signersFrom(view + 1), ...state.commitVotes.signersFrom(view)])
  if (ahead.size < state.config.validators.amplification) return
  state.certificatesRequestedInView = view
  state.effects.push({ kind: 'requestCertificates', from: [...ahead] })
}
