import { getAddress, stringToHex } from 'viem'
import { describe, expect, test } from 'vitest'
import { defined } from '../../../../src/base/invariant.ts'
import { readValue } from '../../../../src/ledger/storage-map.ts'
import { wordsIn } from '../../../../src/ledger/storage-words.ts'
import { recordKey, SYSTEM_ADDRESS } from '../../../../src/ledger/system/system-account.ts'
import { addressOf } from '../fixtures.ts'
import {
  callOf,
  GovernedLedger,
  type Member,
  memberNamed,
  NEWCOMER,
  NO_EVIDENCE,
  names,
  PEER,
  parameter,
  STRANGER,
} from './governed-ledger.ts'

const PRICE = parameter('baseFeePerGas', 7n)

function four() {
  const ledger = new GovernedLedger()
  const [a, b, c, d] = ledger.members as [Member, Member, Member, Member]
  const addition = [NEWCOMER.key, ledger.proof(NEWCOMER), PEER, 'newcomer'] as const
  return { ledger, a, b, c, d, addition }
}

describe('a proposal', () => {
  test('is numbered from one, shown with its votes, and passes with the vote that makes the quorum', () => {
    const { ledger, a, b, c } = four()
    const opened = ledger.call(a, 'proposeRemove', [b.id, NO_EVIDENCE, 'says nothing'])
    expect(opened.events).toMatchObject([
      { eventName: 'Proposed', args: { id: 1n, proposer: getAddress(a.id), kind: 1 } },
    ])
    expect(names(ledger.call(a, 'vote', [1n, true]))).toEqual(['Voted'])
    expect(names(ledger.call(b, 'vote', [1n, false]))).toEqual(['Voted'])
    expect(names(ledger.call(c, 'vote', [1n, true]))).toEqual(['Voted'])
    expect(ledger.read('proposal', [1n])).toMatchObject({
      ...{ id: 1n, kind: 1, status: 0, openedAt: 2n, text: 'says nothing', evidenceId: NO_EVIDENCE },
      approvals: [getAddress(a.id), getAddress(c.id)],
      refusals: [getAddress(b.id)],
    })
    expect(names(ledger.call(b, 'vote', [1n, true]))).toEqual(['Voted', 'Passed'])
    expect(ledger.read('proposal', [1n])).toMatchObject({ status: 1 })
  })

  test('does not carry the vote of who opened it', () => {
    const { ledger, a } = four()
    ledger.call(a, 'proposeParam', PRICE)
    expect(ledger.read('proposal', [1n])).toMatchObject({ approvals: [], refusals: [] })
  })

  test('takes a vote once, and another one instead of it', () => {
    const { ledger, a, b, c } = four()
    ledger.call(a, 'proposeParam', PRICE)
    ledger.block(callOf(a, 'vote', [1n, true]), callOf(b, 'vote', [1n, true]))
    expect(ledger.refusal(a, 'vote', [1n, true])).toBe('AlreadyVoted')
    expect(ledger.call(a, 'vote', [1n, false]).status).toBe(1)
    // Two for it now, not three.
    expect(names(ledger.call(c, 'vote', [1n, true]))).toEqual(['Voted'])
    expect(names(ledger.call(a, 'vote', [1n, true]))).toEqual(['Voted', 'Passed'])
  })

  test('is closed once it has passed, and once its blocks are over', () => {
    const { ledger, a, b, c, d } = four()
    const passed = ledger.decide([a, b, c], 'proposeParam', PRICE)
    expect(ledger.refusal(d, 'vote', [passed, true])).toBe('Closed')
    ledger.call(a, 'proposeParam', parameter('gasLimit', 20_000_000n))
    ledger.pass(99)
    expect(ledger.refusal(d, 'vote', [2n, true])).toBe('returned')
    ledger.pass(1)
    expect(ledger.refusal(d, 'vote', [2n, true])).toBe('Closed')
    expect(ledger.read('proposal', [2n])).toMatchObject({ status: 2 })
  })

  test('whose number nobody gave is unknown', () => {
    const { ledger, a } = four()
    for (const id of [0n, 1n, 2n ** 53n, 2n ** 256n - 1n])
      expect(ledger.refusal(a, 'vote', [id, true])).toBe('UnknownProposal')
  })

  test('of one thing is open once at a time', () => {
    const { ledger, a, b, c } = four()
    ledger.call(a, 'proposeRemove', [b.id, NO_EVIDENCE, 'one reason'])
    expect(ledger.refusal(c, 'proposeRemove', [b.id, NO_EVIDENCE, 'another'])).toBe('BadProposal(open)')
    expect(ledger.refusal(c, 'proposeRemove', [a.id, NO_EVIDENCE, 'another'])).toBe('returned')
    ledger.pass(101)
    expect(ledger.refusal(c, 'proposeRemove', [b.id, NO_EVIDENCE, 'another'])).toBe('returned')
  })

  test('keeps nobody from proposing another value of its parameter, or another name or place of its candidate', () => {
    const { ledger, a, b } = four()
    const absurd = parameter('baseFeePerGas', 2n ** 100n)
    ledger.call(a, 'proposeParam', absurd)
    const proof = ledger.proof(NEWCOMER)
    ledger.call(a, 'proposeAdd', [NEWCOMER.key, proof, PEER, 'somebody'])
    expect(ledger.refusal(b, 'proposeParam', absurd)).toBe('BadProposal(open)')
    expect(ledger.refusal(b, 'proposeParam', PRICE)).toBe('returned')
    const elsewhere = PEER.replace('127.0.0.1', '127.0.0.2')
    expect(ledger.refusal(b, 'proposeAdd', [NEWCOMER.key, proof, PEER, 'somebody'])).toBe('BadProposal(open)')
    expect(ledger.refusal(b, 'proposeAdd', [NEWCOMER.key, proof, PEER, 'newcomer'])).toBe('returned')
    expect(ledger.refusal(b, 'proposeAdd', [NEWCOMER.key, proof, elsewhere, 'somebody'])).toBe('returned')
  })

  test('is one of at most eight that its validator has open', () => {
    const { ledger, a, b, c, d } = four()
    const newcomers = [1, 2, 3, 4, 5, 6].map((n) => memberNamed(`newcomer ${n}`))
    const additions = newcomers.map((one) => callOf(a, 'proposeAdd', [one.key, ledger.proof(one), PEER, one.name]))
    const removals = [b, c].map(({ id }) => callOf(a, 'proposeRemove', [id, NO_EVIDENCE, '']))
    for (const call of [...additions, ...removals]) expect(ledger.block(call)).toMatchObject([{ status: 1 }])
    expect(ledger.refusal(a, 'proposeRemove', [d.id, NO_EVIDENCE, ''])).toBe('BadProposal(many)')
    expect(ledger.refusal(b, 'proposeRemove', [d.id, NO_EVIDENCE, ''])).toBe('returned')
  })

  test('is one of its validator’s eight until it passes or expires, and then leaves nothing to look through', () => {
    const { ledger, a, b, c } = four()
    const fees = (from: bigint) => [0n, 1n, 2n, 3n, 4n, 5n, 6n, 7n].map((n) => parameter('baseFeePerGas', from + n))
    const propose = (from: bigint) => ledger.block(...fees(from).map((fee) => callOf(a, 'proposeParam', fee)))
    const isKept = (id: number) => readValue(wordsIn(ledger.state, SYSTEM_ADDRESS), recordKey('open', id)).length > 0
    propose(1n)
    ledger.block(...[a, b, c].map((member) => callOf(member, 'vote', [3n, true])))
    expect(ledger.refusal(a, 'proposeParam', PRICE)).toBe('BadProposal(open)')
    expect(ledger.call(a, 'proposeParam', parameter('baseFeePerGas', 9n)).status).toBe(1)
    expect(ledger.refusal(a, 'proposeParam', parameter('baseFeePerGas', 10n))).toBe('BadProposal(many)')
    expect([1, 2, 3, 4].map(isKept)).toEqual([true, true, false, true])
    ledger.pass(101)
    // In one epoch: each that is opened makes two go that are over.
    expect(propose(20n).map(({ status }) => status)).toEqual(Array.from({ length: 8 }, () => 1))
    expect([1, 2, 4, 5, 6, 7, 8, 9, 10].map(isKept)).toEqual([...Array.from({ length: 8 }, () => false), true])
  })

  test('lives on in the next epoch, where it passes without a further vote if the new quorum is smaller', () => {
    const ledger = new GovernedLedger({ validators: 5, genesis: { minValidators: 3 } })
    const [a, b, c, d, e] = ledger.members as [Member, Member, Member, Member, Member]
    ledger.call(a, 'proposeParam', PRICE)
    ledger.block(...[a, b, c].map((member) => callOf(member, 'vote', [1n, true])))
    expect(ledger.read('proposal', [1n])).toMatchObject({ status: 0 })
    // Five need four votes, four need three.
    ledger.decide([a, b, c, d], 'proposeRemove', [e.id, NO_EVIDENCE, ''])
    expect(ledger.read('proposal', [1n])).toMatchObject({ status: 0 })
    ledger.block()
    expect(ledger.read('proposal', [1n])).toMatchObject({ status: 1 })
    expect(ledger.read('params')).toContainEqual({ key: PRICE[0], value: 7n })
  })

  test('does not count the votes of who has left meanwhile', () => {
    const ledger = new GovernedLedger({ validators: 5, genesis: { minValidators: 3 } })
    const [a, b, c, d, e] = ledger.members as [Member, Member, Member, Member, Member]
    ledger.call(a, 'proposeParam', PRICE)
    ledger.block(...[a, b, e].map((member) => callOf(member, 'vote', [1n, true])))
    ledger.decide([a, b, c, d], 'proposeRemove', [e.id, NO_EVIDENCE, ''])
    ledger.block()
    expect(ledger.read('proposal', [1n])).toMatchObject({ status: 0 })
    expect(names(ledger.call(c, 'vote', [1n, true]))).toEqual(['Voted', 'Passed'])
  })
})

describe('only a validator', () => {
  test.each([
    ['proposeAdd', [NEWCOMER.key, '0x', PEER, 'newcomer']],
    ['proposeRemove', [addressOf(1), NO_EVIDENCE, '']],
    ['proposeParam', PRICE],
    ['vote', [1n, true]],
    ['rotateKey', [NEWCOMER.key, '0x']],
    ['leave', []],
    ['setPeer', [PEER]],
    ['setFeeRecipient', [addressOf(1)]],
  ] as const)('calls %s', (functionName, args) => {
    const { ledger } = four()
    expect(ledger.refusal(STRANGER, functionName, args)).toBe('NotValidator')
  })
})

describe('an addition', () => {
  test('makes a candidate, with the votes of a quorum', () => {
    const { ledger, a, b, c, addition } = four()
    ledger.decide([a, b, c], 'proposeAdd', addition)
    expect(ledger.read('candidates')).toMatchObject([
      { id: getAddress(NEWCOMER.id), standing: 0, consensusKey: NEWCOMER.key, peer: PEER },
    ])
    expect(ledger.ids).not.toContain(NEWCOMER.id)
  })

  test('is refused for a key that is no key, unproven, proven for another chain, or a member’s', () => {
    const { ledger, a, b } = four()
    const refusal = (key: string, proof: string) => ledger.refusal(a, 'proposeAdd', [key, proof, PEER, 'newcomer'])
    const proof = ledger.proof(NEWCOMER)
    expect(refusal('0x', proof)).toBe('BadKey(form)')
    expect(refusal(`0x02${'ff'.repeat(32)}`, proof)).toBe('BadKey(form)')
    expect(refusal(NEWCOMER.key, '0x')).toBe('BadKey(proof)')
    expect(refusal(NEWCOMER.key, ledger.proof(STRANGER))).toBe('BadKey(proof)')
    expect(refusal(NEWCOMER.key, ledger.proof(NEWCOMER, `0x${'11'.repeat(32)}` as never))).toBe('BadKey(proof)')
    expect(refusal(b.key, ledger.proof(b))).toBe('BadProposal(member)')
    expect(refusal(NEWCOMER.key, proof)).toBe('returned')
    ledger.call(b, 'rotateKey', [NEWCOMER.key, ledger.proofFor(b.id, NEWCOMER)])
    expect(refusal(NEWCOMER.key, proof)).toBe('BadProposal(member)')
    // Nor is a key free that was somebody's once.
    expect(refusal(b.key, ledger.proof(b))).toBe('BadProposal(member)')
  })

  test.each([
    ['BadPeer', ['/ip4/127.0.0.1/tcp/30600', 'newcomer']],
    ['BadPeer', [`/${'x'.repeat(300)}${PEER}`, 'newcomer']],
    ['BadProposal(name)', [PEER, '']],
    ['BadProposal(name)', [PEER, 'x'.repeat(65)]],
    ['BadPeer', [`/\u001b[2J${PEER}`, 'newcomer']],
    ['BadProposal(name)', [PEER, 'new\u001b[2Jcomer']],
    ['BadProposal(name)', [PEER, 'abc\u202e4v']],
    ['BadProposal(name)', [PEER, '\ufeffnewcomer']],
  ])('is refused with %s for what it says of itself', (error, said) => {
    const { ledger, a } = four()
    expect(ledger.refusal(a, 'proposeAdd', [NEWCOMER.key, ledger.proof(NEWCOMER), ...said])).toBe(error)
  })
})

describe('a removal', () => {
  test('is of a member, with a short reason, and not decided already', () => {
    const { ledger, a, b, c, d } = four()
    expect(ledger.refusal(a, 'proposeRemove', [STRANGER.id, NO_EVIDENCE, ''])).toBe('NotValidator')
    expect(ledger.refusal(a, 'proposeRemove', [b.id, NO_EVIDENCE, 'é'.repeat(129)])).toBe('BadProposal(reason)')
    // Operators read it in their terminals.
    for (const reason of ['slow\n#9 passed', 'slow\u2028#9 passed', 'slow \u2066v4\u2069'])
      expect(ledger.refusal(a, 'proposeRemove', [b.id, NO_EVIDENCE, reason])).toBe('BadProposal(reason)')
    expect(ledger.refusal(a, 'proposeRemove', [b.id, `0x${'01'.repeat(32)}`, ''])).toBe('BadEvidence(unknown)')
    ledger.decide([a, c, d], 'proposeRemove', [b.id, NO_EVIDENCE, 'é'.repeat(128)])
    // Four are the fewest, and nobody is ready: it waits.
    expect(ledger.ids).toContain(b.id)
    expect(ledger.refusal(a, 'proposeRemove', [b.id, NO_EVIDENCE, ''])).toBe('BadProposal(decided)')
  })
})

describe('a parameter', () => {
  test('holds from the next block on, and is shown', () => {
    const { ledger, a, b, c } = four()
    const before = ledger.environment(ledger.height + 1)
    ledger.decide([a, b, c], 'proposeParam', PRICE)
    expect(before.baseFeePerGas).not.toBe(7n)
    expect(ledger.environment(ledger.height + 1).baseFeePerGas).toBe(7n)
    ledger.decide([a, b, c], 'proposeParam', parameter('gasLimit', 12_345_678n))
    ledger.decide([a, b, c], 'proposeParam', parameter('targetValidators', 9n))
    expect(ledger.read('params')).toEqual([
      { key: PRICE[0], value: 7n },
      { key: stringToHex('gasLimit', { size: 32 }), value: 12_345_678n },
      { key: stringToHex('targetValidators', { size: 32 }), value: 9n },
    ])
    expect(ledger.last?.end).toBe(false)
  })

  test('is the same proposal however many zeros its value is written with', () => {
    const { ledger, a, b, c } = four()
    const [key] = PRICE
    ledger.call(a, 'proposeParam', [key, `0x${'00'.repeat(31)}07`])
    expect(ledger.read('proposal', [1n])).toMatchObject({ value: '0x07' })
    expect(ledger.refusal(b, 'proposeParam', PRICE)).toBe('BadProposal(open)')
    expect(ledger.refusal(b, 'proposeParam', [key, '0x0007'])).toBe('BadProposal(open)')
    const free = ledger.decide([a, b, c], 'proposeParam', [key, '0x0000'])
    expect(ledger.read('proposal', [free])).toMatchObject({ value: '0x00' })
    expect(ledger.read('params')).toContainEqual({ key, value: 0n })
  })

  test.each([
    ['BadProposal(parameter)', parameter('chainId', 1n)],
    ['BadProposal(parameter)', parameter('gasLimit', 1n)],
    ['BadProposal(parameter)', parameter('gasLimit', 300_000_001n)],
    ['BadProposal(parameter)', parameter('baseFeePerGas', 2n ** 128n)],
    ['BadProposal(parameter)', parameter('targetValidators', 257n)],
    ['BadProposal(parameter)', [PRICE[0], '0x']],
    ['BadProposal(parameter)', [PRICE[0], `0x${'00'.repeat(33)}`]],
    ['WouldBreakQuorum(4)', parameter('targetValidators', 3n)],
  ] as const)('is refused with %s out of its bounds', (error, args) => {
    const { ledger, a } = four()
    expect(ledger.refusal(a, 'proposeParam', args)).toBe(error)
  })
})

describe('a call', () => {
  test('with value, of an unknown function, or with arguments that do not decode, reverts without a reason', () => {
    const { ledger, a } = four()
    const account = defined(ledger.state.account(a.id), 'an account')
    expect(account.nonce).toBe(0)
    const good = callOf(a, 'leave', [])
    for (const data of [good.data.slice(0, 3), Uint8Array.of(1, 2, 3, 4), new Uint8Array(0)])
      expect(ledger.block({ sender: a.id, data })).toMatchObject([{ status: 0, events: [] }])
    expect(ledger.block({ sender: a.id, data: Uint8Array.of(...good.data, 0) })).toMatchObject([{ status: 0 }])
    expect(ledger.state.account(SYSTEM_ADDRESS).balance).toBe(0n)
  })
})
