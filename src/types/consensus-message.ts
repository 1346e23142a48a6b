/** What validators send each other about agreement, composed of signed parts (docs/consensus.md, "What is signed"). */
import type { Proposal } from './block.ts'
import type { CommitCertificate, QuorumCertificate, Timeout, TimeoutCertificate, Vote } from './certificate.ts'
import type { Epoch } from './ids.ts'

export interface TimeoutMessage {
  readonly timeout: Timeout
  /** Its view is timeout.highQcView. */
  readonly highQc: QuorumCertificate
  /** Of the view before, unless highQc is. */
  readonly tc: TimeoutCertificate | null
  /** The sender's vote in this view, so that a vote lost on the way still counts. */
  readonly vote: Vote | null
  /** The proposal of this view, so that an idle receiver learns that there is work. */
  readonly proposal: Proposal | null
}

/** Everything that lets a peer which lags come level: sent to help, never signed as a whole. */
export interface CertificateBundle {
  readonly epoch: Epoch
  readonly highQc: QuorumCertificate
  readonly tc: TimeoutCertificate | null
  readonly commitCertificate: CommitCertificate | null
}
