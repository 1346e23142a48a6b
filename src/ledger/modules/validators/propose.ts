/** Opening proposals. Whoever proposes votes like everybody else. */
import { EMPTY_BYTES, fromHex, type Hex } from '../../../base/bytes.ts'
import { addressOfPublicKey } from '../../../crypto/secp256k1.ts'
import { type Address, type Hash, type Height, ZERO_ADDRESS, ZERO_HASH } from '../../../types/ids.ts'
import { isMemberName, isPeerAddress, isReason } from '../../member-fields.ts'
import { readOffence } from '../../system/offences.ts'
import { findOpen, OPEN_PROPOSALS_MAX, open, readProposedBy, writeProposedBy } from '../../system/open-proposals.ts'
import { isLeaving } from '../../system/pending-changes.ts'
import { PROPOSAL_KINDS, type Proposal, topicOf, writeProposal } from '../../system/proposals.ts'
import { readKeyOwner, readValidatorRecord } from '../../system/validator-records.ts'
import type { CallingContext } from './abi.ts'
import { provenKey } from './key-rotation.ts'
import { callingValidator } from './membership.ts'
import { canonicalValue, settingOf } from './parameters.ts'

type Subject = Pick<Proposal, 'kind'> & Partial<Proposal>

export function proposeAdd(context: CallingContext, args: readonly [Hex, Hex, string, string]): void {
  const [consensusKey, proofOfPossession, peer, name] = args
  const { address } = callingValidator(context)
  const key = provenKey(context, consensusKey, proofOfPossession)
  const signer = addressOfPublicKey(key)
  // Whoever was removed comes back as who it was.
  const subject = readKeyOwner(context.words, signer) ?? signer
  const known = readValidatorRecord(context.words, subject)
  if (known !== undefined && known.standing !== 'removed') context.revert('BadProposal', ['member'])
  if (known?.jailed === true) context.revert('BadKey', ['jailed'])
  if (known !== undefined && known.signer !== signer) context.revert('BadKey', ['retired'])
  if (!isPeerAddress(peer)) context.revert('BadPeer', [])
  if (!isMemberName(name)) context.revert('BadProposal', ['name'])
  propose(context, address, { kind: 'add', subject, value: key, text: name, peer })
}

export function proposeRemove(context: CallingContext, args: readonly [Hex, Hex, string]): void {
  const [subject, evidenceId, reason] = args as [Address, Hash, string]
  const { words } = context
  const { address } = callingValidator(context)
  const standing = readValidatorRecord(words, subject)?.standing ?? 'removed'
  if (standing === 'removed') context.revert('NotValidator', [])
  if (!isReason(reason)) context.revert('BadProposal', ['reason'])
  if (isLeaving(words, subject)) context.revert('BadProposal', ['decided'])
  if (evidenceId !== ZERO_HASH && readOffence(words, evidenceId)?.culprit !== subject)
    context.revert('BadEvidence', ['unknown'])
  propose(context, address, { kind: 'remove', subject, evidenceId, text: reason })
}

export function proposeParam(context: CallingContext, args: readonly [Hex, Hex]): void {
  const [key, value] = args as [Hash, Hex]
  const { minValidators } = context.rules.governance
  const { address } = callingValidator(context)
  const setting = settingOf(key, fromHex(value))
  if (setting === undefined) return context.revert('BadProposal', ['parameter'])
  if (setting.name === 'targetValidators' && setting.value < BigInt(minValidators))
    context.revert('WouldBreakQuorum', [BigInt(minValidators)])
  propose(context, address, { kind: 'parameter', key, value: canonicalValue(setting) })
}

function propose(context: CallingContext, proposer: Address, subject: Subject): void {
  const { words, rules, block } = context
  const now = { governance: rules.governance, height: block.height }
  const topic = topicOf(proposalOf(proposer, block.height, subject))
  if (findOpen(words, topic, now) !== undefined) context.revert('BadProposal', ['open'])
  const own = readProposedBy(words, proposer, now)
  if (own.length >= OPEN_PROPOSALS_MAX) context.revert('BadProposal', ['many'])
  writeProposedBy(words, proposer, [...own, openProposal(context, proposer, subject)])
}

/** Without asking who proposes. Its number. */
export function openProposal(context: CallingContext, proposer: Address, subject: Subject): number {
  const { words, rules, block } = context
  const proposal = proposalOf(proposer, block.height, subject)
  const id = open(words, topicOf(proposal), { governance: rules.governance, height: block.height })
  writeProposal(words, id, proposal)
  context.emit('Proposed', [BigInt(id), proposer, PROPOSAL_KINDS.indexOf(proposal.kind), proposal.subject])
  return id
}

function proposalOf(proposer: Address, openedAt: Height, subject: Subject): Proposal {
  return {
    proposer,
    openedAt,
    passed: false,
    subject: ZERO_ADDRESS,
    evidenceId: ZERO_HASH,
    key: ZERO_HASH,
    value: EMPTY_BYTES,
    text: '',
    peer: '',
    ...subject,
  }
}
