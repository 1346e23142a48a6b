/** The judges of one epoch's messages, made to share one memory of checked signatures. */
import type { SignatureVerifier } from '../crypto/signature-verifier.ts'
import type { Hash, View } from '../types/ids.ts'
import type { ValidatorSet } from '../types/validator-set.ts'
import { CertificateValidator } from './certificate.ts'
import { ConsensusMessageValidator } from './consensus-message.ts'
import { FinalityValidator } from './finality.ts'
import { type BlockBounds, ProposalValidator } from './proposal.ts'
import { SignatureChecker } from './signature-checker.ts'

export interface EpochValidators {
  readonly certificates: CertificateValidator
  readonly finality: FinalityValidator
  readonly proposals: ProposalValidator
  readonly messages: ConsensusMessageValidator
}

export interface EpochRules {
  readonly genesisHash: Hash
  readonly validators: ValidatorSet
  readonly rootHash: Hash
  readonly leaderOf: (view: View) => number
  readonly bounds: BlockBounds
}

export function createEpochValidators(rules: EpochRules, verifier: SignatureVerifier): EpochValidators {
  const { genesisHash, validators, rootHash, leaderOf, bounds } = rules
  const signatures = new SignatureChecker(genesisHash, validators, verifier)
  const certificates = new CertificateValidator(validators, rootHash, signatures)
  const proposals = new ProposalValidator(validators, leaderOf, bounds, signatures, certificates)
  const finality = new FinalityValidator(certificates)
  return {
    certificates,
    finality,
    proposals,
    messages: new ConsensusMessageValidator(signatures, certificates, proposals),
  }
}
