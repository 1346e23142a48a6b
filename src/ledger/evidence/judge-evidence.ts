/**
 * Whether evidence proves what it says (docs/consensus.md, "Evidence"): from its bytes and the
 * stored validators and schedule of its epoch alone, so that every replica answers alike. Statements
 * are compared by what was signed, never by signature bytes: one statement has many signatures.
 * Age, and whether the culprit was punished already, is the business of who asks.
 */
import { bytesEqual } from '../../base/bytes.ts'
import { isPlanted } from '../../base/planted-bug.ts'
import { type Rejection, rejection } from '../../base/rejection.ts'
import { err, ok, type Result } from '../../base/result.ts'
import { uintBytes } from '../../codec/fields.ts'
import { encodeRlp } from '../../codec/rlp.ts'
import { hashHeader, statementDigest } from '../../crypto/digests.ts'
import { keccak256Hash } from '../../crypto/keccak.ts'
import type { SignatureVerifier } from '../../crypto/signature-verifier.ts'
import type { CommitVote, Timeout, Vote } from '../../types/certificate.ts'
import { EVIDENCE_NUMBER, type Evidence, type EvidenceKind, type SignedHeader } from '../../types/evidence.ts'
import type { Header } from '../../types/header.ts'
import { type Address, type Epoch, type Hash, idBytes, type View, ZERO_HASH } from '../../types/ids.ts'
import {
  commitStatement,
  type Statement,
  statementPreimage,
  timeoutStatement,
  voteStatement,
} from '../../types/signing-domain.ts'
import type { Validator } from '../../types/validator-set.ts'
import { isBadHeader, type JudgedEpoch, leaderAt } from './bad-header.ts'

export interface JudgeContext {
  readonly genesisHash: Hash
  readonly verifier: SignatureVerifier
  /** Undefined for an epoch that is not kept (any more). */
  readonly epoch: (epoch: Epoch) => JudgedEpoch | undefined
}

export interface Judgement {
  /** keccak256(rlp([number of the kind, culprit, epoch, view])): one offence has one id, whoever proves it. */
  readonly id: Hash
  readonly culprit: Address
  readonly kind: EvidenceKind
  readonly epoch: Epoch
  /** Of the later statement, where there are two views. */
  readonly view: View
}

export type EvidenceRejection = Rejection<'noOffence' | 'unknownEpoch' | 'unknownSigner' | 'badSignature'>
type Judged<T> = Result<T, EvidenceRejection>

/** At most four signature checks. */
export function judgeEvidence(evidence: Evidence, context: JudgeContext): Judged<Judgement> {
  const { epoch, view } = offencePlace(evidence)
  const judged = context.epoch(epoch)
  // Not the sender's fault for sure: its state may be behind or ahead of ours.
  if (judged === undefined) return err(rejection('unknownEpoch', 'the epoch is not kept', 'ignore'))
  const bench = { ...context, judged }
  if (!isOffence(evidence, bench)) return err(rejection('noOffence', 'the statements do not contradict'))
  const culprit = culpritOf(evidence, bench)
  if (!culprit.ok) return culprit
  const { address } = culprit.value
  return ok({ id: evidenceId(evidence.kind, address, epoch, view), culprit: address, kind: evidence.kind, epoch, view })
}

function evidenceId(kind: EvidenceKind, culprit: Address, epoch: Epoch, view: View): Hash {
  const fields = [uintBytes(EVIDENCE_NUMBER[kind]), idBytes(culprit), uintBytes(epoch), uintBytes(view)]
  return keccak256Hash(encodeRlp(fields))
}

interface Bench extends JudgeContext {
  readonly judged: JudgedEpoch
}

function offencePlace(evidence: Evidence): { readonly epoch: Epoch; readonly view: View } {
  switch (evidence.kind) {
    case 'doubleProposal':
      return evidence.first.header.consensus
    case 'badHeader':
      return evidence.header.consensus
    case 'hiddenLock':
    case 'abandonedCommit':
      return evidence.timeout
    case 'voteForBadHeader':
      return evidence.vote
    case 'doubleVote':
    case 'doubleCommitVote':
    case 'doubleTimeout':
      return evidence.first
  }
}

/** Everything but who said it and whether it was signed. */
function isOffence(evidence: Evidence, bench: Bench): boolean {
  switch (evidence.kind) {
    case 'doubleProposal':
      return differ(headerStatement(evidence.first.header), headerStatement(evidence.second.header), bench)
    case 'doubleVote':
      return differ(voteStatement(evidence.first), voteStatement(evidence.second), bench)
    case 'doubleCommitVote':
      return differ(commitStatement(evidence.first), commitStatement(evidence.second), bench)
    case 'doubleTimeout':
      return differ(timeoutStatement(evidence.first), timeoutStatement(evidence.second), bench)
    case 'hiddenLock':
      return isDenied(evidence.vote, evidence.vote.justifyView, evidence.timeout)
    case 'abandonedCommit':
      return isDenied(evidence.commitVote, evidence.commitVote.view, evidence.timeout)
    case 'badHeader':
      return isBadHeader(evidence.header, bench.judged)
    case 'voteForBadHeader':
      return (
        evidence.vote.blockHash === hashHeader(evidence.header) &&
        (isMisquoted(evidence.vote, evidence.header) || isBadHeader(evidence.header, bench.judged))
      )
  }
}

/** Two statements of one kind, for one view of one epoch. */
function differ(first: Statement, second: Statement, { genesisHash }: Bench): boolean {
  const isOneView = first.view === second.view || (__CANARIES__ && isPlanted('evidence-of-two-views'))
  if (first.epoch !== second.epoch || !isOneView) return false
  return !bytesEqual(statementPreimage(genesisHash, first), statementPreimage(genesisHash, second))
}

/** Whoever has timed out of a view signs nothing of it or before any more: the timeout came later. */
function isDenied(earlier: Vote | CommitVote, qcView: View, timeout: Timeout): boolean {
  const isLater = timeout.view >= earlier.view || (__CANARIES__ && isPlanted('evidence-order-unchecked'))
  return earlier.epoch === timeout.epoch && isLater && timeout.highQcView < qcView
}

/** An honest vote repeats what the header says. */
function isMisquoted(vote: Vote, { consensus }: Header): boolean {
  return vote.epoch !== consensus.epoch || vote.view !== consensus.view || vote.justifyView !== consensus.justifyView
}

function culpritOf(evidence: Evidence, bench: Bench): Judged<Validator> {
  switch (evidence.kind) {
    case 'doubleProposal':
      return same(headerSigner(evidence.first, bench), headerSigner(evidence.second, bench))
    case 'badHeader':
      return headerSigner(evidence, bench)
    case 'doubleVote':
      return same(...both(evidence, voteStatement, bench))
    case 'doubleCommitVote':
      return same(...both(evidence, commitStatement, bench))
    case 'doubleTimeout':
      return same(...both(evidence, timeoutStatement, bench))
    case 'voteForBadHeader':
      return signer(evidence.vote, voteStatement(evidence.vote), bench)
    case 'hiddenLock': {
      const { vote, timeout } = evidence
      return same(signer(vote, voteStatement(vote), bench), signer(timeout, timeoutStatement(timeout), bench))
    }
    case 'abandonedCommit': {
      const { commitVote, timeout } = evidence
      return same(
        signer(commitVote, commitStatement(commitVote), bench),
        signer(timeout, timeoutStatement(timeout), bench),
      )
    }
  }
}

interface Signed {
  readonly signer: number
  readonly signature: Uint8Array
}

function both<T extends Signed>(
  { first, second }: { readonly first: T; readonly second: T },
  statement: (signed: T) => Statement,
  bench: Bench,
): [Judged<Validator>, Judged<Validator>] {
  return [signer(first, statement(first), bench), signer(second, statement(second), bench)]
}

function same(first: Judged<Validator>, second: Judged<Validator>): Judged<Validator> {
  if (!first.ok) return first
  if (!second.ok) return second
  if (first.value.address !== second.value.address)
    return err(rejection('noOffence', 'the statements are of two validators'))
  return first
}

function signer({ signer: index, signature }: Signed, statement: Statement, bench: Bench): Judged<Validator> {
  const validator = bench.judged.validators[index]
  if (validator === undefined) return err(rejection('unknownSigner', 'the signer is no validator of the epoch'))
  return isSignedBy(validator, statement, signature, bench) ? ok(validator) : err(BAD_SIGNATURE)
}

/** The miner that the header names, or the leader of its view, who may have named another. */
function headerSigner({ header, signature }: SignedHeader, bench: Bench): Judged<Validator> {
  const { judged } = bench
  const statement = headerStatement(header)
  const miner = judged.validators.find(({ address }) => address === header.miner)
  const leader = leaderAt(judged, header.consensus.view)
  for (const validator of miner === leader ? [miner] : [miner, leader])
    if (validator !== undefined && isSignedBy(validator, statement, signature, bench)) return ok(validator)
  return err(BAD_SIGNATURE)
}

const BAD_SIGNATURE = rejection('badSignature', 'a signature does not hold')

function isSignedBy(
  { consensusKey }: Validator,
  statement: Statement,
  signature: Uint8Array,
  { genesisHash, verifier }: Bench,
): boolean {
  if (__CANARIES__ && isPlanted('evidence-signatures-unchecked')) return true
  if (__CANARIES__ && isPlanted('evidence-of-any-chain'))
    if (verifier.verify(statementDigest(ZERO_HASH, statement), signature, consensusKey)) return true
  return verifier.verify(statementDigest(genesisHash, statement), signature, consensusKey)
}

function headerStatement(header: Header): Statement {
  const { epoch, view } = header.consensus
  return { kind: 'proposal', epoch, view, blockHash: hashHeader(header) }
}
