/** Whether a proposal has passed, and what then is decided (docs/ledger.md, "Governance"). */
import { EMPTY_BYTES } from '../../../base/bytes.ts'
import { defined } from '../../../base/invariant.ts'
import { isPlanted } from '../../../base/planted-bug.ts'
import { addressOfPublicKey } from '../../../crypto/secp256k1.ts'
import { quorum } from '../../../types/fault-model.ts'
import { type Address, type Height, ZERO_ADDRESS, ZERO_HASH } from '../../../types/ids.ts'
import type { GovernanceRules } from '../../governance-rules.ts'
import type { WordReader, Words } from '../../storage-words.ts'
import { CANDIDATES_MAX, readCandidates, writeCandidates } from '../../system/candidate-queue.ts'
import { isLeaving, isRemoval, type PendingChange, readChanges, writeChanges } from '../../system/pending-changes.ts'
import {
  type Proposal,
  readProposal,
  readProposalList,
  writeProposal,
  writeProposalList,
} from '../../system/proposals.ts'
import {
  readKeyOwner,
  readValidatorRecord,
  readValidators,
  writeValidatorRecord,
} from '../../system/validator-records.ts'

export function isExpired(openedAt: Height, { proposalBlocksMax }: GovernanceRules, height: Height): boolean {
  return height - openedAt > proposalBlocksMax
}

/** Decides an open proposal if a quorum of the current set, the jailed not counted among the votes, is for it. */
export function settle(words: Words, id: number, governance: GovernanceRules, height: Height): boolean {
  const proposal = defined(readProposal(words, id), 'an open proposal')
  if (!isApproved(words, proposal, governance)) return false
  writeProposal(words, id, { ...proposal, passed: true })
  close(words, (open) => open.id === id)
  decide(words, proposal, height)
  return true
}

/** In the first block of an epoch: another set has another quorum. What is too old leaves the list. */
export function settleAll(words: Words, governance: GovernanceRules, height: Height): void {
  close(words, ({ openedAt }) => isExpired(openedAt, governance, height))
  for (const { id } of readProposalList(words).open) settle(words, id, governance, height)
}

function isApproved(words: WordReader, { votes }: Proposal, { faultModel }: GovernanceRules): boolean {
  const validators = readValidators(words)
  const members = new Set(validators.map(({ address }) => address))
  const approvals = votes.filter(
    ({ voter, approve }) => approve && members.has(voter) && readValidatorRecord(words, voter)?.jailed === false,
  )
  const missing = __CANARIES__ && isPlanted('removal-quorum-low') ? 1 : 0
  return approvals.length >= quorum(validators.length, faultModel) - missing
}

function close(words: Words, isClosed: (open: { readonly id: number; readonly openedAt: Height }) => boolean): void {
  const list = readProposalList(words)
  const open = list.open.filter((each) => !isClosed(each))
  if (open.length < list.open.length) writeProposalList(words, { ...list, open })
}

function decide(words: Words, proposal: Proposal, height: Height): void {
  const { kind, subject, key, value, evidenceId } = proposal
  switch (kind) {
    case 'add':
      appoint(words, proposal, height)
      break
    case 'remove':
      enqueueRemoval(words, evidenceId === ZERO_HASH ? 'remove' : 'convict', subject)
      break
    case 'parameter':
      enqueue(words, { kind: 'parameter', subject: ZERO_ADDRESS, key, value })
  }
}

/** Whatever happened to its key or its place while the vote went on, it becomes a candidate at most once. */
function appoint(words: Words, { subject, value, text, peer }: Proposal, height: Height): void {
  const candidates = readCandidates(words)
  const signer = addressOfPublicKey(value)
  const owner = readKeyOwner(words, signer)
  const known = readValidatorRecord(words, subject)
  const isMember = known !== undefined && known.standing !== 'removed'
  const isTaken = owner !== undefined && owner !== subject
  if (isMember || isTaken || known?.jailed === true || candidates.length === CANDIDATES_MAX) return
  writeValidatorRecord(words, {
    address: subject,
    consensusKey: value,
    leads: true,
    name: text,
    peer,
    feeRecipient: subject,
    standing: 'candidate',
    jailed: false,
    addedAt: height,
    signer,
    readyAt: 0,
  })
  writeCandidates(words, [...candidates, subject])
}

/** Of a validator or a candidate, once; evidence turns one that waits into one that only the set's size holds back. */
export function enqueueRemoval(words: Words, kind: 'remove' | 'convict', subject: Address): void {
  const removal = { kind, subject, key: ZERO_HASH, value: EMPTY_BYTES }
  const { due, waiting } = readChanges(words)
  const known = waiting.findIndex((change) => change.subject === subject && isRemoval(change))
  if (known === -1 && !isLeaving(words, subject)) enqueue(words, removal)
  if (known !== -1 && kind === 'convict') writeChanges(words, { due, waiting: waiting.with(known, removal) })
}

export function enqueue(words: Words, change: PendingChange): void {
  const { due, waiting } = readChanges(words)
  writeChanges(words, { due, waiting: [...waiting, change] })
}
