/**
 * What governing costs in the largest set, beside as many candidates, when liars keep open, wait for and say of
 * themselves as much as they may: every call of an honest validator fits in the gas that its node gives it.
 */
import { beforeAll, describe, expect, test } from 'vitest'
import { defined } from '../../../../src/base/invariant.ts'
import { BLOCK_GAS_MAX, GOVERNANCE_CALL_GAS } from '../../../../src/ledger/gas.ts'
import { VALIDATORS_MAX } from '../../../../src/types/limits.ts'
import {
  type Call,
  callOf,
  GovernedLedger,
  type Member,
  memberNamed,
  NEWCOMER,
  NO_EVIDENCE,
  names,
  PEER,
  parameter,
} from './governed-ledger.ts'

const LIARS = Math.floor((VALIDATORS_MAX - 1) / 3)
const OPEN_EACH = 8
/** The longest that there is. */
const LONG_PEER = `/${'\u{1f600}'.repeat(256 - PEER.length - 1)}${PEER}`

let ledger: GovernedLedger
let liars: readonly Member[]
let honest: readonly Member[]

/** As far as they get. */
const lie = (callBy: (liar: Member, index: number) => Call) => ledger.block(...liars.map(callBy))
const rotationOf = (member: Member) => {
  const next = memberNamed(`next key of ${member.name}`)
  return [next.key, ledger.proofFor(member.id, next)] as const
}
/** Everybody proposes another value. */
const price = (proposer: number, nth: number) => parameter('baseFeePerGas', BigInt(1 + OPEN_EACH * proposer + nth))

beforeAll(() => {
  ledger = new GovernedLedger({
    validators: VALIDATORS_MAX,
    candidates: VALIDATORS_MAX,
    // Nobody goes without a replacement, and keys end one epoch in a hundred blocks: what can wait, waits.
    genesis: { minValidators: VALIDATORS_MAX, gasLimit: BLOCK_GAS_MAX, evidence: { ageEpochsMax: 2 } },
  })
  const [first, ...others] = ledger.members.slice(LIARS)
  const proposer = defined(first, 'an honest validator')
  liars = ledger.members.slice(0, LIARS)
  honest = [...others, proposer]
  // The oldest that is open, which everybody's other proposals stand behind; and who changes the key first.
  ledger.call(proposer, 'proposeParam', price(LIARS, 0))
  lie((liar) => callOf(liar, 'setPeer', [LONG_PEER]))
  ledger.block(...ledger.candidates.map((one) => callOf(one, 'setPeer', [LONG_PEER])))
  for (let nth = 0; nth < OPEN_EACH; nth++) lie((liar, index) => callOf(liar, 'proposeParam', price(index, nth)))
  lie((liar) => callOf(liar, 'vote', [1n, true]))
  ledger.block(callOf(defined(liars[0], 'a liar'), 'rotateKey', rotationOf(defined(liars[0], 'a liar'))))
  lie((liar) => callOf(liar, 'rotateKey', rotationOf(liar)))
  lie((liar) => callOf(liar, 'leave', []))
}, 240_000)

describe('in the largest set, whatever liars do', () => {
  const by = (index: number) => defined(honest[index], 'an honest validator')
  const culprit = () => defined(liars[1], 'a liar')
  test.for<[string, () => Call]>([
    ['a proposal', () => callOf(by(0), 'proposeParam', price(LIARS, 1))],
    ['an addition', () => callOf(by(0), 'proposeAdd', [NEWCOMER.key, ledger.proof(NEWCOMER), PEER, 'newcomer'])],
    ['an accusation', () => callOf(by(1), 'proposeRemove', [by(3).id, NO_EVIDENCE, ''])],
    ['evidence', () => callOf(by(2), 'submitEvidence', [ledger.doubleVote(culprit())])],
    ['a rotation', () => callOf(by(0), 'rotateKey', rotationOf(by(0)))],
    ['a departure', () => callOf(by(1), 'leave', [])],
    ['the word of a candidate', () => ledger.readyCall(defined(ledger.candidates.at(-1), 'a candidate'))],
  ])('%s fits in its gas', ([, call]) => {
    const [outcome] = ledger.block(call())
    expect(outcome?.status).toBe(1)
    expect(outcome?.gasUsed).toBeLessThan(GOVERNANCE_CALL_GAS / 3)
  })

  test('every vote fits in its gas, the deciding one too', () => {
    const votes = ledger.block(...honest.slice(0, -1).map((member) => callOf(member, 'vote', [1n, true])))
    const passed = votes.findIndex((vote) => names(vote).includes('Passed'))
    expect(passed).toBeGreaterThan(0)
    for (const vote of votes.slice(0, passed + 1)) {
      expect(vote.status).toBe(1)
      expect(vote.gasUsed).toBeLessThan(GOVERNANCE_CALL_GAS / 3)
    }
  })

  test('all members can be read at once', () => {
    expect(ledger.read('validators')).toHaveLength(VALIDATORS_MAX)
  })
})
