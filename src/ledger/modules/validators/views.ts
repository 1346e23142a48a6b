/** What the module shows. */
import { type Hex, toHex } from '../../../base/bytes.ts'
import { type Address, type Hash, ZERO_ADDRESS, ZERO_HASH } from '../../../types/ids.ts'
import type { WordReader } from '../../storage-words.ts'
import { readCandidates } from '../../system/candidate-queue.ts'
import { readCounters, type ValidatorCounters } from '../../system/counters.ts'
import { readSchedule } from '../../system/epoch-schedule.ts'
import { readOffence } from '../../system/offences.ts'
import { isExpired } from '../../system/open-proposals.ts'
import { readVotes } from '../../system/proposal-votes.ts'
import { PROPOSAL_KINDS, type Proposal, readProposal } from '../../system/proposals.ts'
import { readValidatorRecord, readValidators, STANDINGS } from '../../system/validator-records.ts'
import type { ViewingContext } from './abi.ts'

const OPEN = 0
const PASSED = 1
const EXPIRED = 2
/** BOUND: proposals in one answer. */
const PAGE_MAX = 100
const NOTHING_DONE: ValidatorCounters = { proposed: 0, missed: 0, voted: 0 }

export function validators(context: ViewingContext) {
  const shownMember = memberOf(context)
  return readValidators(context.words).map(({ address }) => shownMember(address))
}

export function candidates(context: ViewingContext) {
  return readCandidates(context.words).map(memberOf(context))
}

export function validator(context: ViewingContext, [id]: readonly [Hex]) {
  return memberOf(context)(id as Address)
}

/** The counters of all are one record: it is read once, however many are shown. */
function memberOf(context: ViewingContext) {
  const { words } = context
  const counters = countersOf(words)
  return (id: Address) => {
    const record = readValidatorRecord(words, id)
    if (record === undefined) return context.revert('NotValidator', [])
    const { consensusKey, signer, peer, name, feeRecipient, jailed, leads } = record
    const { proposed, missed, voted } = counters.get(id) ?? NOTHING_DONE
    return {
      ...{ id, consensusKey: toHex(consensusKey), signer, peer, name, feeRecipient },
      ...{ addedAt: BigInt(record.addedAt), readyAt: BigInt(record.readyAt) },
      ...{ standing: STANDINGS.indexOf(record.standing), jailed, leads },
      ...{ proposed: BigInt(proposed), missed: BigInt(missed), voted: BigInt(voted) },
    }
  }
}

function countersOf(words: WordReader): ReadonlyMap<Address, ValidatorCounters> {
  const members = readSchedule(words)?.validators ?? []
  const counters = readCounters(words, members.length)
  return new Map(members.map(({ address }, index) => [address, counters[index] ?? NOTHING_DONE]))
}

export function proposal(context: ViewingContext, [number]: readonly [bigint]) {
  const found = Number.isSafeInteger(Number(number)) ? readProposal(context.words, Number(number)) : undefined
  return found === undefined ? context.revert('UnknownProposal', []) : shown(context, number, found)
}

/** From the id `from` on (the first is 1), at most 100. */
export function proposals(context: ViewingContext, [from, count]: readonly [bigint, bigint]) {
  const page: ReturnType<typeof shown>[] = []
  const wanted = count < BigInt(PAGE_MAX) ? Number(count) : PAGE_MAX
  for (let id = from === 0n ? 1n : from; page.length < wanted && Number.isSafeInteger(Number(id)); id++) {
    const found = readProposal(context.words, Number(id))
    if (found === undefined) break
    page.push(shown(context, id, found))
  }
  return page
}

function shown({ words, rules, block }: ViewingContext, id: bigint, proposal: Proposal) {
  const { kind, proposer, openedAt, passed, subject, evidenceId, key, value, text, peer } = proposal
  const votes = readVotes(words, Number(id))
  const open = isExpired(openedAt, { governance: rules.governance, height: block.height }) ? EXPIRED : OPEN
  const votersWho = (approve: boolean) => votes.filter((vote) => vote.approve === approve).map(({ voter }) => voter)
  return {
    ...{ id, kind: PROPOSAL_KINDS.indexOf(kind), status: passed ? PASSED : open, proposer, openedAt: BigInt(openedAt) },
    ...{ subject, evidenceId, key, value: toHex(value), text, peer },
    ...{ approvals: votersWho(true), refusals: votersWho(false) },
  }
}

/** All zero when there is none of this id. */
export function evidence({ words }: ViewingContext, [id]: readonly [Hex]) {
  const offence = readOffence(words, id as Hash)
  return {
    id: offence?.id ?? ZERO_HASH,
    kind: offence?.kind ?? 0,
    culprit: offence?.culprit ?? ZERO_ADDRESS,
    epoch: BigInt(offence?.epoch ?? 0),
    viewNumber: BigInt(offence?.view ?? 0),
    height: BigInt(offence?.height ?? 0),
    submitter: offence?.submitter ?? ZERO_ADDRESS,
  }
}
