/**
 * Proposals and fetched blocks, as far as they can be judged without their parent: leader,
 * signature, certificates byte for byte, view arithmetic, sizes, body (docs/consensus.md, "What is valid").
 * What needs the parent's state is judged by executing.
 */
import { isPlanted } from '../base/planted-bug.ts'
import { type Rejection, rejection } from '../base/rejection.ts'
import { err, ok, type Result } from '../base/result.ts'
import { hashValidators, qcDigest, tcDigest } from '../crypto/digests.ts'
import { orderedTrieRoot } from '../trie/ordered-root.ts'
import { type Block, bodyBytes, type Proposal } from '../types/block.ts'
import { type Hash, hashFromBytes, type View } from '../types/ids.ts'
import { hasJustifiedViews } from '../types/justification.ts'
import { mintVerified } from '../types/mint-verified.ts'
import type { ValidatorSet } from '../types/validator-set.ts'
import type { Verified } from '../types/verified.ts'
import { type CertificateRejection, type CertificateValidator, otherEpoch } from './certificate.ts'
import type { SignatureChecker } from './signature-checker.ts'

export type ProposalRejection = Rejection<'badProposal' | 'badBlock'> | CertificateRejection

export interface BlockBounds {
  readonly blockTransactionsMax: number
  readonly blockBytesMax: number
}

export class ProposalValidator {
  readonly #validators: ValidatorSet
  readonly #validatorsHash: Hash
  readonly #leaderOf: (view: View) => number
  readonly #bounds: BlockBounds
  readonly #signatures: SignatureChecker
  readonly #certificates: CertificateValidator

  constructor(
    validators: ValidatorSet,
    leaderOf: (view: View) => number,
    bounds: BlockBounds,
    signatures: SignatureChecker,
    certificates: CertificateValidator,
  ) {
    this.#validators = validators
    this.#validatorsHash = hashValidators(validators.members)
    this.#leaderOf = leaderOf
    this.#bounds = bounds
    this.#signatures = signatures
    this.#certificates = certificates
  }

  proposal(proposal: Proposal): Result<Verified<Proposal>, ProposalRejection> {
    const { block } = proposal
    const { epoch, view } = block.header.consensus
    if (epoch !== this.#validators.epoch) return otherEpoch(epoch)
    const claimed =
      __CANARIES__ && isPlanted('leader-unchecked') ? this.#validators.indexOf(block.header.miner) : undefined
    const leader = claimed ?? this.#leaderOf(view)
    if (!this.#signatures.isValid({ kind: 'proposal', epoch, view, blockHash: block.hash }, leader, proposal.signature))
      return badProposal('is not signed by the leader of its view')
    if (!hasJustifiedViews(block)) return badProposal('is not justified by the views before it')
    const form = this.#form(block)
    if (!form.ok) return form
    const justify = this.#certificates.qc(block.justify)
    if (!justify.ok && !(__CANARIES__ && isPlanted('embedded-qc-unchecked'))) return justify
    if (block.tc !== null) {
      const tc = this.#certificates.tc(block.tc)
      if (!tc.ok && !(__CANARIES__ && isPlanted('embedded-tc-unchecked'))) return tc
    }
    return ok(mintVerified(proposal))
  }

  /** A block whose hash a verified certificate vouches for, directly or through its descendants. */
  anchoredBlock(block: Block): Result<Verified<Block>, ProposalRejection> {
    const form = this.#form(block)
    return form.ok ? ok(mintVerified(block)) : form
  }

  /** Header and body belong together, and the header names this epoch's validators and its view's leader. */
  #form(block: Block): Result<true, ProposalRejection> {
    const { header, transactions } = block
    const { consensus } = header
    if (consensus.epoch !== this.#validators.epoch) return badBlock('is of another epoch')
    const mayBeAnyone = __CANARIES__ && isPlanted('leader-unchecked')
    if (header.miner !== this.#validators.at(this.#leaderOf(consensus.view))?.address && !mayBeAnyone)
      return badBlock('names another proposer than the leader of its view')
    if (consensus.validatorsHash !== this.#validatorsHash) return badBlock('names another validator set')
    const isUnchecked = __CANARIES__ && isPlanted('justify-digest-unchecked')
    const isNamed = consensus.justifyDigest === qcDigest(block.justify) || isUnchecked
    if (consensus.justifyView !== block.justify.view || !isNamed)
      return badBlock('carries another QC than its header names')
    const isTcNamed = consensus.tcDigest === (block.tc === null ? null : tcDigest(block.tc))
    if (!isTcNamed && !(__CANARIES__ && isPlanted('tc-digest-unchecked')))
      return badBlock('carries another TC than its header names')
    if (consensus.suffix && (consensus.end || transactions.length > 0))
      return badBlock('is a suffix that does more than carry a commit')
    if (transactions.length > this.#bounds.blockTransactionsMax) return badBlock('has too many transactions')
    if (bodyBytes(block) > this.#bounds.blockBytesMax) return badBlock('is too large')
    if (header.transactionsRoot !== hashFromBytes(orderedTrieRoot(transactions)))
      return badBlock('has another body than its header names')
    return ok(true)
  }
}

function badProposal(message: string): { readonly ok: false; readonly error: ProposalRejection } {
  return err(rejection('badProposal', `the proposal ${message}`))
}

function badBlock(message: string): { readonly ok: false; readonly error: ProposalRejection } {
  return err(rejection('badBlock', `the block ${message}`))
}
