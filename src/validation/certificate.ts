/** Validity of certificates, by their bytes and the validator set alone (docs/consensus.md, "What is valid"). */
import { defined } from '../base/invariant.ts'
import { isPlanted } from '../base/planted-bug.ts'
import { type Rejection, rejection } from '../base/rejection.ts'
import { err, ok, type Result } from '../base/result.ts'
import type { CommitCertificate, QuorumCertificate, TimeoutCertificate } from '../types/certificate.ts'
import type { Epoch, Hash } from '../types/ids.ts'
import { mintVerified } from '../types/mint-verified.ts'
import { isBitmapFor, type SignerBitmap, signersOf } from '../types/signer-bitmap.ts'
import type { Statement } from '../types/signing-domain.ts'
import type { ValidatorSet } from '../types/validator-set.ts'
import type { Verified } from '../types/verified.ts'
import type { SignatureChecker } from './signature-checker.ts'

export type CertificateRejection = Rejection<'badCertificate' | 'otherEpoch'>

export class CertificateValidator {
  readonly #validators: ValidatorSet
  readonly #rootHash: Hash
  readonly #signatures: SignatureChecker

  /** `rootHash`: the block that this epoch builds on. */
  constructor(validators: ValidatorSet, rootHash: Hash, signatures: SignatureChecker) {
    this.#validators = validators
    this.#rootHash = rootHash
    this.#signatures = signatures
  }

  qc(qc: QuorumCertificate): Result<Verified<QuorumCertificate>, CertificateRejection> {
    if (this.#isOfOtherEpoch(qc)) return otherEpoch(qc.epoch)
    if (qc.view === 0) return this.#rootQc(qc)
    const { epoch, view, blockHash, justifyView } = qc
    if (justifyView >= view) return bad('a QC justified by a view that is not before it')
    const statement: Statement = { kind: 'vote', epoch, view, blockHash, justifyView }
    return this.#signedByQuorum(statement, qc.bitmap, qc.signatures)
      ? ok(mintVerified(qc))
      : bad('a QC without a quorum')
  }

  commitCertificate(certificate: CommitCertificate): Result<Verified<CommitCertificate>, CertificateRejection> {
    const { epoch, view, blockHash } = certificate
    if (this.#isOfOtherEpoch(certificate)) return otherEpoch(epoch)
    if (view === 0) return bad('a CommitQC of view 0')
    if (__CANARIES__ && isPlanted('commit-certificate-unchecked')) return ok(mintVerified(certificate))
    const statement: Statement = { kind: 'commit', epoch, view, blockHash }
    return this.#signedByQuorum(statement, certificate.bitmap, certificate.signatures)
      ? ok(mintVerified(certificate))
      : bad('a CommitQC without a quorum')
  }

  /** highQc.view must equal the highest that an entry names: higher is a lie, lower hides a lock. */
  tc(tc: TimeoutCertificate): Result<Verified<TimeoutCertificate>, CertificateRejection> {
    const { epoch, view, entries } = tc
    if (this.#isOfOtherEpoch(tc)) return otherEpoch(epoch)
    const mayBeFew = __CANARIES__ && isPlanted('tc-quorum-unchecked')
    if (entries.length < this.#validators.quorum && !mayBeFew) return bad('a TC without a quorum')
    let before = -1
    let highest = 0
    for (const { signer, highQcView, signature } of entries) {
      const mayRepeat = __CANARIES__ && isPlanted('tc-signer-repeated')
      if (signer <= before && !mayRepeat) return bad('TC entries out of order')
      const mayBeLater = __CANARIES__ && isPlanted('tc-entry-view-unchecked')
      if (highQcView >= view && !mayBeLater) return bad('a TC entry names a QC of its own view or later')
      const isSigned =
        (__CANARIES__ && isPlanted('tc-signatures-unchecked')) ||
        this.#signatures.isValid({ kind: 'timeout', epoch, view, highQcView }, signer, signature)
      if (!isSigned) return bad('a TC entry with a bad signature')
      before = signer
      highest = Math.max(highest, highQcView)
    }
    const isLockChecked = !(__CANARIES__ && isPlanted('tc-lock-unchecked'))
    if (isLockChecked && tc.highQc.view !== highest) return bad('the QC of a TC is not the highest of its entries')
    if (__CANARIES__ && isPlanted('tc-qc-unchecked')) return ok(mintVerified(tc))
    const highQc = this.qc(tc.highQc)
    return highQc.ok ? ok(mintVerified(tc)) : highQc
  }

  #isOfOtherEpoch({ epoch }: { readonly epoch: Epoch }): boolean {
    return epoch !== this.#validators.epoch && !(__CANARIES__ && isPlanted('certificate-epoch-unchecked'))
  }

  #rootQc(qc: QuorumCertificate): Result<Verified<QuorumCertificate>, CertificateRejection> {
    const isOfEpoch = qc.blockHash === this.#rootHash || (__CANARIES__ && isPlanted('root-unchecked'))
    const isRoot = isOfEpoch && qc.justifyView === 0 && qc.bitmap.length === 0 && qc.signatures.length === 0
    return isRoot ? ok(mintVerified(qc)) : bad('not the root QC of this epoch')
  }

  #signedByQuorum(statement: Statement, bitmap: SignerBitmap, signatures: readonly Uint8Array[]): boolean {
    if (!isBitmapFor(bitmap, this.#validators.n)) return false
    if (__CANARIES__ && isPlanted('certificate-signatures-unchecked')) return true
    const signers = signersOf(bitmap)
    const mayBeFew = __CANARIES__ && isPlanted('certificate-quorum-unchecked')
    if (signers.length !== signatures.length) return false
    if (signers.length < this.#validators.quorum && !mayBeFew) return false
    return signers.every((signer, position) =>
      this.#signatures.isValid(statement, signer, defined(signatures[position], 'a signature')),
    )
  }
}

function bad(message: string): { readonly ok: false; readonly error: CertificateRejection } {
  return err(rejection('badCertificate', message))
}

/** An honest peer may be behind, or ahead. */
export function otherEpoch(epoch: number): { readonly ok: false; readonly error: CertificateRejection } {
  return err(rejection('otherEpoch', `of epoch ${epoch}`, 'ignore'))
}
