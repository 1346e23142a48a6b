/** Verifies that a block is final: a quorum signed to commit it or one that descends from it. */
import { nobleRecoverer } from '../crypto/backends/noble.ts'
import { hashHeader, statementDigest } from '../crypto/digests.ts'
import type { CommitCertificate } from '../types/certificate.ts'
import { type Header, readHeader } from '../types/header.ts'
import type { Hash } from '../types/ids.ts'
import { isBitmapFor, signersOf } from '../types/signer-bitmap.ts'
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
 * @throws VerificationError
 */
export function verifyFinalityProof(proof: unknown, trust: Trust): FinalHeader {
  const fields = readObject(proof, 'finality proof')
  const headers = readList(fields['headers'], 'header', (item) =>
    readRlp(readBytes(item, 'header'), 'header', readHeader),
  )
  const chain = headers.map((header) => ({ hash: hashHeader(header), header }))
  const [first] = chain
  const last = chain.at(-1)
  if (first === undefined || last === undefined) throw bad('the proof has no header')
  if (first.hash === trust.genesisHash) return first
  for (const [index, { header }] of chain.entries()) {
    const parent = chain[index - 1]
    if (parent === undefined) continue
    if (header.parentHash !== parent.hash || header.height !== parent.header.height + 1) {
      throw bad('the headers of the proof are no chain')
    }
  }
  verifyCertificate(readCertificate(fields['certificate']), last, trust)
  return first
}

function verifyCertificate(certificate: CommitCertificate, { hash, header }: FinalHeader, trust: Trust): void {
  const { validators, genesisHash } = trust
  const { epoch, view, blockHash, bitmap, signatures } = certificate
  if (epoch !== validators.epoch || header.consensus.epoch !== epoch) {
    throw new VerificationError(
      'otherEpoch',
      `a certificate of epoch ${epoch} for a block of ${header.consensus.epoch}`,
    )
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
