/** Votes, timeouts and bundles become Verified here or not at all (docs/consensus.md, "What is valid"). */
import { isPlanted } from '../base/planted-bug.ts'
import { type Rejection, rejection } from '../base/rejection.ts'
import { err, ok, type Result } from '../base/result.ts'
import type { CommitVote, Timeout, Vote } from '../types/certificate.ts'
import type { CertificateBundle, TimeoutMessage } from '../types/consensus-message.ts'
import { mintVerified } from '../types/mint-verified.ts'
import type { Verified } from '../types/verified.ts'
import { type CertificateRejection, type CertificateValidator, otherEpoch } from './certificate.ts'
import type { ProposalRejection, ProposalValidator } from './proposal.ts'
import type { SignatureChecker } from './signature-checker.ts'

export type MessageRejection = Rejection<'badSignature' | 'badTimeout'> | CertificateRejection | ProposalRejection

export class ConsensusMessageValidator {
  readonly #signatures: SignatureChecker
  readonly #certificates: CertificateValidator
  readonly #proposals: ProposalValidator

  constructor(signatures: SignatureChecker, certificates: CertificateValidator, proposals: ProposalValidator) {
    this.#signatures = signatures
    this.#certificates = certificates
    this.#proposals = proposals
  }

  vote(vote: Vote): Result<Verified<Vote>, MessageRejection> {
    const { epoch, view, blockHash, justifyView } = vote
    if (epoch !== this.#signatures.epoch) return otherEpoch(epoch)
    if (justifyView >= view) return err(rejection('badSignature', 'a vote for a block justified by its own future'))
    if (__CANARIES__ && isPlanted('vote-signatures-unchecked')) return ok(mintVerified(vote))
    return this.#signatures.isValid({ kind: 'vote', epoch, view, blockHash, justifyView }, vote.signer, vote.signature)
      ? ok(mintVerified(vote))
      : err(rejection('badSignature', 'a vote with a bad signature'))
  }

  commitVote(vote: CommitVote): Result<Verified<CommitVote>, MessageRejection> {
    const { epoch, view, blockHash } = vote
    if (epoch !== this.#signatures.epoch) return otherEpoch(epoch)
    if (__CANARIES__ && isPlanted('commit-vote-signatures-unchecked')) return ok(mintVerified(vote))
    const asVote = { kind: 'vote', epoch, view, blockHash, justifyView: view - 1 } as const
    if (
      __CANARIES__ &&
      isPlanted('vote-taken-for-commit') &&
      this.#signatures.isValid(asVote, vote.signer, vote.signature)
    )
      return ok(mintVerified(vote))
    return this.#signatures.isValid({ kind: 'commit', epoch, view, blockHash }, vote.signer, vote.signature)
      ? ok(mintVerified(vote))
      : err(rejection('badSignature', 'a commit vote with a bad signature'))
  }

  timeoutMessage(message: TimeoutMessage): Result<Verified<TimeoutMessage>, MessageRejection> {
    const timeout = this.timeout(message.timeout)
    if (!timeout.ok) return timeout
    const { view, highQcView, epoch } = message.timeout
    const mayDiffer = __CANARIES__ && isPlanted('timeout-qc-unchecked')
    if (message.highQc.view !== highQcView && !mayDiffer) return badTimeout('carries another QC than it signs for')
    const highQc = this.#certificates.qc(message.highQc)
    if (!highQc.ok) return highQc
    if (message.tc === null) {
      if (highQcView !== view - 1) return badTimeout('proves nothing of the view before')
    } else {
      if (message.tc.view !== view - 1 || highQcView < message.tc.highQc.view)
        return badTimeout('carries a TC that does not lead to its view')
      const tc = this.#certificates.tc(message.tc)
      if (!tc.ok) return tc
    }
    return this.#attached(message, view, epoch)
  }

  bundle(bundle: CertificateBundle): Result<Verified<CertificateBundle>, MessageRejection> {
    const highQc = this.#certificates.qc(bundle.highQc)
    if (!highQc.ok) return highQc
    if (bundle.tc !== null) {
      const tc = this.#certificates.tc(bundle.tc)
      if (!tc.ok) return tc
    }
    if (bundle.commitCertificate !== null) {
      const commit = this.#certificates.commitCertificate(bundle.commitCertificate)
      if (!commit.ok) return commit
    }
    return ok(mintVerified(bundle))
  }

  timeout(timeout: Timeout): Result<Verified<Timeout>, MessageRejection> {
    const { epoch, view, highQcView, signer, signature } = timeout
    if (epoch !== this.#signatures.epoch) return otherEpoch(epoch)
    if (highQcView >= view) return badTimeout('names a QC of its own view or later')
    return this.#signatures.isValid({ kind: 'timeout', epoch, view, highQcView }, signer, signature)
      ? ok(mintVerified(timeout))
      : err(rejection('badSignature', 'a timeout with a bad signature'))
  }

  #attached(message: TimeoutMessage, view: number, epoch: number): Result<Verified<TimeoutMessage>, MessageRejection> {
    if (message.vote !== null) {
      if (message.vote.view !== view || message.vote.epoch !== epoch || message.vote.signer !== message.timeout.signer)
        return badTimeout('carries a vote of another view or validator')
      const vote = this.vote(message.vote)
      if (!vote.ok && !(__CANARIES__ && isPlanted('attached-vote-unchecked'))) return vote
    }
    if (message.proposal !== null) {
      if (message.proposal.block.header.consensus.view !== view) return badTimeout('carries a proposal of another view')
      const proposal = this.#proposals.proposal(message.proposal)
      if (!proposal.ok) return proposal
    }
    return ok(mintVerified(message))
  }
}

function badTimeout(message: string): { readonly ok: false; readonly error: MessageRejection } {
  return err(rejection('badTimeout', `a timeout that ${message}`))
}
