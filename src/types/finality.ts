/**
 * What makes a block final for somebody who was not there (docs/consensus.md, "The end of an epoch"):
 * a CommitQC of the block itself, or, for the last block of an epoch, of a SUFFIX block behind it.
 */
import { asList, asTuple } from '../codec/fields.ts'
import type { RlpItem } from '../codec/rlp.ts'
import type { CommitCertificate } from './certificate.ts'
import { commitCertificateItem, readCommitCertificate } from './certificate-codec.ts'
import { type Header, headerItem, readHeader } from './header.ts'
import type { Hash } from './ids.ts'

/** BOUND: each is a view in which the last block of an epoch was certified and still not committed. */
const SUFFIX_HEADERS_MAX = 1_024

export interface FinalityProof {
  readonly certificate: CommitCertificate
  /** From the block's child up to the certified one; empty when the certificate is of the block itself. */
  readonly suffix: readonly Header[]
}

/** Ends one epoch and, by the hash of its header, begins the next. */
export interface EpochEndProof {
  /** Of the last block of the epoch. */
  readonly header: Header
  readonly finality: FinalityProof
}

/** The block that the proof is for. */
export function finalHash({ certificate, suffix }: FinalityProof): Hash {
  return suffix[0]?.parentHash ?? certificate.blockHash
}

export function finalityItem(proof: FinalityProof): RlpItem {
  return [commitCertificateItem(proof.certificate), proof.suffix.map(headerItem)]
}

export function readFinality(item: RlpItem | undefined): FinalityProof {
  const [certificate, suffix] = asTuple(item, 2, 'finality')
  return {
    certificate: readCommitCertificate(certificate),
    suffix: asList(suffix, 'finality.suffix', SUFFIX_HEADERS_MAX).map(readHeader),
  }
}

export function epochEndItem(proof: EpochEndProof): RlpItem {
  return [headerItem(proof.header), finalityItem(proof.finality)]
}

export function readEpochEnd(item: RlpItem | undefined): EpochEndProof {
  const [header, finality] = asTuple(item, 2, 'epoch end')
  return { header: readHeader(header), finality: readFinality(finality) }
}
