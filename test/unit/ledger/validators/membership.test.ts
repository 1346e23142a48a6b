// What a validator and a candidate say for themselves (docs/ledger.md, "Governance").
import { getAddress } from 'viem'
import { describe, expect, test } from 'vitest'
import { addressOf } from '../fixtures.ts'
import {
  callOf,
  GovernedLedger,
  type LedgerOptions,
  type Member,
  memberNamed,
  NEWCOMER,
  NO_EVIDENCE,
  names,
  PEER,
  STRANGER,
} from './governed-ledger.ts'

function open(options: LedgerOptions = {}) {
  const ledger = new GovernedLedger(options)
  const [a, b, c, d] = ledger.members as [Member, Member, Member, Member]
  return { ledger, a, b, c, d }
}

describe('a key', () => {
  test('is changed from the next epoch on, and its validator stays the same', () => {
    const { ledger, a } = open()
    const rotated = ledger.call(a, 'rotateKey', [NEWCOMER.key, ledger.proofFor(a.id, NEWCOMER)])
    expect(rotated.events).toMatchObject([
      { eventName: 'KeyRotated', args: { validator: getAddress(a.id), newKey: NEWCOMER.key } },
    ])
    expect(ledger.last?.end).toBe(true)
    expect(ledger.ids).toEqual(ledger.members.map(({ id }) => id))
    expect(ledger.record(a)).toMatchObject({ address: a.id, signer: NEWCOMER.id, standing: 'validator' })
    // The new key speaks for it, the old one for nobody.
    expect(ledger.refusal(a, 'leave', [])).toBe('NotValidator')
    expect(ledger.refusal(NEWCOMER, 'leave', [])).toBe('returned')
  })

  test('is in force in its own block for the old one still', () => {
    const { ledger, a, b } = open()
    const [, again, other] = ledger.block(
      callOf(a, 'rotateKey', [NEWCOMER.key, ledger.proofFor(a.id, NEWCOMER)]),
      callOf(NEWCOMER, 'setFeeRecipient', [addressOf(1)]),
      callOf(a, 'setFeeRecipient', [addressOf(2)]),
    )
    expect([again?.status, other?.status]).toEqual([0, 1])
    expect(ledger.record(a).feeRecipient).toBe(addressOf(2))
    expect(ledger.record(b).feeRecipient).toBe(b.id)
  })

  test('that is proven in public is nobody else’s: not in the same block, nor later', () => {
    const { ledger, a, b } = open()
    const proof = ledger.proofFor(a.id, NEWCOMER)
    // Before it in the block, as a leader can arrange it, and behind it.
    const [before, itself, behind] = ledger.block(
      callOf(b, 'rotateKey', [NEWCOMER.key, proof]),
      callOf(a, 'rotateKey', [NEWCOMER.key, proof]),
      callOf(b, 'rotateKey', [NEWCOMER.key, proof]),
    )
    expect([before?.status, itself?.status, behind?.status]).toEqual([0, 1, 0])
    expect(ledger.refusal(b, 'rotateKey', [NEWCOMER.key, proof])).toBe('BadKey(proof)')
    expect(ledger.refusal(b, 'rotateKey', [NEWCOMER.key, ledger.proofFor(b.id, NEWCOMER)])).toBe('BadKey(taken)')
    expect(ledger.refusal(b, 'rotateKey', [a.key, ledger.proofFor(b.id, a)])).toBe('BadKey(taken)')
  })

  test('that is proven for an addition is no key for a rotation, nor the other way round', () => {
    const { ledger, a, b, c, d } = open()
    const forAddition = [NEWCOMER.key, ledger.proof(NEWCOMER), PEER, 'newcomer'] as const
    ledger.call(a, 'proposeAdd', forAddition)
    for (const thief of ledger.members)
      expect(ledger.refusal(thief, 'rotateKey', forAddition.slice(0, 2))).toBe('BadKey(proof)')
    ledger.block(...[a, b, c].map((member) => callOf(member, 'vote', [1n, true])))
    expect(ledger.read('candidates')).toMatchObject([{ consensusKey: NEWCOMER.key }])
    const other = memberNamed('newcomer 1')
    const forRotation = [other.key, ledger.proofFor(a.id, other)] as const
    expect(ledger.refusal(d, 'proposeAdd', [...forRotation, PEER, 'other'])).toBe('BadKey(proof)')
    expect(ledger.refusal(a, 'rotateKey', forRotation)).toBe('returned')
  })

  test('that waits for its epoch keeps another from becoming a validator by it', () => {
    const { ledger, a, b, c, d } = open()
    ledger.call(a, 'proposeAdd', [NEWCOMER.key, ledger.proof(NEWCOMER), PEER, 'newcomer'])
    ledger.block(callOf(b, 'vote', [1n, true]), callOf(c, 'vote', [1n, true]))
    ledger.call(a, 'rotateKey', [NEWCOMER.key, ledger.proofFor(a.id, NEWCOMER)])
    expect(names(ledger.call(d, 'vote', [1n, true]))).toEqual(['Voted', 'Passed'])
    expect(ledger.read('candidates')).toEqual([])
    expect(ledger.record(a).signer).toBe(NEWCOMER.id)
  })

  test('is refused without its form, its proof, and while another change of it waits', () => {
    const { ledger, a, b } = open()
    const proof = ledger.proofFor(a.id, NEWCOMER)
    expect(ledger.refusal(a, 'rotateKey', ['0x04', proof])).toBe('BadKey(form)')
    expect(ledger.refusal(a, 'rotateKey', [NEWCOMER.key, ledger.proofFor(a.id, STRANGER)])).toBe('BadKey(proof)')
    const other = memberNamed('newcomer 1')
    // An epoch of four has room for one change: the second waits for the next.
    const [first, second] = ledger.block(
      callOf(a, 'rotateKey', [NEWCOMER.key, proof]),
      callOf(b, 'rotateKey', [other.key, ledger.proofFor(b.id, other)]),
    )
    expect([names(first), names(second)]).toEqual([['KeyRotated'], []])
    const third = memberNamed('newcomer 2')
    expect(ledger.refusal(b, 'rotateKey', [third.key, ledger.proofFor(b.id, third)])).toBe('BadKey(pending)')
    ledger.block()
    expect(ledger.record(b).signer).toBe(other.id)
  })

  test('that was changed never comes back; the last one does, with its validator, when the others vote it in again', () => {
    const { ledger, a, b, c, d } = open({ validators: 5, genesis: { minValidators: 4 } })
    ledger.call(a, 'rotateKey', [NEWCOMER.key, ledger.proofFor(a.id, NEWCOMER)])
    ledger.call(NEWCOMER, 'leave', [])
    expect(ledger.record(a).standing).toBe('removed')
    expect(ledger.refusal(b, 'proposeAdd', [a.key, ledger.proof(a), PEER, 'again'])).toBe('BadKey(retired)')
    ledger.decide([b, c, d, ...ledger.members.slice(4)], 'proposeAdd', [
      NEWCOMER.key,
      ledger.proof(NEWCOMER),
      PEER,
      'a',
    ])
    expect(ledger.record(a)).toMatchObject({ standing: 'candidate', signer: NEWCOMER.id, readyAt: 0 })
    ledger.block(ledger.readyCall(NEWCOMER))
    expect(ledger.ids).toContain(a.id)
    expect(ledger.ids).not.toContain(NEWCOMER.id)
    expect(ledger.refusal(a, 'leave', [])).toBe('NotValidator')
    expect(ledger.refusal(NEWCOMER, 'leave', [])).toBe('returned')
  })

  test('waits where keys have ended half of the epochs that evidence is judged by, until a proposal could have closed', () => {
    const { ledger, a, b } = open({
      genesis: { evidence: { ageEpochsMax: 4 }, governance: { proposalBlocksMax: 100 } },
    })
    const rotate = (sender: Member, owner: Member, next: Member) => {
      ledger.call(sender, 'rotateKey', [next.key, ledger.proofFor(owner.id, next)])
      return ledger.record(owner).signer === next.id
    }
    const [first, second, third] = [1, 2, 3].map((n) => memberNamed(`key ${n}`)) as [Member, Member, Member]
    expect(rotate(a, a, first)).toBe(true)
    const { height } = ledger
    expect(rotate(first, a, second)).toBe(true)
    expect(rotate(b, b, third)).toBe(false)
    while (ledger.height < height + 99) ledger.block()
    expect(ledger.record(b).signer).toBe(b.id)
    ledger.block()
    expect(ledger.record(b).signer).toBe(third.id)
  })

  test('is not changed by who is accused, or is going', () => {
    const { ledger, a, b, c } = open()
    const rotationOf = ({ id }: Member) => [NEWCOMER.key, ledger.proofFor(id, NEWCOMER)] as const
    ledger.call(a, 'proposeRemove', [b.id, NO_EVIDENCE, ''])
    expect(ledger.refusal(b, 'rotateKey', rotationOf(b))).toBe('Closed')
    ledger.pass(101)
    expect(ledger.refusal(b, 'rotateKey', rotationOf(b))).toBe('returned')
    ledger.call(c, 'leave', [])
    expect(ledger.refusal(c, 'rotateKey', rotationOf(c))).toBe('Closed')
  })
})

describe('a candidate is ready', () => {
  test('by the newest block, also where a call only tries it out: on the state that the next block begins with', () => {
    const { ledger } = open({ candidates: 1 })
    const [candidate] = ledger.candidates as [Member]
    const newest = [BigInt(ledger.height), ledger.state.root] as const
    expect(ledger.refusal(candidate, 'ready', newest)).toBe('returned')
    expect(ledger.call(candidate, 'ready', newest).status).toBe(1)
  })

  test('with height and state root of one of the latest 256 blocks', () => {
    const { ledger } = open({ candidates: 1 })
    const [candidate] = ledger.candidates as [Member]
    const early = ledger.readyCall(candidate)
    ledger.pass(256)
    expect(ledger.block(early)).toMatchObject([{ status: 0 }])
    const latest = ledger.readyCall(candidate)
    ledger.pass(255)
    const [ready] = ledger.block(latest)
    expect(ready?.events).toMatchObject([
      { eventName: 'CandidateReady', args: { candidate: getAddress(candidate.id), height: 258n } },
    ])
    expect(ledger.record(candidate).readyAt).toBe(258)
  })

  test('not with another root, of a height to come, or with what it said before', () => {
    const { ledger, a } = open({ candidates: 1 })
    const [candidate] = ledger.candidates as [Member]
    const root = ledger.state.root
    ledger.block(ledger.readyCall(candidate))
    ledger.block()
    expect(ledger.refusal(candidate, 'ready', [2n, root])).toBe('BadReady(stateRoot)')
    expect(ledger.refusal(candidate, 'ready', [9n, root])).toBe('BadReady(height)')
    expect(ledger.refusal(candidate, 'ready', [2n ** 200n, root])).toBe('BadReady(height)')
    expect(ledger.refusal(candidate, 'ready', [1n, root])).toBe('BadReady(known)')
    expect(ledger.refusal(a, 'ready', [1n, root])).toBe('NotCandidate')
    expect(ledger.refusal(STRANGER, 'ready', [1n, root])).toBe('NotCandidate')
  })
})

describe('who leaves', () => {
  test('is removed without a vote, and says so once', () => {
    const { ledger, a } = open({ validators: 5 })
    expect(names(ledger.call(a, 'leave', []))).toEqual(['ValidatorRemoved'])
    expect(ledger.ids).not.toContain(a.id)
    expect(ledger.refusal(a, 'leave', [])).toBe('NotValidator')
  })

  test('stays where the set would become too small, leads no more, and cannot leave twice', () => {
    const { ledger, a } = open()
    expect(names(ledger.call(a, 'leave', []))).toEqual([])
    expect(ledger.last?.end).toBe(true)
    expect(ledger.validators.filter(({ leads }) => !leads).map(({ address }) => address)).toEqual([a.id])
    expect(ledger.refusal(a, 'leave', [])).toBe('Closed')
    // It is a validator still, and votes.
    ledger.call(ledger.members[1] as Member, 'proposeParam', [`0x${'00'.repeat(32)}`, '0x01'])
    expect(ledger.refusal(a, 'proposeRemove', [(ledger.members[1] as Member).id, NO_EVIDENCE, ''])).toBe('returned')
  })

  test('leaves the queue at once as a candidate', () => {
    const { ledger } = open({ candidates: 2 })
    const [first, second] = ledger.candidates as [Member, Member]
    expect(names(ledger.call(first, 'leave', []))).toEqual(['ValidatorRemoved'])
    expect(ledger.read('candidates')).toMatchObject([{ id: getAddress(second.id) }])
    expect(ledger.last?.end).toBe(false)
  })

  test('goes with the block after, if it comes in with this one', () => {
    const { ledger, a } = open({ candidates: 1 })
    const [candidate] = ledger.candidates as [Member]
    ledger.call(a, 'leave', [])
    const [ready, left] = ledger.block(ledger.readyCall(candidate), callOf(candidate, 'leave', []))
    expect(names(ready)).toEqual(['CandidateReady', 'ValidatorRemoved', 'ValidatorAdded'])
    expect([left?.status, names(left)]).toEqual([1, []])
    expect(ledger.ids).toContain(candidate.id)
    ledger.block()
    // Four are the fewest: it stays, and leads nothing.
    expect(ledger.validators.find(({ address }) => address === candidate.id)?.leads).toBe(false)
  })
})

describe('a member', () => {
  test('says where its fees go and where it is reached', () => {
    const { ledger, a } = open({ candidates: 1 })
    const [candidate] = ledger.candidates as [Member]
    const elsewhere = PEER.replace('30600', '30777')
    ledger.block(
      callOf(a, 'setFeeRecipient', [addressOf(9)]),
      callOf(a, 'setPeer', [elsewhere]),
      callOf(candidate, 'setPeer', [elsewhere]),
    )
    expect(ledger.read('validator', [a.id])).toMatchObject({ feeRecipient: getAddress(addressOf(9)), peer: elsewhere })
    expect(ledger.read('validator', [candidate.id])).toMatchObject({ peer: elsewhere, standing: 0 })
    expect(ledger.last?.end).toBe(false)
    expect(ledger.refusal(a, 'setPeer', ['nowhere'])).toBe('BadPeer')
  })

  test('is shown with everything that is known of it, and nobody else is', () => {
    const { ledger, a } = open({ candidates: 1 })
    expect(ledger.read('validators')).toHaveLength(4)
    expect(ledger.read('validator', [a.id])).toEqual({
      ...{ id: getAddress(a.id), consensusKey: a.key, signer: getAddress(a.id), peer: PEER, name: a.name },
      ...{ feeRecipient: getAddress(a.id), addedAt: 0n, readyAt: 0n, standing: 1, jailed: false, leads: true },
      ...{ proposed: 1n, missed: 0n, voted: 0n },
    })
    expect(ledger.refusal(a, 'validator', [STRANGER.id])).toBe('NotValidator')
  })
})
