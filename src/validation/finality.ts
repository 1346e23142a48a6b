/** Whether a proof makes a block final: by hashes and signatures alone, no state needed (docs/consensus.md, "The end of an epoch"). */
import { isPlanted } from '../base/planted-bug.ts'
import { type Rejection, rejection } from '../base/rejection.ts'
import { err, ok, type Result } from '../base/result.ts'
import { hashHeader } from '../crypto/digests.ts'
import type { EpochEndProof, FinalityProof } from '../types/finality.ts'
import type { Header } from '../types/header.ts'
import type { Hash } from '../types/ids.ts'
import { mintVerified } from '../types/mint-verified.ts'
import type { Verified } from '../types/verified.ts'
import type { CertificateRejection, CertificateValidator } from './certificate.ts'

export type FinalityRejection = Rejection<'badFinality'> | CertificateRejection

export class FinalityValidator {
  readonly #certificates: CertificateValidator

  constructor(certificates: CertificateValidator) {
    this.#certificates = certificates
  }

  /** Of the block with this header, whose hash is `hash`. */
  finality(hash: Hash, header: Header, proof: FinalityProof): Result<Verified<FinalityProof>, FinalityRejection> {
    const { certificate, suffix } = proof
    if (certificate.epoch !== header.consensus.epoch) return badFinality('of another epoch than its block')
    if (suffix.length > 0 && !header.consensus.end) return badFinality('with a suffix of a block that ends nothing')
    let certified = hash
    for (const child of suffix) {
      const isLinked = child.parentHash === certified || (__CANARIES__ && isPlanted('suffix-link-unchecked'))
      if (!isLinked || !isSuffixOf(child, header)) return badFinality('with a broken suffix')
      certified = hashHeader(child)
    }
    if (certificate.blockHash !== certified) return badFinality('whose certificate is of another block')
    const judged = this.#certificates.commitCertificate(certificate)
    return judged.ok ? ok(mintVerified(proof)) : judged
  }

  epochEnd(proof: EpochEndProof): Result<Verified<EpochEndProof>, FinalityRejection> {
    const { header, finality } = proof
    if (!header.consensus.end) return badFinality('of an epoch by a block that does not end it')
    const judged = this.finality(hashHeader(header), header, finality)
    return judged.ok ? ok(mintVerified(proof)) : judged
  }
}

function isSuffixOf({ height, stateRoot, consensus }: Header, end: Header): boolean {
  return (
    consensus.suffix &&
    !consensus.end &&
    consensus.epoch === end.consensus.epoch &&
    consensus.timeMs === end.consensus.timeMs &&
    consensus.nextValidatorsHash === end.consensus.nextValidatorsHash &&
    height === end.height &&
    stateRoot === end.stateRoot
  )
}

function badFinality(message: string): { readonly ok: false; readonly error: FinalityRejection } {
  return err(rejection('badFinality', `a proof of finality ${message}`))
}
