/** Verifies that a block is final: a quorum signed to commit it or one that descends from it. */
import { nobleRecoverer } from '../crypto/backends/noble.ts'
import { hashHeader, statementDigest } from '../crypto/digests.ts'
import type { CommitCertificate } from '../types/certificate.ts'
import { type Header, readHeader } from '../types/header.ts'
import type { Hash } from '../types/ids.ts'
import { isBitmapFor, signersOf } from '../types/signer-bitmap.ts'
import type { ValidatorSet } from '../types/validator-set.ts'
import { readBytes, readHash, readList, readNatural, readObject, readRlp } from './read-json.ts'
import type { Trust } from './trust.ts'
import { VerificationError } from './verification-error.ts'

/** A header that is final on the trusted network: everything else is verified against it. */
export interface FinalHeader {
  readonly hash: Hash
  readonly header: Header
}

/**
 * @param proof as `bft_getFinalityProof` answers.
 * @throws VerificationError; 'otherEpoch' when the block is of an epoch that `trust` does not reach yet.
 */
export function verifyFinalityProof(proof: unknown, trust: Trust): FinalHeader {
  const [first] = readHeaders(proof)
  return first.hash === trust.genesisHash ? first : verifyCertifiedHeader(proof, trust)
}

/** As the proof says, still unproven: which validators it takes to verify it. @throws VerificationError */
export function epochOfProof(proof: unknown): number {
  return readHeaders(proof)[0].header.consensus.epoch
}

/** The first of the proof's headers, which a certificate of the last makes final. @throws VerificationError */
export function verifyCertifiedHeader(proof: unknown, trust: Trust): FinalHeader {
  const chain = readHeaders(proof)
  const [first] = chain
  for (const [index, child] of chain.entries()) {
    const parent = chain[index - 1]
    if (parent !== undefined && !isChild(child, parent)) throw bad('the headers of the proof are no chain')
  }
  if (first.header.consensus.suffix) throw bad('what only carries the commit of an epoch is no block')
  const certificate = readCertificate(readObject(proof, 'finality proof')['certificate'])
  verifyCertificate(certificate, chain.at(-1) ?? first, validatorsFor(first, trust), trust.genesisHash)
  return first
}

/** One of a suffix repeats the height of the block that it is behind. */
function isChild({ header }: FinalHeader, parent: FinalHeader): boolean {
  const { end, suffix, epoch } = parent.header.consensus
  const isOfEpoch = header.consensus.epoch === epoch && header.consensus.suffix === (end || suffix)
  const height = parent.header.height + (header.consensus.suffix ? 0 : 1)
  return isOfEpoch && header.parentHash === parent.hash && header.height === height
}

/** Old keys sign for their own epoch and no more: not before its first block, and not beyond its last. */
function validatorsFor({ hash, header }: FinalHeader, { epochs }: Trust): ValidatorSet {
  const { epoch } = header.consensus
  const trusted = epochs[epoch - 1]
  if (trusted === undefined) throw otherEpoch(`the validators of epoch ${epoch} are not known`)
  const isEarly = header.height <= trusted.root.height
  const end = epochs[epoch]?.root
  const isLate =
    end !== undefined && (header.height > end.height || (header.height === end.height && hash !== end.hash))
  if (isEarly || isLate) throw otherEpoch(`block ${header.height} is none of epoch ${epoch}`)
  return trusted.validators
}

function verifyCertificate(
  certificate: CommitCertificate,
  { hash, header }: FinalHeader,
  validators: ValidatorSet,
  genesisHash: Hash,
): void {
  const { epoch, view, blockHash, bitmap, signatures } = certificate
  if (epoch !== validators.epoch || header.consensus.epoch !== epoch) {
    throw otherEpoch(`a certificate of epoch ${epoch} for a block of ${header.consensus.epoch}`)
  }
  if (blockHash !== hash || view !== header.consensus.view) throw bad('the certificate is of another block')
  if (!isBitmapFor(bitmap, validators.n)) throw bad('the certificate names signers that there are not')
  const signers = signersOf(bitmap)
  if (signers.length < validators.quorum || signers.length !== signatures.length) {
    throw bad(`the certificate has ${signatures.length} signatures, a quorum is ${validators.quorum}`)
  }
  const digest = statementDigest(genesisHash, { kind: 'commit', epoch, view, blockHash })
  for (const [position, signer] of signers.entries()) {
    const key = validators.at(signer)?.consensusKey
    const signature = signatures[position]
    if (key === undefined || signature === undefined || !nobleRecoverer.verify(digest, signature, key)) {
      throw bad(`the signature of validator ${signer} is wrong`)
    }
  }
}

function readHeaders(proof: unknown): readonly [FinalHeader, ...FinalHeader[]] {
  const [first, ...others] = readList(readObject(proof, 'finality proof')['headers'], 'header', (item) => {
    const header = readRlp(readBytes(item, 'header'), 'header', readHeader)
    return { hash: hashHeader(header), header }
  })
  if (first === undefined) throw bad('the proof has no header')
  return [first, ...others]
}

function readCertificate(value: unknown): CommitCertificate {
  const fields = readObject(value, 'certificate')
  return {
    epoch: readNatural(fields['epoch'], 'epoch'),
    view: readNatural(fields['view'], 'view'),
    blockHash: readHash(fields['blockHash'], 'block hash'),
    bitmap: readBytes(fields['bitmap'], 'bitmap'),
    signatures: readList(fields['signatures'], 'signature', readBytes),
  }
}

function bad(message: string): VerificationError {
  return new VerificationError('badCertificate', message)
}

function otherEpoch(message: string): VerificationError {
  return new VerificationError('otherEpoch', message)
}
