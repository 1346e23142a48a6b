/**
 * The durable safety record S (docs/consensus.md, "What may be signed"): everything a validator must
 * remember so that it never signs two things for one view, and can prove its lock after a crash.
 * All fields are written together, before the signature that they allow is made.
 */

import { DecodeError } from '../codec/decode-error.ts'
import { asFixedBytes, asTuple, asUint, uintBytes } from '../codec/fields.ts'
import { decodeRlp, encodeRlp, type RlpItem } from '../codec/rlp.ts'
import type { QuorumCertificate, TimeoutCertificate } from './certificate.ts'
import { optionalItem, qcItem, readOptional, readQc, readTc, tcItem } from './certificate-codec.ts'
import { type Epoch, type Hash, hashFromBytes, idBytes, type View } from './ids.ts'

const SCHEMA = 1

export interface SignedVote {
  readonly view: View
  readonly blockHash: Hash
  readonly justifyView: View
}

export interface SignedBlock {
  readonly view: View
  readonly blockHash: Hash
}

export interface SignedTimeout {
  readonly view: View
  readonly highQc: QuorumCertificate
  /** Null when highQc is of the view before. */
  readonly tc: TimeoutCertificate | null
}

export interface SafetyRecord {
  readonly epoch: Epoch
  readonly lastVotedView: View
  readonly lastTimeoutView: View
  readonly lastProposedView: View
  /** The lock: its view is what timeouts promise. */
  readonly highQc: QuorumCertificate
  readonly highTc: TimeoutCertificate | null
  readonly lastVote: SignedVote | null
  readonly lastCommitVote: SignedBlock | null
  readonly lastTimeout: SignedTimeout | null
  readonly lastProposal: SignedBlock | null
}

export function freshSafetyRecord(epoch: Epoch, root: QuorumCertificate): SafetyRecord {
  return {
    epoch,
    lastVotedView: 0,
    lastTimeoutView: 0,
    lastProposedView: 0,
    highQc: root,
    highTc: null,
    lastVote: null,
    lastCommitVote: null,
    lastTimeout: null,
    lastProposal: null,
  }
}

export function encodeSafetyRecord(record: SafetyRecord): Uint8Array {
  return encodeRlp([
    uintBytes(SCHEMA),
    uintBytes(record.epoch),
    uintBytes(record.lastVotedView),
    uintBytes(record.lastTimeoutView),
    uintBytes(record.lastProposedView),
    qcItem(record.highQc),
    optionalItem(record.highTc, tcItem),
    optionalItem(record.lastVote, (vote) => [
      uintBytes(vote.view),
      idBytes(vote.blockHash),
      uintBytes(vote.justifyView),
    ]),
    optionalItem(record.lastCommitVote, signedBlockItem),
    optionalItem(record.lastTimeout, (timeout) => [
      uintBytes(timeout.view),
      qcItem(timeout.highQc),
      optionalItem(timeout.tc, tcItem),
    ]),
    optionalItem(record.lastProposal, signedBlockItem),
  ])
}

/** Throws DecodeError: a record that cannot be read must never be guessed. */
export function decodeSafetyRecord(bytes: Uint8Array): SafetyRecord {
  const fields = asTuple(decodeRlp(bytes), 11, 'safety record')
  if (asUint(fields[0], 'schema') !== SCHEMA) throw new DecodeError('the safety record has an unknown schema')
  return {
    epoch: asUint(fields[1], 'epoch'),
    lastVotedView: asUint(fields[2], 'lastVotedView'),
    lastTimeoutView: asUint(fields[3], 'lastTimeoutView'),
    lastProposedView: asUint(fields[4], 'lastProposedView'),
    highQc: readQc(fields[5]),
    highTc: readOptional(fields[6], readTc),
    lastVote: readOptional(fields[7], readSignedVote),
    lastCommitVote: readOptional(fields[8], readSignedBlock),
    lastTimeout: readOptional(fields[9], readSignedTimeout),
    lastProposal: readOptional(fields[10], readSignedBlock),
  }
}

function signedBlockItem(signed: SignedBlock): RlpItem {
  return [uintBytes(signed.view), idBytes(signed.blockHash)]
}

function readSignedBlock(item: RlpItem): SignedBlock {
  const [view, blockHash] = asTuple(item, 2, 'signed block')
  return { view: asUint(view, 'view'), blockHash: hashFromBytes(asFixedBytes(blockHash, 32, 'blockHash')) }
}

function readSignedVote(item: RlpItem): SignedVote {
  const [view, blockHash, justifyView] = asTuple(item, 3, 'signed vote')
  return {
    view: asUint(view, 'view'),
    blockHash: hashFromBytes(asFixedBytes(blockHash, 32, 'blockHash')),
    justifyView: asUint(justifyView, 'justifyView'),
  }
}

function readSignedTimeout(item: RlpItem): SignedTimeout {
  const [view, highQc, tc] = asTuple(item, 3, 'signed timeout')
  return { view: asUint(view, 'view'), highQc: readQc(highQc), tc: readOptional(tc, readTc) }
}
