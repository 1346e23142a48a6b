/** What nodes say to each other unasked, as bytes: direct messages between validators, and gossip. */
import { EMPTY_BYTES } from '../base/bytes.ts'
import type { Rejection } from '../base/rejection.ts'
import type { Result } from '../base/result.ts'
import { decodeWith } from '../codec/decode.ts'
import { DecodeError } from '../codec/decode-error.ts'
import { asBytes, asFixedBytes, asList, asTuple, asUint, uintBytes } from '../codec/fields.ts'
import { encodeRlp, type RlpItem } from '../codec/rlp.ts'
import { decodeTagged, encodeTagged } from '../codec/tagged.ts'
import { hashHeader } from '../crypto/digests.ts'
import { type Proposal, proposalItem, readProposal } from '../types/block.ts'
import type { CommitVote, Vote } from '../types/certificate.ts'
import {
  commitCertificateItem,
  commitVoteItem,
  optionalItem,
  qcItem,
  readCommitCertificate,
  readCommitVote,
  readOptional,
  readQc,
  readTc,
  readTimeout,
  readVote,
  tcItem,
  timeoutItem,
  voteItem,
} from '../types/certificate-codec.ts'
import type { CertificateBundle, TimeoutMessage } from '../types/consensus-message.ts'
import { type EpochEndProof, epochEndItem, readEpochEnd } from '../types/finality.ts'
import { type Epoch, type Hash, type Height, hashFromBytes, idBytes, type View } from '../types/ids.ts'
import { TRANSACTION_BYTES_MAX } from '../types/limits.ts'

/** What a replica says of itself when its own execution refuses a certified block; unsigned, so it is only ever shown. */
export interface Divergence {
  readonly height: Height
  readonly blockHash: Hash
}

/** Where a node stands; unsigned, so it may only ever cause a question. */
export interface Status {
  readonly epoch: Epoch
  readonly view: View
  readonly highQcView: View
  readonly height: Height
  readonly tipHash: Hash
}

export type DirectMessage =
  | { readonly kind: 'proposal'; readonly proposal: Proposal }
  | { readonly kind: 'vote'; readonly vote: Vote }
  | { readonly kind: 'commitVote'; readonly vote: CommitVote }
  | { readonly kind: 'timeout'; readonly message: TimeoutMessage }
  | { readonly kind: 'certificates'; readonly bundle: CertificateBundle }
  | { readonly kind: 'certificatesWanted' }
  | { readonly kind: 'status'; readonly status: Status }
  | { readonly kind: 'transactions'; readonly envelopes: readonly Uint8Array[] }
  /** To whoever is still in the epoch that it ends. */
  | { readonly kind: 'epochEnd'; readonly proof: EpochEndProof }
  /** The last that a replica says before it stops for good. */
  | { readonly kind: 'diverged'; readonly divergence: Divergence }

/** BOUND: transactions in one message. */
export const TRANSACTIONS_PER_MESSAGE_MAX = 4_096

const DIRECT_TAGS = {
  proposal: 1,
  vote: 2,
  commitVote: 3,
  timeout: 4,
  certificates: 5,
  certificatesWanted: 6,
  status: 7,
  transactions: 8,
  epochEnd: 9,
  diverged: 10,
} as const
/** Of which epoch a message says something about agreement; null for what is of none, or of another by nature. */
export function epochOf(message: DirectMessage): Epoch | null {
  switch (message.kind) {
    case 'proposal':
      return message.proposal.block.header.consensus.epoch
    case 'vote':
    case 'commitVote':
      return message.vote.epoch
    case 'timeout':
      return message.message.timeout.epoch
    case 'certificates':
      return message.bundle.epoch
    case 'certificatesWanted':
    case 'status':
    case 'transactions':
    case 'epochEnd':
    case 'diverged':
      return null
  }
}

export function encodeDirect(message: DirectMessage): Uint8Array {
  return encodeTagged(DIRECT_TAGS[message.kind], directItem(message))
}

export function decodeDirect(bytes: Uint8Array): Result<DirectMessage, Rejection<'malformed'>> {
  return decodeTagged(bytes, readDirect)
}

function directItem(message: DirectMessage): RlpItem {
  switch (message.kind) {
    case 'proposal':
      return proposalItem(message.proposal)
    case 'vote':
      return voteItem(message.vote)
    case 'commitVote':
      return commitVoteItem(message.vote)
    case 'timeout':
      return timeoutMessageItem(message.message)
    case 'certificates':
      return bundleItem(message.bundle)
    case 'certificatesWanted':
      return EMPTY_BYTES
    case 'status':
      return statusItem(message.status)
    case 'transactions':
      return message.envelopes
    case 'epochEnd':
      return epochEndItem(message.proof)
    case 'diverged':
      return [uintBytes(message.divergence.height), idBytes(message.divergence.blockHash)]
  }
}

function readDirect(tag: number, item: RlpItem): DirectMessage {
  switch (tag) {
    case DIRECT_TAGS.proposal:
      return { kind: 'proposal', proposal: readProposal(item, hashHeader) }
    case DIRECT_TAGS.vote:
      return { kind: 'vote', vote: readVote(item) }
    case DIRECT_TAGS.commitVote:
      return { kind: 'commitVote', vote: readCommitVote(item) }
    case DIRECT_TAGS.timeout:
      return { kind: 'timeout', message: readTimeoutMessage(item) }
    case DIRECT_TAGS.certificates:
      return { kind: 'certificates', bundle: readBundle(item) }
    case DIRECT_TAGS.certificatesWanted:
      asFixedBytes(item, 0, 'certificatesWanted')
      return { kind: 'certificatesWanted' }
    case DIRECT_TAGS.status:
      return { kind: 'status', status: readStatus(item) }
    case DIRECT_TAGS.transactions:
      return { kind: 'transactions', envelopes: readEnvelopes(item) }
    case DIRECT_TAGS.epochEnd:
      return { kind: 'epochEnd', proof: readEpochEnd(item) }
    case DIRECT_TAGS.diverged:
      return { kind: 'diverged', divergence: readDivergence(item) }
    default:
      throw new DecodeError(`unknown message tag ${tag}`)
  }
}

export function encodeEnvelopes(envelopes: readonly Uint8Array[]): Uint8Array {
  return encodeRlp(envelopes)
}

export function decodeEnvelopes(bytes: Uint8Array): Result<readonly Uint8Array[], Rejection<'malformed'>> {
  return decodeWith(bytes, readEnvelopes)
}

function readEnvelopes(item: RlpItem): Uint8Array[] {
  return asList(item, 'transactions', TRANSACTIONS_PER_MESSAGE_MAX).map((envelope) =>
    asBytes(envelope, 'transaction', TRANSACTION_BYTES_MAX),
  )
}

function timeoutMessageItem(message: TimeoutMessage): RlpItem {
  return [
    timeoutItem(message.timeout),
    qcItem(message.highQc),
    optionalItem(message.tc, tcItem),
    optionalItem(message.vote, voteItem),
    optionalItem(message.proposal, proposalItem),
  ]
}

function readTimeoutMessage(item: RlpItem): TimeoutMessage {
  const [timeout, highQc, tc, vote, proposal] = asTuple(item, 5, 'timeout message')
  return {
    timeout: readTimeout(timeout ?? []),
    highQc: readQc(highQc),
    tc: readOptional(tc, readTc),
    vote: readOptional(vote, readVote),
    proposal: readOptional(proposal, (part) => readProposal(part, hashHeader)),
  }
}

export function bundleItem(bundle: CertificateBundle): RlpItem {
  return [
    uintBytes(bundle.epoch),
    qcItem(bundle.highQc),
    optionalItem(bundle.tc, tcItem),
    optionalItem(bundle.commitCertificate, commitCertificateItem),
  ]
}

export function readBundle(item: RlpItem): CertificateBundle {
  const [epoch, highQc, tc, commitCertificate] = asTuple(item, 4, 'certificates')
  return {
    epoch: asUint(epoch, 'epoch'),
    highQc: readQc(highQc),
    tc: readOptional(tc, readTc),
    commitCertificate: readOptional(commitCertificate, readCommitCertificate),
  }
}

function readDivergence(item: RlpItem): Divergence {
  const [height, blockHash] = asTuple(item, 2, 'divergence')
  return {
    height: asUint(height, 'height'),
    blockHash: hashFromBytes(asFixedBytes(blockHash, 32, 'blockHash')),
  }
}

export function statusItem(status: Status): RlpItem {
  return [
    uintBytes(status.epoch),
    uintBytes(status.view),
    uintBytes(status.highQcView),
    uintBytes(status.height),
    idBytes(status.tipHash),
  ]
}

export function readStatus(item: RlpItem): Status {
  const [epoch, view, highQcView, height, tipHash] = asTuple(item, 5, 'status')
  return {
    epoch: asUint(epoch, 'epoch'),
    view: asUint(view, 'view'),
    highQcView: asUint(highQcView, 'highQcView'),
    height: asUint(height, 'height'),
    tipHash: hashFromBytes(asFixedBytes(tipHash, 32, 'tipHash')),
  }
}
