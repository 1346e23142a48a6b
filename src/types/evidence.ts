/**
 * Statements of one validator that an honest one never makes, in a form that proves itself: who has
 * the validator set of the epoch needs nothing else to judge it (docs/consensus.md, "Evidence").
 * Canonical RLP: [number of the kind, first part, second part].
 */
import { compareBytes } from '../base/bytes.ts'
import { type Rejection, rejection } from '../base/rejection.ts'
import { err, type Result } from '../base/result.ts'
import { decodeWith } from '../codec/decode.ts'
import { DecodeError } from '../codec/decode-error.ts'
import { asFixedBytes, asTuple, asUint, uintBytes } from '../codec/fields.ts'
import { encodeRlp, type RlpItem } from '../codec/rlp.ts'
import type { CommitVote, Timeout, Vote } from './certificate.ts'
import { commitVoteItem, readCommitVote, readTimeout, readVote, timeoutItem, voteItem } from './certificate-codec.ts'
import { type Header, headerItem, readHeader } from './header.ts'
import { SIGNATURE_BYTES } from './limits.ts'

/** A header with its signature as a proposal. Who signed is found by trying its miner and its view's leader. */
export interface SignedHeader {
  readonly header: Header
  readonly signature: Uint8Array
}

export type Evidence =
  | { readonly kind: 'doubleProposal'; readonly first: SignedHeader; readonly second: SignedHeader }
  | { readonly kind: 'doubleVote'; readonly first: Vote; readonly second: Vote }
  | { readonly kind: 'doubleCommitVote'; readonly first: CommitVote; readonly second: CommitVote }
  /** The vote locked its signer on a QC that the later timeout denies. */
  | { readonly kind: 'hiddenLock'; readonly vote: Vote; readonly timeout: Timeout }
  /** The commit vote claims a QC that the later timeout denies. */
  | { readonly kind: 'abandonedCommit'; readonly commitVote: CommitVote; readonly timeout: Timeout }
  | { readonly kind: 'doubleTimeout'; readonly first: Timeout; readonly second: Timeout }
  | { readonly kind: 'badHeader'; readonly header: Header; readonly signature: Uint8Array }
  | { readonly kind: 'voteForBadHeader'; readonly vote: Vote; readonly header: Header }

export type EvidenceKind = Evidence['kind']

/** E1 to E8: the number that a kind has in its encoding, in its id and in the documents. */
export const EVIDENCE_NUMBER = {
  doubleProposal: 1,
  doubleVote: 2,
  doubleCommitVote: 3,
  hiddenLock: 4,
  abandonedCommit: 5,
  doubleTimeout: 6,
  badHeader: 7,
  voteForBadHeader: 8,
} as const satisfies Record<EvidenceKind, number>

/** Two headers at their longest, with signatures, stay below it. @internal */
export const EVIDENCE_BYTES_MAX = 4096

export function encodeEvidence(evidence: Evidence): Uint8Array {
  return encodeRlp([uintBytes(EVIDENCE_NUMBER[evidence.kind]), ...partsOf(evidence)])
}

export function decodeEvidence(bytes: Uint8Array): Result<Evidence, Rejection<'malformed'>> {
  if (bytes.length > EVIDENCE_BYTES_MAX) return err(rejection('malformed', 'evidence: too long'))
  return decodeWith(bytes, readEvidence)
}

/** The same evidence, its parts in an order that does not depend on who saw which first: all who hold it hold the same bytes. */
export function inOrder(evidence: Evidence): Evidence {
  if (!('first' in evidence)) return evidence
  const [first, second] = partsOf(evidence).map(encodeRlp) as [Uint8Array, Uint8Array]
  if (compareBytes(first, second) <= 0) return evidence
  return { ...evidence, first: evidence.second, second: evidence.first } as Evidence
}

function partsOf(evidence: Evidence): readonly [RlpItem, RlpItem] {
  switch (evidence.kind) {
    case 'doubleProposal':
      return [signedHeaderItem(evidence.first), signedHeaderItem(evidence.second)]
    case 'doubleVote':
      return [voteItem(evidence.first), voteItem(evidence.second)]
    case 'doubleCommitVote':
      return [commitVoteItem(evidence.first), commitVoteItem(evidence.second)]
    case 'hiddenLock':
      return [voteItem(evidence.vote), timeoutItem(evidence.timeout)]
    case 'abandonedCommit':
      return [commitVoteItem(evidence.commitVote), timeoutItem(evidence.timeout)]
    case 'doubleTimeout':
      return [timeoutItem(evidence.first), timeoutItem(evidence.second)]
    case 'badHeader':
      return [headerItem(evidence.header), evidence.signature]
    case 'voteForBadHeader':
      return [voteItem(evidence.vote), headerItem(evidence.header)]
  }
}

function readEvidence(item: RlpItem): Evidence {
  const [number, one, other] = asTuple(item, 3, 'evidence') as readonly [RlpItem, RlpItem, RlpItem]
  switch (asUint(number, 'evidence.kind')) {
    case EVIDENCE_NUMBER.doubleProposal:
      return { kind: 'doubleProposal', first: readSignedHeader(one), second: readSignedHeader(other) }
    case EVIDENCE_NUMBER.doubleVote:
      return { kind: 'doubleVote', first: readVote(one), second: readVote(other) }
    case EVIDENCE_NUMBER.doubleCommitVote:
      return { kind: 'doubleCommitVote', first: readCommitVote(one), second: readCommitVote(other) }
    case EVIDENCE_NUMBER.hiddenLock:
      return { kind: 'hiddenLock', vote: readVote(one), timeout: readTimeout(other) }
    case EVIDENCE_NUMBER.abandonedCommit:
      return { kind: 'abandonedCommit', commitVote: readCommitVote(one), timeout: readTimeout(other) }
    case EVIDENCE_NUMBER.doubleTimeout:
      return { kind: 'doubleTimeout', first: readTimeout(one), second: readTimeout(other) }
    case EVIDENCE_NUMBER.badHeader:
      return { kind: 'badHeader', header: readHeader(one), signature: readSignature(other) }
    case EVIDENCE_NUMBER.voteForBadHeader:
      return { kind: 'voteForBadHeader', vote: readVote(one), header: readHeader(other) }
    default:
      throw new DecodeError('evidence.kind: unknown')
  }
}

function signedHeaderItem({ header, signature }: SignedHeader): RlpItem {
  return [headerItem(header), signature]
}

function readSignedHeader(item: RlpItem): SignedHeader {
  const [header, signature] = asTuple(item, 2, 'signed header')
  return { header: readHeader(header), signature: readSignature(signature) }
}

function readSignature(item: RlpItem | undefined): Uint8Array {
  return asFixedBytes(item, SIGNATURE_BYTES, 'evidence.signature')
}
