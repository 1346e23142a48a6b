/**
 * What the views of the `validators` module say, for people: numbers are JSON numbers, kinds have names.
 * The module is read as any client reads it, through its ABI.
 */
import { fromHex, type Hex } from '../base/bytes.ts'
import { defined } from '../base/invariant.ts'
import { decodeValidatorsAnswer, encodeValidatorsCall } from '../ledger/modules/validators/encode-call.ts'
import { PROPOSAL_KINDS } from '../ledger/system/proposals.ts'
import { SYSTEM_ADDRESS } from '../ledger/system/system-account.ts'
import { STANDINGS } from '../ledger/system/validator-records.ts'
import type { CallOutcome, NodeApi } from '../node/node-api.ts'
import { EVIDENCE_NUMBER, type EvidenceKind } from '../types/evidence.ts'
import { type Address, type Epoch, type Hash, type Height, type View, ZERO_ADDRESS, ZERO_HASH } from '../types/ids.ts'
import { RpcError, rejectionError, SERVER_ERROR } from './errors.ts'

type Answer<Name extends Parameters<typeof decodeValidatorsAnswer>[0]> = ReturnType<typeof decodeValidatorsAnswer<Name>>
type Member = Answer<'validator'>
type Proposal = Answer<'proposal'>

const KINDS_BY_NUMBER = new Map(
  Object.entries(EVIDENCE_NUMBER).map(([kind, number]) => [number as number, kind as EvidenceKind]),
)
/** The module's own order. */
export const PROPOSAL_STATES = ['open', 'passed', 'expired'] as const
/** The work of a view is bounded by the module: it pages. */
const CALL_GAS = 1_000_000_000

export function membersJson(node: NodeApi, view: 'validators' | 'candidates', height: Height) {
  const data = encodeValidatorsCall(view, [])
  return decodeValidatorsAnswer(view, viewed(node, height, data)).map(memberJson)
}

/** By their ids, `from` on; the module gives at most 100. */
export function proposalsJson(node: NodeApi, from: number, count: number) {
  const data = encodeValidatorsCall('proposals', [BigInt(from), BigInt(count)])
  return decodeValidatorsAnswer('proposals', viewed(node, node.head().header.height, data)).map(proposalJson)
}

export interface AcceptedOffence {
  readonly id: Hash
  readonly kind: EvidenceKind
  readonly culprit: Address
  readonly epoch: Epoch
  readonly view: View
  readonly height: Height
  readonly submitter: Address
}

/** A piece of evidence that the chain has accepted; null when it has not. */
export function acceptedOffence(node: NodeApi, id: Hash): AcceptedOffence | null {
  const data = encodeValidatorsCall('evidence', [id])
  const offence = decodeValidatorsAnswer('evidence', viewed(node, node.head().header.height, data))
  if (offence.id === ZERO_HASH) return null
  return {
    id,
    kind: defined(KINDS_BY_NUMBER.get(offence.kind), 'a kind of evidence'),
    culprit: offence.culprit as Address,
    epoch: Number(offence.epoch),
    view: Number(offence.viewNumber),
    height: Number(offence.height),
    submitter: offence.submitter as Address,
  }
}

/** What a call would be reverted with; null when it would not. */
export function revertedBy(node: NodeApi, height: Height, data: Uint8Array, from: Address = ZERO_ADDRESS) {
  const outcome = called(node, height, data, from)
  return outcome.status === 'reverted' ? outcome.data : null
}

function viewed(node: NodeApi, height: Height, data: Uint8Array): Uint8Array {
  const outcome = called(node, height, data, ZERO_ADDRESS)
  if (outcome.status === 'returned') return outcome.data
  throw new RpcError(SERVER_ERROR, 'the validators module does not answer')
}

function called(node: NodeApi, height: Height, data: Uint8Array, from: Address): CallOutcome {
  const request = { from, to: SYSTEM_ADDRESS, value: 0n, data, accessList: [], gasLimit: CALL_GAS }
  const outcome = node.call(height, request)
  if (!outcome.ok) throw rejectionError(outcome.error)
  return outcome.value
}

function memberJson(member: Member) {
  const { id, consensusKey, signer, peer, name, feeRecipient, jailed, leads } = member
  return {
    ...{ address: id, consensusKey, signer, name, peer, feeRecipient, standing: STANDINGS[member.standing] },
    ...{ jailed, leads, addedAt: Number(member.addedAt), readyAt: Number(member.readyAt) },
    ...{ proposed: Number(member.proposed), missed: Number(member.missed), voted: Number(member.voted) },
  }
}

function proposalJson(proposal: Proposal) {
  const { kind, proposer, subject, evidenceId, value, text, peer, approvals, refusals } = proposal
  const kindName = PROPOSAL_KINDS[kind]
  return {
    ...{ id: Number(proposal.id), kind: kindName, status: PROPOSAL_STATES[proposal.status] },
    // Evidence opens proposals of its own.
    ...{ proposer: proposer === ZERO_ADDRESS ? null : proposer, openedAt: Number(proposal.openedAt) },
    ...{ subject: kindName === 'parameter' ? null : subject, evidenceId: evidenceId === ZERO_HASH ? null : evidenceId },
    parameter: kindName === 'parameter' ? { name: asciiOf(proposal.key), value: BigInt(value).toString() } : null,
    consensusKey: kindName === 'add' ? value : null,
    ...{ text, peer, approvals, refusals },
  }
}

function asciiOf(key: Hex): string {
  return new TextDecoder().decode(fromHex(key)).replace(/\0+$/, '')
}
