/**
 * Whatever validators, candidates and strangers call, in whatever order: what governance promises holds after
 * every block (docs/ledger.md, "Governance"). Votes are counted anew here, from the receipts alone.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { toHex } from '../../src/base/bytes.ts'
import { defined } from '../../src/base/invariant.ts'
import { wordsIn } from '../../src/ledger/storage-words.ts'
import { readDue } from '../../src/ledger/system/pending-changes.ts'
import { SYSTEM_ADDRESS } from '../../src/ledger/system/system-account.ts'
import { readKeyOwner, readValidatorRecord } from '../../src/ledger/system/validator-records.ts'
import { type Address, parseAddress, ZERO_ADDRESS } from '../../src/types/ids.ts'
import { encodeValidators, type Validator } from '../../src/types/validator-set.ts'
import {
  type Call,
  callOf,
  GovernedLedger,
  type Member,
  memberNamed,
  NO_EVIDENCE,
  type Outcome,
  PEER,
  parameter,
} from '../unit/ledger/validators/governed-ledger.ts'

const NEWCOMERS = ['newcomer', 'newcomer 1', 'newcomer 2', 'newcomer 3'].map(memberNamed)
const CANDIDATES = 2
/** A status of proposals. */
const PASSED = 1
const LEAVE = toHex(callOf(ZERO_ADDRESS, 'leave', []).data)
const KINDS = ['removed', 'added', 'rotated', 'refused'] as const

/** The validators of the beginning are the likeliest. */
const who = fc.oneof({ weight: 3, arbitrary: fc.nat(5) }, fc.nat(15))
const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ kind: fc.constant('vote' as const), by: who, ahead: fc.nat(3), approve: fc.boolean() }),
  },
  // So that proposals come close to their quorum, and often pass.
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('most' as const),
      ahead: fc.nat(3),
      without: fc.array(who, { maxLength: 3 }),
    }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('ready' as const), candidate: fc.nat(3) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('remove' as const), by: who, subject: who }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('add' as const), by: who, newcomer: fc.nat(3) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('target' as const), by: who, value: fc.bigInt(3n, 9n) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('prove' as const), by: who, culprit: who }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('leave' as const), by: who }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('rotate' as const), by: who, newcomer: fc.nat(3) }) },
)
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never

const runs = fc.record({
  validators: fc.constantFrom(4, 5, 7, 10),
  minValidators: fc.constantFrom(1, 3, 4),
  blocks: fc.array(fc.array(step, { maxLength: 6 }), { minLength: 10, maxLength: 40, size: 'max' }),
})

interface Ballot {
  readonly subject: Address
  readonly isRemoval: boolean
  readonly votes: Map<Address, boolean>
  hasPassed: boolean
}

/** Makes blocks, and judges what came of them by what their receipts say. */
class Witness {
  readonly ledger: GovernedLedger
  /** How often it came to this. */
  readonly seen = { removed: 0, added: 0, rotated: 0, refused: 0 }
  readonly #everybody: readonly Member[]
  readonly #minValidators: number
  readonly #supply: bigint
  readonly #ballots = new Map<bigint, Ballot>()
  readonly #guilty = new Set<Address>()
  /** Of their own will. */
  readonly #leaving = new Set<Address>()

  constructor(validators: number, minValidators: number) {
    this.ledger = new GovernedLedger({ validators, candidates: CANDIDATES, genesis: { minValidators } })
    this.#everybody = [...this.ledger.members, ...this.ledger.candidates, ...NEWCOMERS]
    this.#minValidators = minValidators
    this.#supply = this.ledger.supply
  }

  block(steps: readonly Step[]): void {
    const { ledger } = this
    const before = ledger.validators
    const members = before.map(({ address }) => address)
    // The set may be another one than when they were cast.
    for (const ballot of this.#ballots.values()) this.#count(ballot, members)
    const calls = steps.flatMap((each) => this.#callsOf(each))
    const outcomes = ledger.block(...calls)
    for (const [index, outcome] of outcomes.entries()) this.#hear(defined(calls[index], 'a call'), outcome, members)
    this.#requireSoundSet(before)
    this.#requireDue(outcomes)
    expect(ledger.supply).toBe(this.#supply)
    for (const [id, { hasPassed }] of this.#ballots)
      expect(statusOf(ledger, id) === PASSED, `proposal ${id}`).toBe(hasPassed)
  }

  #callsOf(each: Step): readonly Call[] {
    const { ledger } = this
    // The latest is the likeliest to be open.
    const proposal = (ahead: number) => BigInt(Math.max(1, this.#ballots.size - ahead))
    switch (each.kind) {
      case 'vote':
        return [callOf(this.#voiceOf(each.by), 'vote', [proposal(each.ahead), each.approve])]
      case 'most': {
        const without = each.without.map((n) => this.#member(n).id)
        const voters = ledger.ids.filter((id) => !without.includes(id)).map((id) => this.#recordOf(id).signer)
        return voters.map((signer) => callOf(signer, 'vote', [proposal(each.ahead), true]))
      }
      case 'ready':
        return [ledger.readyCall(defined([...ledger.candidates, ...NEWCOMERS][each.candidate], 'a candidate'))]
      case 'remove':
        return [callOf(this.#voiceOf(each.by), 'proposeRemove', [this.#member(each.subject).id, NO_EVIDENCE, ''])]
      case 'add': {
        const newcomer = newcomerAt(each.newcomer)
        return [
          callOf(this.#voiceOf(each.by), 'proposeAdd', [newcomer.key, ledger.proof(newcomer), PEER, newcomer.name]),
        ]
      }
      case 'target':
        return [callOf(this.#voiceOf(each.by), 'proposeParam', parameter('targetValidators', each.value))]
      case 'prove': {
        const culprit = this.#member(each.culprit)
        if (!ledger.ids.includes(culprit.id)) return []
        return [callOf(this.#voiceOf(each.by), 'submitEvidence', [ledger.doubleVote(culprit)])]
      }
      case 'leave':
        return [callOf(this.#voiceOf(each.by), 'leave', [])]
      case 'rotate': {
        const newcomer = newcomerAt(each.newcomer)
        const proof = ledger.proofFor(this.#member(each.by).id, newcomer)
        return [callOf(this.#voiceOf(each.by), 'rotateKey', [newcomer.key, proof])]
      }
    }
  }

  #hear({ sender, data }: Call, { status, events }: Outcome, members: readonly Address[]): void {
    const speaker = readKeyOwner(this.#words, sender) ?? sender
    if (status === 0) this.seen.refused += 1
    else if (toHex(data) === LEAVE) this.#leaving.add(speaker)
    for (const { eventName, args } of events) {
      if (eventName === 'Jailed') this.#guilty.add(idOf(args['validator']))
      if (eventName === 'Proposed') {
        const isRemoval = args['kind'] === 1
        const ballot = { subject: idOf(args['subject']), isRemoval, votes: new Map(), hasPassed: false }
        this.#ballots.set(args['id'] as bigint, ballot)
      }
      if (eventName !== 'Voted') continue
      const ballot = defined(this.#ballots.get(args['id'] as bigint), 'the proposal that was voted on')
      ballot.votes.set(speaker, args['approve'] === true)
      const isNew = this.#count(ballot, members)
      expect(events.some((event) => event.eventName === 'Passed')).toBe(isNew)
    }
  }

  /** Whether a quorum of these members, the jailed not heard, is for it for the first time. */
  #count(ballot: Ballot, members: readonly Address[]): boolean {
    const approvals = members.filter((id) => ballot.votes.get(id) === true && !this.#guilty.has(id)).length
    const isNew = !ballot.hasPassed && approvals >= members.length - faultsOf(members.length)
    if (isNew) ballot.hasPassed = true
    return isNew
  }

  #requireSoundSet(before: readonly Validator[]): void {
    const { validators, last } = this.ledger
    const ids = validators.map(({ address }) => address)
    expect(ids).toEqual(ids.toSorted((a, b) => (a < b ? -1 : 1)))
    expect(new Set(validators.map(({ consensusKey }) => toHex(consensusKey))).size).toBe(ids.length)
    expect(last?.end).toBe(toHex(encodeValidators(before)) !== toHex(encodeValidators(validators)))
    const removed = before.map(({ address }) => address).filter((id) => !ids.includes(id))
    const added = validators.filter(({ address }) => before.every((old) => old.address !== address))
    const rotated = validators.filter(({ address, consensusKey }) =>
      before.some((old) => old.address === address && toHex(old.consensusKey) !== toHex(consensusKey)),
    )
    if (removed.length > 0) expect(ids.length).toBeGreaterThanOrEqual(Math.min(this.#minValidators, before.length))
    const wanted = [...this.#ballots.values()].filter(({ isRemoval, hasPassed }) => isRemoval && hasPassed)
    for (const id of removed)
      expect(this.#leaving.has(id) || wanted.some(({ subject }) => subject === id), `${id} was to go`).toBe(true)
    const counted = removed.filter((id) => !this.#guilty.has(id)).length + rotated.length
    expect(counted + Math.max(0, added.length - removed.length)).toBeLessThanOrEqual(
      Math.max(1, faultsOf(before.length)),
    )
    this.seen.removed += removed.length
    this.seen.added += added.length
    this.seen.rotated += rotated.length
  }

  /** What receipts said has happened, and nothing of it is left over. */
  #requireDue(outcomes: readonly Outcome[]): void {
    const { ledger } = this
    for (const { eventName, args } of outcomes.flatMap(({ events }) => events)) {
      if (eventName === 'ValidatorRemoved') expect(ledger.ids).not.toContain(idOf(args['validator']))
      if (eventName === 'ValidatorAdded') expect(ledger.ids).toContain(idOf(args['validator']))
      if (eventName === 'KeyRotated')
        expect(toHex(this.#recordOf(idOf(args['validator'])).consensusKey)).toBe(args['newKey'])
    }
    expect(readDue(this.#words)).toEqual([])
  }

  #member(n: number): Member {
    return defined(this.#everybody[n % this.#everybody.length], 'a member')
  }

  /** Who speaks for this one now, or would. */
  #voiceOf(n: number): Address {
    const { id } = this.#member(n)
    return readValidatorRecord(this.#words, id)?.signer ?? id
  }

  #recordOf(id: Address) {
    return defined(readValidatorRecord(this.#words, id), 'the record of a member')
  }

  get #words() {
    return wordsIn(this.ledger.state, SYSTEM_ADDRESS)
  }
}

function idOf(argument: unknown): Address {
  return defined(parseAddress(String(argument)), 'an address')
}

function statusOf(ledger: GovernedLedger, proposal: bigint): number {
  return (ledger.read('proposal', [proposal]) as { readonly status: number }).status
}

function newcomerAt(index: number): Member {
  return defined(NEWCOMERS[index], 'a newcomer')
}

/** t of n ≥ 3t + 1. */
function faultsOf(n: number): number {
  return Math.floor((n - 1) / 3)
}

describe('governance', () => {
  test('keeps what it promises after every block, whoever calls what', () => {
    const seen = { removed: 0, added: 0, rotated: 0, refused: 0 }
    fc.assert(
      fc.property(runs, ({ validators, minValidators, blocks }) => {
        const witness = new Witness(validators, minValidators)
        for (const steps of blocks) witness.block(steps)
        for (const kind of KINDS) seen[kind] += witness.seen[kind]
      }),
      { numRuns: 40 },
    )
    // The property means something only when all of it happened.
    for (const kind of KINDS) expect(seen[kind], kind).toBeGreaterThan(20)
  })
})
