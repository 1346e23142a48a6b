/**
 * What a replica owes its network now, found anew in the final state each time: so a duty that was
 * fulfilled, by whomever, is none any more, and one that was lost in a crash comes back.
 */
import { toHex } from '../../base/bytes.ts'
import { isPlanted } from '../../base/planted-bug.ts'
import type { GovernanceRules } from '../../ledger/governance-rules.ts'
import { encodeValidatorsCall } from '../../ledger/modules/validators/encode-call.ts'
import type { WordReader } from '../../ledger/storage-words.ts'
import { readCandidates } from '../../ledger/system/candidate-queue.ts'
import { findOpen } from '../../ledger/system/open-proposals.ts'
import { isLeaving } from '../../ledger/system/pending-changes.ts'
import { readVotes } from '../../ledger/system/proposal-votes.ts'
import { readProposal, removalTopic } from '../../ledger/system/proposals.ts'
import { readStatus, readValidators, type ValidatorRecord } from '../../ledger/system/validator-records.ts'
import type { GovernanceParameters } from '../../types/genesis.ts'
import { type Address, type Hash, type Height, ZERO_HASH } from '../../types/ids.ts'
import type { HeldEvidence } from './evidence-desk.ts'
import type { MissedViews } from './missed-views.ts'

export interface Duty {
  readonly purpose: string
  /** Of the call that fulfils it. */
  readonly data: Uint8Array
  /**
   * How any call begins that fulfils it, whoever makes it: validators take turns then, and who comes
   * later finds it done. Null: only this one can.
   */
  readonly likeness: Uint8Array | null
}

export interface DutySources {
  readonly words: WordReader
  readonly rules: GovernanceRules
  readonly governance: GovernanceParameters
  /** Newest final block. */
  readonly tip: { readonly height: Height; readonly stateRoot: Hash }
  readonly held: readonly HeldEvidence[]
  readonly missedViews: MissedViews
  /** Whether this replica has judged what is accepted on chain under this id, and finds it true. */
  readonly isProven: (evidenceId: Hash, culprit: Address) => boolean
}

/** Selector and first argument of a proposal: whom it is about. */
const SUBJECT_END = 4 + 32

/** Of whoever has this record. */
export function dutiesOf(self: ValidatorRecord, sources: DutySources): readonly Duty[] {
  if (self.jailed) return []
  if (self.standing === 'candidate') return beingReady(self, sources)
  if (self.standing !== 'validator') return []
  const { autoVote } = sources.governance
  return [...submissions(self, sources), ...(autoVote ? votes(self, sources) : []), ...accusations(self, sources)]
}

/** One piece against a culprit is enough: it is jailed for it. */
function submissions(self: ValidatorRecord, { held }: DutySources): Duty[] {
  if (__CANARIES__ && isPlanted('evidence-not-submitted')) return []
  const byCulprit = new Map<Address, HeldEvidence>()
  for (const piece of held)
    if (piece.culprit !== self.address && !byCulprit.has(piece.culprit)) byCulprit.set(piece.culprit, piece)
  return [...byCulprit.values()].map(({ id, bytes }) => {
    const data = encodeValidatorsCall('submitEvidence', [toHex(bytes)])
    return { purpose: `evidence ${id}`, data, likeness: data }
  })
}

/** The purpose of a vote. */
export function voteOn(proposal: bigint | number): string {
  return `vote on ${proposal}`
}

/** On what is proven, and only once: an operator's word stands. */
function votes(self: ValidatorRecord, sources: DutySources): Duty[] {
  const { words, isProven } = sources
  if (__CANARIES__ && isPlanted('proven-not-voted-on')) return []
  const members = [...readValidators(words).map(({ address }) => address), ...readCandidates(words)]
  // Evidence jails before it accuses.
  return members.flatMap((member) => {
    const isJailed = readStatus(words, member)?.jailed === true
    const id = isJailed ? openRemoval(member, sources) : undefined
    const evidenceId = id === undefined ? undefined : readProposal(words, id)?.evidenceId
    if (id === undefined || evidenceId === undefined || evidenceId === ZERO_HASH) return []
    const hasVoted = readVotes(words, id).some(({ voter }) => voter === self.address)
    if (hasVoted || !isProven(evidenceId, member)) return []
    return [{ purpose: voteOn(id), data: encodeValidatorsCall('vote', [BigInt(id), true]), likeness: null }]
  })
}

/** Silence proves nothing: a proposal is opened, and operators vote. */
function accusations(self: ValidatorRecord, sources: DutySources): Duty[] {
  const { words, governance, missedViews } = sources
  const silent = missedViews.silent.filter(({ validator }) => validator !== self.address)
  return silent.flatMap(({ validator, missed }) => {
    const status = readStatus(words, validator)
    if (status?.standing !== 'validator' || status.jailed || isLeaving(words, validator)) return []
    if (openRemoval(validator, sources) !== undefined) return []
    const reason = `missed ${missed} of its last ${governance.leaderViewsWindow} leader views`
    const data = encodeValidatorsCall('proposeRemove', [validator, ZERO_HASH, reason])
    return [{ purpose: `silence of ${validator}`, data, likeness: data.subarray(0, SUBJECT_END) }]
  })
}

/** As the next block finds it. */
function openRemoval(member: Address, { words, rules, tip }: DutySources): number | undefined {
  return findOpen(words, removalTopic(member), { governance: rules, height: tip.height + 1 })
}

/** Said again when half of the time is over that it holds for. */
function beingReady({ readyAt }: ValidatorRecord, { rules, tip }: DutySources): Duty[] {
  const isSaidOnce = __CANARIES__ && isPlanted('ready-said-once')
  const isDue = readyAt === 0 || (tip.height - readyAt >= rules.readyBlocksMax / 2 && !isSaidOnce)
  if (!isDue || tip.height <= readyAt) return []
  const data = encodeValidatorsCall('ready', [BigInt(tip.height), tip.stateRoot])
  return [{ purpose: 'ready', data, likeness: null }]
}
