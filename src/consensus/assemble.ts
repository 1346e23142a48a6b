/** Certificates made of parts that are verified already; so they are verified as they are made. */
import { defined, invariant } from '../base/invariant.ts'
import type {
  CommitCertificate,
  CommitVote,
  QuorumCertificate,
  TimeoutCertificate,
  Vote,
} from '../types/certificate.ts'
import type { TimeoutMessage } from '../types/consensus-message.ts'
import { mintVerified } from '../types/mint-verified.ts'
import { bitmapOf } from '../types/signer-bitmap.ts'
import type { ValidatorSet } from '../types/validator-set.ts'
import type { Verified } from '../types/verified.ts'
import { timeoutEntry } from './timeout-collector.ts'

/** From votes for one block in one view, ascending by signer. */
export function assembleQc(votes: readonly Verified<Vote>[], set: ValidatorSet): Verified<QuorumCertificate> {
  invariant(votes.length >= set.quorum, 'a QC needs a quorum of votes')
  const { epoch, view, blockHash, justifyView } = defined(votes[0], 'a vote')
  return mintVerified({
    epoch,
    view,
    blockHash,
    justifyView,
    bitmap: bitmapOf(
      votes.map((vote) => vote.signer),
      set.n,
    ),
    signatures: votes.map((vote) => vote.signature),
  })
}

export function assembleCommitCertificate(
  votes: readonly Verified<CommitVote>[],
  set: ValidatorSet,
): Verified<CommitCertificate> {
  invariant(votes.length >= set.quorum, 'a CommitQC needs a quorum of commit votes')
  const { epoch, view, blockHash } = defined(votes[0], 'a commit vote')
  return mintVerified({
    epoch,
    view,
    blockHash,
    bitmap: bitmapOf(
      votes.map((vote) => vote.signer),
      set.n,
    ),
    signatures: votes.map((vote) => vote.signature),
  })
}

/** From timeouts of one view, ascending by signer; the highest QC among them goes in whole. */
export function assembleTc(
  messages: readonly Verified<TimeoutMessage>[],
  set: ValidatorSet,
): Verified<TimeoutCertificate> {
  invariant(messages.length >= set.quorum, 'a TC needs a quorum of timeouts')
  const first = defined(messages[0], 'a timeout')
  const highest = messages.reduce((a, b) => (b.highQc.view > a.highQc.view ? b : a), first)
  return mintVerified({
    epoch: first.timeout.epoch,
    view: first.timeout.view,
    entries: messages.map(timeoutEntry),
    highQc: highest.highQc,
  })
}
