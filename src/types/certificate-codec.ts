/** Canonical RLP of votes and certificates. Reading throws DecodeError; counts are bounded by VALIDATORS_MAX. */
import { asBytes, asFixedBytes, asList, asTuple, asUint, uintBytes } from '../codec/fields.ts'
import type { RlpItem } from '../codec/rlp.ts'
import type {
  CommitCertificate,
  CommitVote,
  QuorumCertificate,
  Timeout,
  TimeoutCertificate,
  TimeoutEntry,
  Vote,
} from './certificate.ts'
import { hashFromBytes, idBytes } from './ids.ts'
import { SIGNATURE_BYTES, VALIDATORS_MAX } from './limits.ts'

export function voteItem(vote: Vote): RlpItem {
  return [
    uintBytes(vote.epoch),
    uintBytes(vote.view),
    idBytes(vote.blockHash),
    uintBytes(vote.justifyView),
    uintBytes(vote.signer),
    vote.signature,
  ]
}

export function readVote(item: RlpItem): Vote {
  const [epoch, view, blockHash, justifyView, signer, signature] = asTuple(item, 6, 'vote')
  return {
    epoch: asUint(epoch, 'vote.epoch'),
    view: asUint(view, 'vote.view'),
    blockHash: hashFromBytes(asFixedBytes(blockHash, 32, 'vote.blockHash')),
    justifyView: asUint(justifyView, 'vote.justifyView'),
    signer: asUint(signer, 'vote.signer'),
    signature: asFixedBytes(signature, SIGNATURE_BYTES, 'vote.signature'),
  }
}

export function commitVoteItem(vote: CommitVote): RlpItem {
  return [uintBytes(vote.epoch), uintBytes(vote.view), idBytes(vote.blockHash), uintBytes(vote.signer), vote.signature]
}

export function readCommitVote(item: RlpItem): CommitVote {
  const [epoch, view, blockHash, signer, signature] = asTuple(item, 5, 'commit vote')
  return {
    epoch: asUint(epoch, 'commitVote.epoch'),
    view: asUint(view, 'commitVote.view'),
    blockHash: hashFromBytes(asFixedBytes(blockHash, 32, 'commitVote.blockHash')),
    signer: asUint(signer, 'commitVote.signer'),
    signature: asFixedBytes(signature, SIGNATURE_BYTES, 'commitVote.signature'),
  }
}

export function timeoutItem(timeout: Timeout): RlpItem {
  return [
    uintBytes(timeout.epoch),
    uintBytes(timeout.view),
    uintBytes(timeout.highQcView),
    uintBytes(timeout.signer),
    timeout.signature,
  ]
}

export function readTimeout(item: RlpItem): Timeout {
  const [epoch, view, highQcView, signer, signature] = asTuple(item, 5, 'timeout')
  return {
    epoch: asUint(epoch, 'timeout.epoch'),
    view: asUint(view, 'timeout.view'),
    highQcView: asUint(highQcView, 'timeout.highQcView'),
    signer: asUint(signer, 'timeout.signer'),
    signature: asFixedBytes(signature, SIGNATURE_BYTES, 'timeout.signature'),
  }
}

export function qcItem(qc: QuorumCertificate): RlpItem {
  return [
    uintBytes(qc.epoch),
    uintBytes(qc.view),
    idBytes(qc.blockHash),
    uintBytes(qc.justifyView),
    qc.bitmap,
    qc.signatures,
  ]
}

export function readQc(item: RlpItem | undefined): QuorumCertificate {
  const [epoch, view, blockHash, justifyView, bitmap, signatures] = asTuple(item, 6, 'QC')
  return {
    epoch: asUint(epoch, 'qc.epoch'),
    view: asUint(view, 'qc.view'),
    blockHash: hashFromBytes(asFixedBytes(blockHash, 32, 'qc.blockHash')),
    justifyView: asUint(justifyView, 'qc.justifyView'),
    bitmap: asBytes(bitmap, 'qc.bitmap', VALIDATORS_MAX / 8),
    signatures: readSignatures(signatures, 'qc.signatures'),
  }
}

export function commitCertificateItem(certificate: CommitCertificate): RlpItem {
  return [
    uintBytes(certificate.epoch),
    uintBytes(certificate.view),
    idBytes(certificate.blockHash),
    certificate.bitmap,
    certificate.signatures,
  ]
}

export function readCommitCertificate(item: RlpItem | undefined): CommitCertificate {
  const [epoch, view, blockHash, bitmap, signatures] = asTuple(item, 5, 'CommitQC')
  return {
    epoch: asUint(epoch, 'commitQc.epoch'),
    view: asUint(view, 'commitQc.view'),
    blockHash: hashFromBytes(asFixedBytes(blockHash, 32, 'commitQc.blockHash')),
    bitmap: asBytes(bitmap, 'commitQc.bitmap', VALIDATORS_MAX / 8),
    signatures: readSignatures(signatures, 'commitQc.signatures'),
  }
}

export function tcItem(tc: TimeoutCertificate): RlpItem {
  return [
    uintBytes(tc.epoch),
    uintBytes(tc.view),
    tc.entries.map((entry): RlpItem => [uintBytes(entry.signer), uintBytes(entry.highQcView), entry.signature]),
    qcItem(tc.highQc),
  ]
}

export function readTc(item: RlpItem | undefined): TimeoutCertificate {
  const [epoch, view, entries, highQc] = asTuple(item, 4, 'TC')
  return {
    epoch: asUint(epoch, 'tc.epoch'),
    view: asUint(view, 'tc.view'),
    entries: asList(entries, 'tc.entries', VALIDATORS_MAX).map(readTimeoutEntry),
    highQc: readQc(highQc),
  }
}

function readTimeoutEntry(item: RlpItem): TimeoutEntry {
  const [signer, highQcView, signature] = asTuple(item, 3, 'TC entry')
  return {
    signer: asUint(signer, 'tc.entry.signer'),
    highQcView: asUint(highQcView, 'tc.entry.highQcView'),
    signature: asFixedBytes(signature, SIGNATURE_BYTES, 'tc.entry.signature'),
  }
}

function readSignatures(item: RlpItem | undefined, what: string): Uint8Array[] {
  return asList(item, what, VALIDATORS_MAX).map((signature) => asFixedBytes(signature, SIGNATURE_BYTES, what))
}

/** An absent certificate is the empty string, so that the number of fields never varies. */
export function optionalItem<T>(value: T | null, item: (value: T) => RlpItem): RlpItem {
  return value === null ? new Uint8Array(0) : item(value)
}

export function readOptional<T>(item: RlpItem | undefined, read: (item: RlpItem) => T): T | null {
  if (item === undefined || (item instanceof Uint8Array && item.length === 0)) return null
  return read(item)
}
