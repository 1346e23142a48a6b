// Who is in the next set, and when (docs/ledger.md, "Governance").
import { describe, expect, test } from 'vitest'
import { wordsIn } from '../../../../src/ledger/storage-words.ts'
import { readWaiting } from '../../../../src/ledger/system/pending-changes.ts'
import { SYSTEM_ADDRESS } from '../../../../src/ledger/system/system-account.ts'
import {
  callOf,
  GovernedLedger,
  type LedgerOptions,
  type Member,
  NO_EVIDENCE,
  names,
  parameter,
  STRANGER,
} from './governed-ledger.ts'

function open(options: LedgerOptions = {}) {
  const ledger = new GovernedLedger(options)
  const [a, b, c, d, e, f, g] = ledger.members as [Member, Member, Member, Member, Member, Member, Member]
  const [first, second] = ledger.candidates as [Member, Member]
  return { ledger, a, b, c, d, e, f, g, first, second }
}

const removalOf = ({ id }: Member) => [id, NO_EVIDENCE, ''] as const
const SMALL = { minValidators: 4, targetValidators: 4 }

describe('a removal', () => {
  test('takes the first candidate that is ready into its place, in one change that ends the epoch', () => {
    const { ledger, a, b, c, d, first, second } = open({ candidates: 2 })
    ledger.block(ledger.readyCall(second))
    ledger.block(ledger.readyCall(first))
    ledger.decide([a, b, c], 'proposeRemove', removalOf(d))
    expect(ledger.last?.end).toBe(true)
    expect(new Set(ledger.ids)).toEqual(new Set([a.id, b.id, c.id, first.id]))
    expect(ledger.last?.nextValidators).toEqual(ledger.validators)
    expect(ledger.record(d)).toMatchObject({ standing: 'removed', leads: false })
  })

  test('is decided with the gas that a node gives its vote, though as many candidates wait as can, and none is ready', () => {
    const { ledger, a } = open({ validators: 16, candidates: 256 })
    ledger.decide(ledger.members.slice(0, 11), 'proposeRemove', removalOf(ledger.members[15] ?? a))
    expect(ledger.ids).toHaveLength(15)
  })

  test('passes over a candidate that is not ready, and one whose word is too old', () => {
    const { ledger, a, b, c, d, first, second } = open({ candidates: 2 })
    ledger.block(ledger.readyCall(first))
    ledger.pass(50)
    ledger.block(ledger.readyCall(second))
    ledger.decide([a, b, c], 'proposeRemove', removalOf(d))
    expect(ledger.ids).toContain(second.id)
    expect(ledger.record(first).standing).toBe('candidate')
  })

  test('waits where the set would fall below its least size, leads nothing, and completes at the next ready', () => {
    const { ledger, a, b, c, d, first } = open({ candidates: 1 })
    ledger.decide([a, b, c], 'proposeRemove', removalOf(d))
    expect(ledger.last?.end).toBe(true)
    expect(ledger.validators.map(({ address, leads }) => [address, leads])).toEqual(
      ledger.members.map(({ id }) => [id, id !== d.id]),
    )
    // For as long as it takes, and without another end of an epoch.
    for (let blocks = 0; blocks < 150; blocks++) {
      ledger.block()
      expect(ledger.last?.end).toBe(false)
    }
    const [ready] = ledger.block(ledger.readyCall(first))
    expect(names(ready)).toEqual(['CandidateReady', 'ValidatorRemoved', 'ValidatorAdded'])
    expect(ledger.last?.end).toBe(true)
    expect(new Set(ledger.ids)).toEqual(new Set([a.id, b.id, c.id, first.id]))
  })

  test('does not take a candidate that leaves in the same block', () => {
    const { ledger, a, first } = open({ candidates: 1 })
    ledger.block(ledger.readyCall(first))
    const outcomes = ledger.block(callOf(first, 'leave', []), callOf(a, 'leave', []))
    expect(outcomes.map(names)).toEqual([['ValidatorRemoved'], []])
    expect(ledger.ids).toEqual(ledger.members.map(({ id }) => id))
    expect(ledger.record(first).standing).toBe('removed')
  })

  test('takes no replacement where the set is larger than its target', () => {
    const { ledger, a, b, c, d, e, first } = open({ validators: 5, candidates: 1, genesis: SMALL })
    ledger.block(ledger.readyCall(first))
    ledger.decide([a, b, c, d], 'proposeRemove', removalOf(e))
    expect(ledger.ids).toHaveLength(4)
    expect(ledger.record(first).standing).toBe('candidate')
  })

  test('is one of at most max(1, t) changes an epoch: the others wait for the next, and no receipt tells of them', () => {
    const { ledger, a, b, c, d, e, f, g } = open({ validators: 7, genesis: { ...SMALL, minValidators: 1 } })
    // t = 2 of seven.
    const outcomes = ledger.block(...[e, f, g].map((member) => callOf(member, 'leave', [])))
    expect(outcomes.map(names)).toEqual([['ValidatorRemoved'], ['ValidatorRemoved'], []])
    expect(new Set(ledger.ids)).toEqual(new Set([a, b, c, d, g].map(({ id }) => id)))
    const [unrelated] = ledger.block(callOf(a, 'setFeeRecipient', [b.id]))
    expect(names(unrelated)).toEqual([])
    expect(ledger.last?.end).toBe(true)
    expect(new Set(ledger.ids)).toEqual(new Set([a, b, c, d].map(({ id }) => id)))
  })

  test('for evidence does not count among them', () => {
    const { ledger, a, b, c, d, e, f, g } = open({ validators: 7, genesis: { ...SMALL, minValidators: 1 } })
    ledger.block(...[e, f].map((member) => callOf(STRANGER, 'submitEvidence', [ledger.doubleVote(member)])))
    const votes = [1n, 2n].flatMap((id) => [a, b, c, d, g].map((member) => callOf(member, 'vote', [id, true])))
    ledger.block(callOf(g, 'leave', []), ...votes)
    expect(new Set(ledger.ids)).toEqual(new Set([a, b, c, d].map(({ id }) => id)))
  })

  test('that waits becomes one for evidence when there is some', () => {
    const { ledger, a, b, c, d, first } = open({ candidates: 1 })
    ledger.decide([a, b, c], 'proposeRemove', removalOf(d))
    const outcome = ledger.call(STRANGER, 'submitEvidence', [ledger.doubleVote(d)])
    expect(names(outcome)).toEqual(['EvidenceAccepted', 'Jailed'])
    const waiting = readWaiting(wordsIn(ledger.state, SYSTEM_ADDRESS))
    expect(waiting).toMatchObject([{ kind: 'convict', subject: d.id }])
    ledger.block(ledger.readyCall(first))
    expect(ledger.ids).not.toContain(d.id)
  })
})

describe('an addition', () => {
  test('waits for the candidate to be ready, and while the set has its target', () => {
    const { ledger, a, b, c, first } = open({ candidates: 1 })
    ledger.block(ledger.readyCall(first))
    ledger.pass(3)
    expect(ledger.ids).toHaveLength(4)
    ledger.decide([a, b, c], 'proposeParam', parameter('targetValidators', 5n))
    expect(ledger.ids).toHaveLength(4)
    // The parameter holds from this block on, and nobody has called for it.
    ledger.block()
    expect(ledger.last?.end).toBe(true)
    expect(ledger.ids).toContain(first.id)
  })

  test('is in the order of the queue, as many an epoch as there is room for', () => {
    const { ledger, first, second } = open({ candidates: 2, genesis: { targetValidators: 6 } })
    const [one, other] = ledger.block(ledger.readyCall(first), ledger.readyCall(second))
    expect([names(one), names(other)]).toEqual([['CandidateReady', 'ValidatorAdded'], ['CandidateReady']])
    expect([ledger.ids.includes(first.id), ledger.ids.includes(second.id)]).toEqual([true, false])
    ledger.block()
    expect(ledger.ids).toContain(second.id)
    expect(ledger.read('candidates')).toEqual([])
  })

  test('that a receipt tells of happens, whoever of the queue gets ready later in the block', () => {
    const { ledger, first, second } = open({ candidates: 2, genesis: { targetValidators: 5 } })
    const [late, early] = ledger.block(ledger.readyCall(second), ledger.readyCall(first))
    expect([names(late), names(early)]).toEqual([['CandidateReady', 'ValidatorAdded'], ['CandidateReady']])
    expect(ledger.ids).toContain(second.id)
    expect(ledger.ids).not.toContain(first.id)
  })
})

describe('an epoch', () => {
  test('does not end with what changes no set', () => {
    const { ledger, a, b, c } = open()
    ledger.decide([a, b, c], 'proposeParam', parameter('gasLimit', 20_000_000n))
    ledger.call(STRANGER, 'submitEvidence', [ledger.doubleVote(a)])
    expect(ledger.epoch).toBe(1)
  })

  test('ends with each block whose set is another, and begins the next one with it', () => {
    const { ledger, a, b, c, d, e } = open({ validators: 5 })
    ledger.decide([a, b, c, d], 'proposeRemove', removalOf(e))
    expect([ledger.last?.end, ledger.epoch]).toEqual([true, 2])
    const counted = ledger.read('validators') as readonly { readonly proposed: bigint }[]
    expect(counted).toHaveLength(4)
    ledger.block()
    expect([ledger.last?.end, ledger.epoch]).toEqual([false, 2])
  })
})
