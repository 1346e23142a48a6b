/** Whether a proposal has passed, and what then is decided (docs/ledger.md, "Governance"). */
import { defined } from '../../../base/invariant.ts'
import { isPlanted } from '../../../base/planted-bug.ts'
import { addressOfPublicKey } from '../../../crypto/secp256k1.ts'
import { quorum } from '../../../types/fault-model.ts'
import { type Address, type Height, ZERO_HASH } from '../../../types/ids.ts'
import type { GovernanceRules } from '../../governance-rules.ts'
import type { WordReader, Words } from '../../storage-words.ts'
import { CANDIDATES_MAX, readCandidates, writeCandidates } from '../../system/candidate-queue.ts'
import { addSetting } from '../../system/decided-settings.ts'
import { close, type Now, openProposals, readOpen } from '../../system/open-proposals.ts'
import { isRemoval, type PendingChange, readDue, readWaiting, writeWaiting } from '../../system/pending-changes.ts'
import { readVotes } from '../../system/proposal-votes.ts'
import { type Proposal, readProposal, writeProposal } from '../../system/proposals.ts'
import {
  readKeyOwner,
  readStatus,
  readValidatorRecord,
  readValidators,
  writeValidatorRecord,
} from '../../system/validator-records.ts'

/** Decides an open proposal if as many members as are needed, the jailed not counted among the votes, are for it. */
export function settle(words: Words, id: number, needed: number, now: Now): boolean {
  if (!isApproved(words, id, needed, now)) return false
  const proposal = defined(readProposal(words, id), 'an open proposal')
  writeProposal(words, id, { ...proposal, passed: true })
  close(words, id)
  decide(words, proposal, now.height)
  return true
}

/** In the first block of an epoch: another set has another quorum. */
export function settleAll(words: Words, now: Now): void {
  const needed = approvalsNeeded(words, now.governance)
  for (const id of openProposals(words, now)) settle(words, id, needed, now)
}

/** A quorum of the current set. */
export function approvalsNeeded(words: WordReader, { faultModel }: GovernanceRules): number {
  const missing = __CANARIES__ && isPlanted('removal-quorum-low') ? 1 : 0
  return quorum(readValidators(words).length, faultModel) - missing
}

function isApproved(words: WordReader, id: number, needed: number, now: Now): boolean {
  // Most have so few votes that it does not matter whose they are.
  if (defined(readOpen(words, id, now), 'an open proposal').approvals < needed) return false
  const approvals = readVotes(words, id).filter(({ voter, approve }) => approve && isHeard(words, voter))
  return approvals.length >= needed
}

function isHeard(words: WordReader, voter: Address): boolean {
  const status = readStatus(words, voter)
  return status?.standing === 'validator' && !status.jailed
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
      addSetting(words, { key, value })
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
  const isOfIt = (change: PendingChange) => change.subject === subject && isRemoval(change)
  const waiting = readWaiting(words)
  const known = waiting.findIndex(isOfIt)
  if (known === -1 && !readDue(words).some(isOfIt)) enqueue(words, { kind, subject })
  if (known !== -1 && kind === 'convict') writeWaiting(words, waiting.with(known, { kind, subject }))
}

export function enqueue(words: Words, change: PendingChange): void {
  writeWaiting(words, [...readWaiting(words), change])
}
