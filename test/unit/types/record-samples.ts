/** One of each record of governance, as the network's own account stores it (docs/ledger.md, "The system account"). */
import { defined } from '../../../src/base/invariant.ts'
import { readValue } from '../../../src/ledger/storage-map.ts'
import type { Words } from '../../../src/ledger/storage-words.ts'
import { writeCandidates } from '../../../src/ledger/system/candidate-queue.ts'
import { addSetting } from '../../../src/ledger/system/decided-settings.ts'
import { type Offence, writeOffence } from '../../../src/ledger/system/offences.ts'
import { open, writeOpen, writeProposedBy } from '../../../src/ledger/system/open-proposals.ts'
import { type LedgerParameters, writeParameters } from '../../../src/ledger/system/parameters.ts'
import { type PendingChange, writeDue, writeNewKey, writeWaiting } from '../../../src/ledger/system/pending-changes.ts'
import { type ProposalVote, writeVotes } from '../../../src/ledger/system/proposal-votes.ts'
import { type Proposal, topicOf, writeProposal } from '../../../src/ledger/system/proposals.ts'
import { recordKey } from '../../../src/ledger/system/system-account.ts'
import { type ValidatorRecord, writeValidatorRecord } from '../../../src/ledger/system/validator-records.ts'
import { addressFromBytes, type Hash, idBytes, ZERO_HASH } from '../../../src/types/ids.ts'
import { Committee, namedHash } from '../consensus/committee.ts'
import { rulesWith } from '../ledger/fixtures.ts'

const { set } = new Committee(4)
const [one, two] = set.members.map(({ address }) => address)
const member = defined(set.at(0), 'a member')
const id = defined(one, 'a member')
const other = defined(two, 'another')

const record: ValidatorRecord = {
  ...member,
  name: 'alice',
  peer: '/ip4/127.0.0.1/tcp/30600/p2p/16Uiu2HAmV2gKpkuHGJ2Ss8wpTyHQyHjyEw5rPXzjHdCkcsRBWkjs',
  feeRecipient: other,
  standing: 'validator',
  jailed: true,
  addedAt: 300,
  signer: id,
  readyAt: 299,
}
const proposal: Proposal = {
  kind: 'remove',
  proposer: id,
  openedAt: 300,
  passed: true,
  subject: other,
  evidenceId: namedHash('evidence'),
  key: ZERO_HASH,
  value: new Uint8Array(0),
  text: 'says nothing',
  peer: '',
}
const votes: readonly ProposalVote[] = [
  { voter: id, approve: true },
  { voter: other, approve: false },
]
const due: readonly PendingChange[] = [
  { kind: 'remove', subject: id },
  { kind: 'replace', subject: other },
  { kind: 'add', subject: other },
  { kind: 'withdraw', subject: other },
]
const waiting: readonly PendingChange[] = [
  { kind: 'convict', subject: id },
  { kind: 'rotate', subject: other },
]
const now = { governance: rulesWith().governance, height: 300 }
const offence: Offence = {
  ...{ id: namedHash('evidence'), kind: 2, culprit: other, epoch: 2, view: 300, height: 301 },
  submitter: id,
}
const parameters: LedgerParameters = { baseFeePerGas: 10n ** 9n, gasLimit: 30_000_000, targetValidators: 4 }
const lastBytes = (hash: Hash) => addressFromBytes(idBytes(hash).slice(12))

/** Name → bytes under its key. */
export function storedRecords(): Record<string, Uint8Array> {
  const held = new Map<Hash, Uint8Array>()
  const words: Words = {
    read: (slot) => held.get(slot) ?? new Uint8Array(32),
    write: (slot, word) => held.set(slot, word),
  }
  writeValidatorRecord(words, record)
  writeCandidates(words, [other, id])
  writeParameters(words, parameters)
  writeProposal(words, 299, proposal)
  writeVotes(words, 299, votes)
  writeProposedBy(words, id, [1, 299])
  open(words, topicOf(proposal), now)
  writeOpen(words, 1, { openedAt: 300, approvals: 1 })
  writeDue(words, due)
  writeWaiting(words, waiting)
  writeNewKey(words, other, member.consensusKey)
  addSetting(words, { key: namedHash('a parameter'), value: Uint8Array.of(1, 0) })
  writeOffence(words, offence)
  const stored = (name: string, of?: Parameters<typeof recordKey>[1]) => readValue(words, recordKey(name, of))
  return {
    'record validator': stored('validator', id),
    'record status': stored('status', id),
    'record candidates': stored('candidates'),
    'record parameters': stored('parameters'),
    'record proposal': stored('proposal', 299),
    'record proposals': stored('proposals'),
    'record open': stored('open', 1),
    'record topic': stored('topic', lastBytes(topicOf(proposal))),
    'record proposedBy': stored('proposedBy', id),
    'packed votes': stored('votes', 299),
    'packed due': stored('due'),
    'packed waiting': stored('waiting'),
    'packed newKey': stored('newKey', other),
    'record settings': stored('settings'),
    'record evidence': stored('evidence', lastBytes(offence.id)),
    'record punished': stored('punished', other),
  }
}
