// What proof of a fault does to whom (docs/ledger.md, "Governance"). What proves what is judge-evidence's business.
import { getAddress, type Hex } from 'viem'
import { describe, expect, test } from 'vitest'
import { toHex, utf8 } from '../../../../src/base/bytes.ts'
import { keccak256Hash } from '../../../../src/crypto/keccak.ts'
import {
  callOf,
  GovernedLedger,
  type LedgerOptions,
  type Member,
  memberNamed,
  NO_EVIDENCE,
  names,
  STRANGER,
} from './governed-ledger.ts'

/** As many as a proposal is open for in these tests. */
const BLOCKS_TO_BRING_IT = 100

/** Four are the fewest: nobody goes unless somebody comes. */
function open(options: LedgerOptions = {}) {
  const ledger = new GovernedLedger(options)
  const [a, b, c, culprit] = ledger.members as [Member, Member, Member, Member]
  return { ledger, a, b, c, culprit, proof: ledger.doubleVote(culprit) }
}

function idOf(outcome: { readonly events: readonly { readonly args: Readonly<Record<string, unknown>> }[] }): Hex {
  return outcome.events[0]?.args['id'] as Hex
}

describe('evidence', () => {
  test('of anybody jails its culprit, opens a removal, and is shown under its id', () => {
    const { ledger, culprit, proof } = open()
    const accepted = ledger.call(STRANGER, 'submitEvidence', [proof])
    const culpritId = getAddress(culprit.id)
    expect(accepted.events).toMatchObject([
      { eventName: 'EvidenceAccepted', args: { culprit: culpritId, kind: 2, epoch: 1n, viewNumber: 7n } },
      { eventName: 'Jailed', args: { validator: culpritId, evidenceId: idOf(accepted) } },
      { eventName: 'Proposed', args: { id: 1n, proposer: getAddress(`0x${'00'.repeat(20)}`), subject: culpritId } },
    ])
    expect(ledger.read('evidence', [idOf(accepted)])).toEqual({
      ...{ id: idOf(accepted), kind: 2, culprit: culpritId, epoch: 1n, viewNumber: 7n, height: 2n },
      submitter: getAddress(STRANGER.id),
    })
    expect(ledger.read('evidence', [`0x${'01'.repeat(32)}`])).toMatchObject({ id: NO_EVIDENCE, kind: 0 })
    expect(ledger.read('proposal', [1n])).toMatchObject({ kind: 1, status: 0, evidenceId: idOf(accepted) })
    expect(ledger.read('validator', [culprit.id])).toMatchObject({ jailed: true, standing: 1 })
  })

  test('leaves its culprit its place in the set, and ends no epoch', () => {
    const { ledger, culprit, proof } = open()
    ledger.call(STRANGER, 'submitEvidence', [proof])
    expect(ledger.ids).toContain(culprit.id)
    expect(ledger.last?.end).toBe(false)
  })

  test('takes its culprit the word: it calls nothing any more, and its votes count no longer', () => {
    const { ledger, a, b, culprit, proof } = open()
    ledger.call(a, 'proposeRemove', [b.id, NO_EVIDENCE, ''])
    ledger.block(...[a, culprit].map((member) => callOf(member, 'vote', [1n, true])))
    ledger.call(STRANGER, 'submitEvidence', [proof])
    for (const [name, args] of [
      ['vote', [1n, false]],
      ['leave', []],
      ['setPeer', ['']],
      ['rotateKey', [STRANGER.key, ledger.proof(STRANGER)]],
      ['proposeRemove', [b.id, NO_EVIDENCE, '']],
    ] as const)
      expect(ledger.refusal(culprit, name, args)).toBe('NotValidator')
    // With the vote of the jailed this one would be the third.
    expect(names(ledger.call(b, 'vote', [1n, true]))).toEqual(['Voted'])
  })

  test('keeps the removal that it finds open for as long as one that it opens: who accused the culprit in time would save it', () => {
    const { ledger, a, b, c, culprit, proof } = open({ candidates: 1 })
    const [candidate] = ledger.candidates as [Member]
    ledger.call(a, 'proposeRemove', [culprit.id, NO_EVIDENCE, ''])
    ledger.call(a, 'vote', [1n, true])
    ledger.pass(BLOCKS_TO_BRING_IT - 2)
    ledger.call(STRANGER, 'submitEvidence', [proof])
    ledger.pass(BLOCKS_TO_BRING_IT - 2)
    expect(ledger.read('proposal', [1n])).toMatchObject({
      status: 0,
      evidenceId: expect.not.stringMatching(NO_EVIDENCE) as string,
    })
    ledger.block(ledger.readyCall(candidate), callOf(b, 'vote', [1n, true]))
    expect(names(ledger.call(c, 'vote', [1n, true]))).toEqual(['Voted', 'Passed', 'ValidatorRemoved', 'ValidatorAdded'])
  })

  test('counts once for a validator and an epoch, whatever else it did then and whoever brings it', () => {
    const { ledger, a, culprit, proof } = open()
    ledger.call(STRANGER, 'submitEvidence', [proof])
    expect(ledger.refusal(a, 'submitEvidence', [proof])).toBe('BadEvidence(alreadyPunished)')
    expect(ledger.refusal(a, 'submitEvidence', [ledger.doubleVote(culprit, { view: 9 })])).toBe(
      'BadEvidence(alreadyPunished)',
    )
    expect(ledger.refusal(STRANGER, 'submitEvidence', [ledger.doubleVote(a)])).toBe('returned')
  })

  test('counts again for another epoch', () => {
    const { ledger, culprit } = open({ genesis: { consensus: { epochBlocksMax: 2, epochMsMin: 0 } } })
    ledger.call(STRANGER, 'submitEvidence', [ledger.doubleVote(culprit)])
    expect(ledger.epoch).toBe(2)
    ledger.block()
    const second = ledger.call(STRANGER, 'submitEvidence', [ledger.doubleVote(culprit, { epoch: 2 })])
    // It is in jail and accused already.
    expect(names(second)).toEqual(['EvidenceAccepted'])
    expect(ledger.read('proposal', [1n])).toMatchObject({ evidenceId: idOf(second) })
  })

  test.each([
    ['malformed', () => '0x'],
    ['malformed', ({ proof }: ReturnType<typeof open>) => `${proof}00` as Hex],
    [
      'badSignature',
      ({ ledger, culprit }: ReturnType<typeof open>) =>
        ledger.doubleVote(culprit, { chain: keccak256Hash(utf8('another network')) }),
    ],
    ['unknownEpoch', ({ ledger, culprit }: ReturnType<typeof open>) => ledger.doubleVote(culprit, { epoch: 2 })],
    ['unknownEpoch', ({ ledger, culprit }: ReturnType<typeof open>) => ledger.doubleVote(culprit, { epoch: 0 })],
  ])('is refused as %s', (reason, make) => {
    const world = open()
    expect(world.ledger.refusal(STRANGER, 'submitEvidence', [make(world)])).toBe(`BadEvidence(${reason})`)
  })

  test('is judged by the validators of its own epoch, and expires with it', () => {
    const { ledger, a, culprit } = open({
      genesis: { consensus: { epochBlocksMax: 2, epochMsMin: 0 }, evidence: { ageEpochsMax: 3 } },
    })
    const old = ledger.doubleVote(culprit, { epoch: 1 })
    ledger.pass(4)
    // The next block is the last of the third epoch: the first is two back.
    expect(ledger.refusal(a, 'submitEvidence', [old])).toBe('returned')
    ledger.pass(1)
    expect(ledger.refusal(a, 'submitEvidence', [old])).toBe('BadEvidence(unknownEpoch)')
  })

  test('makes an open removal one for evidence, and needs the votes of a quorum all the same', () => {
    const { ledger, a, b, c, culprit, proof } = open({ candidates: 1 })
    const [candidate] = ledger.candidates as [Member]
    ledger.block(ledger.readyCall(candidate))
    ledger.call(a, 'proposeRemove', [culprit.id, NO_EVIDENCE, 'slow'])
    ledger.block(...[a, b].map((member) => callOf(member, 'vote', [1n, true])))
    const accepted = ledger.call(STRANGER, 'submitEvidence', [proof])
    expect(names(accepted)).toEqual(['EvidenceAccepted', 'Jailed'])
    expect(ledger.read('proposal', [1n])).toMatchObject({ evidenceId: idOf(accepted), text: 'slow' })
    expect(ledger.ids).toContain(culprit.id)
    expect(names(ledger.call(c, 'vote', [1n, true]))).toEqual(['Voted', 'Passed', 'ValidatorRemoved', 'ValidatorAdded'])
    expect(ledger.ids).not.toContain(culprit.id)
  })

  test('is known by its id to whoever accuses again after the first removal has expired', () => {
    const { ledger, a, b, culprit, proof } = open()
    const id = idOf(ledger.call(STRANGER, 'submitEvidence', [proof]))
    expect(ledger.refusal(a, 'proposeRemove', [culprit.id, id, ''])).toBe('BadProposal(open)')
    ledger.pass(101)
    expect(ledger.refusal(a, 'proposeRemove', [b.id, id, ''])).toBe('BadEvidence(unknown)')
    expect(ledger.call(a, 'proposeRemove', [culprit.id, id, '']).status).toBe(1)
  })

  test('of who has gone is remembered, and keeps its key out for good', () => {
    const { ledger, a, b, c, culprit } = open({ candidates: 1 })
    const proof = ledger.doubleVote(culprit)
    ledger.block(ledger.readyCall(ledger.candidates[0] as Member))
    ledger.decide([a, b, c], 'proposeRemove', [culprit.id, NO_EVIDENCE, ''])
    expect(ledger.ids).not.toContain(culprit.id)
    expect(names(ledger.call(STRANGER, 'submitEvidence', [proof]))).toEqual(['EvidenceAccepted', 'Jailed'])
    const addition = [culprit.key, ledger.proof(culprit), ledger.record(a).peer, 'again'] as const
    expect(ledger.refusal(a, 'proposeAdd', addition)).toBe('BadKey(jailed)')
  })

  test('names the validator, not its key: after a rotation the old key still tells against it', () => {
    const { ledger, culprit, proof } = open()
    ledger.call(culprit, 'rotateKey', [STRANGER.key, ledger.proofFor(culprit.id, STRANGER)])
    ledger.block()
    expect(ledger.record(culprit).signer).toBe(STRANGER.id)
    ledger.call(ledger.members[0] as Member, 'submitEvidence', [proof])
    expect(ledger.record(culprit).jailed).toBe(true)
    expect(ledger.refusal(STRANGER, 'leave', [])).toBe('NotValidator')
  })

  test('is not outrun by its culprit: however often it changes its key, there are blocks enough to bring it', () => {
    const { ledger, culprit, proof } = open()
    let current = culprit
    for (let n = 0; n < BLOCKS_TO_BRING_IT; n++) {
      const next = memberNamed(`key ${n}`)
      ledger.call(current, 'rotateKey', [next.key, ledger.proofFor(culprit.id, next)])
      if (ledger.record(culprit).signer === next.id) current = next
    }
    expect(current).not.toBe(culprit)
    ledger.call(STRANGER, 'submitEvidence', [proof])
    expect(ledger.record(culprit).jailed).toBe(true)
  })

  test('costs what four checks of a signature do, however soon it is refused', () => {
    const { ledger } = open()
    const [refused] = ledger.block(callOf(STRANGER, 'submitEvidence', [toHex(new Uint8Array(0))]))
    expect(refused?.status).toBe(0)
    expect(refused?.gasUsed).toBeGreaterThan(21_000 + 4 * 3_000)
  })
})
