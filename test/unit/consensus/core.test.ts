import { describe, expect, it } from 'vitest'
import type { Effect } from '../../../src/consensus/effects.ts'
import type { Event } from '../../../src/consensus/events.ts'
import type { Block } from '../../../src/types/block.ts'
import type { View } from '../../../src/types/ids.ts'
import { freshSafetyRecord, type SafetyRecord } from '../../../src/types/safety-record.ts'
import { bitmapOf, signersOf } from '../../../src/types/signer-bitmap.ts'
import { ownStatement } from '../../../src/validation/own-statement.ts'
import { namedHash } from './committee.ts'
import {
  at,
  blocksEvent,
  certificates,
  chain,
  commitAt,
  committed,
  committee,
  commitVote,
  final,
  kinds,
  ofKind,
  proposal,
  qcAt,
  Solo,
  signed,
  soloAt,
  timeout,
  vote,
} from './solo.ts'

describe('a vote', () => {
  it('waits for the execution of the block and of all its ancestors', () => {
    const solo = new Solo(0)
    const first = solo.feed(proposal(at(2)))
    expect(signed(first)).toEqual([])
    expect(ofKind(first, 'fetch').map(({ hash }) => hash)).toEqual([at(1).hash])
    const second = solo.feed(blocksEvent([at(1)]))
    expect(ofKind(second, 'execute').map(({ block }) => block.hash)).toEqual([at(1).hash])
    const third = solo.feed({ kind: 'executed', hash: at(1).hash, valid: true, reason: '' })
    expect(signed(third)).toEqual(['commit 1'])
    expect(ofKind(third, 'execute').map(({ block }) => block.hash)).toEqual([at(2).hash])
    expect(signed(solo.feed({ kind: 'executed', hash: at(2).hash, valid: true, reason: '' }))).toEqual(['vote 2'])
  })

  it('comes after the block that it is for was handed to the disk', () => {
    const effects = new Solo(0).propose(at(1))
    expect(kinds(effects).indexOf('storeBlock')).toBeLessThan(kinds(effects).indexOf('sign'))
  })

  it('is not given by an observer, nor anything else', () => {
    const observer = new Solo(null)
    expect(signed(observer.propose(at(1)))).toEqual([])
    expect(signed(observer.feed(certificates(qcAt(2))))).toEqual([])
    expect(signed(observer.feed(timeout(1, 3, qcAt(2))))).toEqual([])
    expect(signed(observer.feed(timeout(2, 3, qcAt(2))))).toEqual([])
  })
})

describe('a commit vote', () => {
  it('follows the QC of an executed block', () => {
    const solo = soloAt(0, 1)
    expect(signed(solo.feed(certificates(qcAt(1))))).toEqual(['commit 1'])
  })

  it('is refused in a view that was timed out of', () => {
    const solo = soloAt(0, 1)
    solo.feed({ kind: 'timer', timer: 'view' })
    expect(solo.core.record?.lastTimeoutView).toBe(1)
    expect(signed(solo.feed(certificates(qcAt(1))))).toEqual([])
  })

  it('waits for a block that comes late', () => {
    const solo = new Solo(0)
    const early = solo.feed(certificates(qcAt(1)))
    expect(solo.core.view).toBe(2)
    expect(ofKind(early, 'fetch')).toMatchObject([{ hash: at(1).hash, view: 1, signers: [...committee.quorum] }])
    expect(signed(early)).toEqual([])
    expect(signed(solo.drive(blocksEvent([at(1)])))).toEqual(['commit 1'])
  })
})

describe('a fetch', () => {
  it('is asked for once, however often the certificate comes', () => {
    const solo = new Solo(0)
    expect(ofKind(solo.feed(certificates(qcAt(3))), 'fetch')).toHaveLength(1)
    for (let n = 0; n < 5; n++) expect(ofKind(solo.feed(certificates(qcAt(3))), 'fetch')).toEqual([])
  })

  it('is asked of those who have certified what is missing, not of those who certified what names it', () => {
    const solo = new Solo(0)
    solo.feed(blocksEvent([at(3)]))
    const effects = solo.feed(certificates(committee.qcOf(at(3), [1, 2, 3])))
    expect(ofKind(effects, 'fetch')).toMatchObject([{ hash: at(2).hash, view: 2, signers: [0, 1, 2] }])
  })

  it('of a QC for a block that nobody has stops nothing', () => {
    const solo = soloAt(0, 1)
    const ghost = committee.qc(5, namedHash('ghost'))
    expect(ofKind(solo.feed(certificates(ghost)), 'fetch')).toHaveLength(1)
    expect(solo.core.view).toBe(6)
    solo.nowMs += 1_000
    expect(signed(solo.feed({ kind: 'timer', timer: 'view' }))).toEqual(['timeout 6'])
    expect(ofKind(solo.feed({ kind: 'timer', timer: 'view' }), 'fetch')).toEqual([])
  })

  it('is not asked for a proposal at or below the final height, which can only be a lie', () => {
    const solo = soloAt(0, 3)
    const lie = committee.block({ view: 4, parent: at(3), justify: qcAt(3), header: { height: 1 } })
    const effects = solo.propose(lie)
    expect(ofKind(effects, 'fetch')).toEqual([])
    expect(ofKind(solo.feed(blocksEvent([lie])), 'fetch')).toEqual([])
  })
})

describe('a CommitQC', () => {
  it('commits its block and all ancestors, oldest first and exactly once', () => {
    const solo = new Solo(0)
    for (const view of [1, 2, 3]) solo.propose(at(view))
    expect(committed(solo.drive(final(commitAt(3))))).toEqual([1, 2, 3])
    for (const view of [3, 2, 1]) expect(solo.drive(final(commitAt(view)))).toEqual([])
    expect(solo.core.tip).toMatchObject({ height: 3, view: 3 })
  })

  it('waits for blocks and their execution', () => {
    const solo = new Solo(0)
    expect(committed(solo.drive(final(commitAt(3))))).toEqual([])
    expect(committed(solo.drive(blocksEvent([at(2), at(3)])))).toEqual([])
    expect(committed(solo.drive(blocksEvent([at(1)])))).toEqual([1, 2, 3])
  })

  it('that can be applied is applied, though a higher one waits for its blocks', () => {
    const solo = new Solo(0)
    solo.drive(certificates(qcAt(12), null, commitAt(12)))
    solo.drive(blocksEvent(chain.slice(0, 4)))
    expect(committed(solo.drive(final(commitAt(4))))).toEqual([1, 2, 3, 4])
    expect(committed(solo.drive(blocksEvent(chain.slice(4))))).toEqual([5, 6, 7, 8, 9, 10, 11, 12])
  })

  it('stays to be applied when a higher one comes whose blocks are missing', () => {
    const solo = new Solo(0)
    solo.feed(blocksEvent(chain.slice(0, 4)))
    solo.feed(final(commitAt(4)))
    const effects = [...solo.drive(certificates(qcAt(12), null, commitAt(12)))]
    for (const view of [1, 2, 3, 4])
      effects.push(...solo.drive({ kind: 'executed', hash: at(view).hash, valid: true, reason: '' }))
    expect(committed(effects)).toEqual([1, 2, 3, 4])
  })

  it('of the past that is in our chain changes nothing, and one that is not halts', () => {
    for (const view of [1, 2]) {
      const solo = soloAt(0, 3)
      expect(solo.feed(final(commitAt(view)))).toEqual([])
      const lie = committee.commitQc(view, namedHash('fork'))
      expect(solo.core.wantsCertificates({ epoch: 1, highQc: committee.root, tc: null, commitCertificate: lie })).toBe(
        true,
      )
      const [halt, ...others] = solo.feed(certificates(committee.root, null, lie))
      expect(halt).toMatchObject({ kind: 'halt', certificates: [lie, commitAt(2)] })
      expect(others).toEqual([])
    }
  })

  it('for a block beside our chain halts, and after that nothing happens', () => {
    const solo = soloAt(0, 3)
    const fork = committee.block({ view: 9, parent: at(1), justify: qcAt(1), tc: committee.tc(8, qcAt(1)) })
    const [fetch] = ofKind(solo.feed(final(committee.commitQcOf(fork))), 'fetch')
    expect(fetch).toMatchObject({ hash: fork.hash })
    expect(kinds(solo.feed(blocksEvent([fork])))).toEqual(['halt'])
    expect(solo.feed(proposal(at(4)))).toEqual([])
    expect(solo.feed({ kind: 'timer', timer: 'view' })).toEqual([])
  })

  it('for what builds on a block beside our chain halts, though that one is never seen', () => {
    const solo = soloAt(0, 3)
    const fork = committee.block({ view: 9, parent: at(1), justify: qcAt(1), tc: committee.tc(8, qcAt(1)) })
    const child = committee.block({ view: 10, parent: fork, justify: committee.qcOf(fork) })
    solo.feed(blocksEvent([child]))
    expect(kinds(solo.feed(final(committee.commitQcOf(child))))).toEqual(['halt'])
  })

  it('for the final block in another view halts', () => {
    expect(kinds(soloAt(0, 3).feed(final(committee.commitQc(9, at(2).hash))))).toContain('halt')
  })

  it('passes over a certified block beside it, whenever that comes', () => {
    const solo = new Solo(0)
    const beside = committee.block({ view: 2, parent: at(1), justify: qcAt(1) })
    const chosen = committee.block({ view: 4, parent: at(1), justify: qcAt(1), tc: committee.tc(3, qcAt(1)) })
    solo.propose(at(1))
    solo.feed(certificates(committee.qcOf(beside)))
    solo.drive(blocksEvent([chosen]))
    expect(committed(solo.drive(final(committee.commitQcOf(chosen))))).toEqual([1, 2])
    expect(solo.feed(blocksEvent([beside]))).toEqual([])
  })

  it('without its QC asks those who signed it', () => {
    const effects = new Solo(0).feed(final(commitAt(3)))
    expect(ofKind(effects, 'requestCertificates')).toEqual([{ kind: 'requestCertificates', from: [0, 1, 2] }])
  })
})

describe('two QCs of one view', () => {
  it('halt: more are faulty than the model allows', () => {
    const solo = soloAt(0, 1)
    solo.feed(certificates(qcAt(1)))
    const [halt] = ofKind(solo.feed(certificates(committee.qc(1, namedHash('fork'), 0))), 'halt')
    expect(halt?.certificates).toHaveLength(2)
  })

  it('halt also below the highest', () => {
    const solo = new Solo(0)
    for (const view of [1, 2, 3]) solo.propose(at(view))
    expect(solo.core.highQc.view).toBe(2)
    expect(kinds(solo.feed(certificates(committee.qc(1, namedHash('fork'), 0))))).toContain('halt')
  })

  it('halt also when the first is known only by our commit vote for it', () => {
    const record: SafetyRecord = {
      ...freshSafetyRecord(1, committee.root),
      highQc: qcAt(2),
      lastCommitVote: { view: 1, blockHash: at(1).hash },
    }
    const solo = new Solo(0, { record, blocks: [at(1), at(2)] })
    const fork = committee.block({ view: 1, justify: committee.root, header: { stateRoot: namedHash('fork') } })
    solo.drive(blocksEvent([fork]))
    expect(kinds(solo.drive(certificates(committee.qcOf(fork))))).toContain('halt')
  })
})

describe('a block that our execution refuses', () => {
  const refuse = (solo: Solo, block: Block) =>
    solo.feed({ kind: 'executed', hash: block.hash, valid: false, reason: 'state root' })

  it('gets no vote, and its view is given up at once', () => {
    const solo = new Solo(0)
    solo.feed(proposal(at(1)))
    const effects = refuse(solo, at(1))
    expect(signed(effects)).toEqual(['timeout 1'])
    expect(ofKind(effects, 'viewTimedOut')).toMatchObject([{ reason: 'invalid proposal' }])
  })

  it('after its view costs no other', () => {
    const solo = new Solo(0)
    solo.feed(proposal(at(1)))
    solo.feed(certificates(committee.root, committee.tc(1, committee.root)))
    expect(signed(refuse(solo, at(1)))).toEqual([])
  })

  it('halts when a quorum certified it, before or after', () => {
    const before = new Solo(0)
    before.feed(proposal(at(1)))
    before.feed(certificates(qcAt(1)))
    expect(kinds(refuse(before, at(1)))).toContain('halt')
    const after = new Solo(0)
    after.feed(proposal(at(1)))
    refuse(after, at(1))
    expect(kinds(after.feed(certificates(qcAt(1))))).toContain('halt')
  })

  it('halts when it is final', () => {
    const solo = new Solo(0)
    solo.feed(blocksEvent([at(1)]))
    solo.feed(final(commitAt(1)))
    expect(kinds(refuse(solo, at(1)))).toContain('halt')
  })
})

describe('a proposal of a view long past', () => {
  const LONG_PAST = 12
  const fork = (view: View) =>
    committee.block({ view, justify: committee.root, header: { stateRoot: namedHash(`fork of ${view}`) } })
  const stored = (effects: readonly Effect[]) => ofKind(effects, 'storeBlock').map(({ block }) => block.hash)

  it('is not stored and pushes out nothing, however many there are', () => {
    const solo = new Solo(0)
    const head = committee.block({ view: 101, justify: committee.qc(100, namedHash('head')) })
    solo.feed(proposal(head))
    const { blocks, proposals } = solo.core.held
    for (let view = 1; view < 101 - LONG_PAST; view++) expect(stored(solo.feed(proposal(fork(view))))).toEqual([])
    expect(solo.core.held).toMatchObject({ blocks, proposals })
    solo.nowMs += 1_000
    solo.feed({ kind: 'timer', timer: 'view' })
    const [last] = ofKind(solo.feed({ kind: 'timer', timer: 'view' }), 'sign')
    expect(last?.request).toMatchObject({ kind: 'timeout', proposal: { block: { hash: head.hash } } })
  })

  it('is stored when a QC is for its block, which came before it', () => {
    const solo = new Solo(0)
    solo.feed(certificates(qcAt(1)))
    solo.feed(certificates(committee.qc(1 + LONG_PAST, namedHash('head'))))
    expect(stored(solo.feed(proposal(fork(1))))).toEqual([])
    expect(stored(solo.feed(proposal(at(1))))).toEqual([at(1).hash])
    expect(stored(solo.feed(proposal(at(1))))).toEqual([])
  })

  it('is stored when its block is being fetched, as the ancestor of one that is certified', () => {
    const solo = new Solo(0)
    const child = committee.block({ view: 2 + LONG_PAST, parent: at(2), justify: qcAt(2) })
    solo.feed(certificates(committee.qcOf(child)))
    expect(ofKind(solo.feed(blocksEvent([child])), 'fetch').map(({ hash }) => hash)).toEqual([at(2).hash])
    expect(stored(solo.feed(proposal(fork(2))))).toEqual([])
    expect(stored(solo.feed(proposal(at(2))))).toEqual([at(2).hash])
  })

  it('is stored when a CommitQC alone is for its block', () => {
    const solo = new Solo(0)
    solo.feed(certificates(committee.qc(1 + LONG_PAST, namedHash('head'))))
    solo.feed(final(commitAt(1)))
    expect(stored(solo.feed(proposal(at(1))))).toEqual([at(1).hash])
  })

  it('is stored as ever where it is but a few views late, certified or not', () => {
    const solo = new Solo(0)
    solo.feed(certificates(committee.qc(8, namedHash('head'))))
    expect(stored(solo.feed(proposal(at(1))))).toEqual([at(1).hash])
    const late = new Solo(0)
    late.feed(certificates(committee.qc(9, namedHash('head'))))
    expect(stored(late.feed(proposal(at(1))))).toEqual([])
  })
})

describe('a liar', () => {
  it('that proposes twice has its view given up, once', () => {
    const solo = new Solo(0)
    solo.propose(at(1))
    const second = committee.block({ view: 1, justify: committee.root, header: { stateRoot: namedHash('other') } })
    const effects = solo.propose(second)
    expect(signed(effects)).toEqual(['timeout 1'])
    expect(signed(solo.propose(second))).toEqual([])
  })

  it('that proposes twice costs no view but its own', () => {
    const second = committee.block({ view: 1, justify: committee.root, header: { stateRoot: namedHash('other') } })
    const next = certificates(committee.root, committee.tc(1, committee.root))
    const after = new Solo(0)
    after.propose(at(1))
    after.feed(next)
    expect(signed(after.propose(second))).toEqual([])
    const timedOut = new Solo(0)
    timedOut.propose(at(1))
    expect(signed(timedOut.feed({ kind: 'timer', timer: 'view' }))).toEqual(['timeout 1'])
    timedOut.propose(second)
    expect(signed(timedOut.feed(next))).toEqual([])
  })

  it('that misquotes what its block is justified by spoils no QC', () => {
    const solo = soloAt(0, 3)
    solo.feed({ kind: 'vote', vote: ownStatement(committee.vote(1, 3, at(3).hash, 1)) })
    solo.feed(vote(2, at(3)))
    solo.feed(vote(3, at(3)))
    expect(solo.core.highQc.view).toBe(2)
    solo.feed(vote(0, at(3)))
    expect(solo.core.highQc).toMatchObject({ view: 3, justifyView: 2, bitmap: bitmapOf([0, 2, 3], 4) })
  })

  it('that proposes to one what it does not propose to the rest is shown to the rest, once', () => {
    const solo = new Solo(0)
    solo.propose(at(1))
    const other = committee.block({ view: 1, justify: committee.root, header: { stateRoot: namedHash('other') } })
    const shown = ofKind(solo.feed(certificates(committee.qcOf(other))), 'sendProposal')
    expect(shown.map(({ proposal }) => proposal.block.hash)).toEqual([at(1).hash])
    expect(ofKind(solo.feed(certificates(committee.qcOf(other))), 'sendProposal')).toEqual([])
    const honest = new Solo(0)
    honest.propose(at(1))
    expect(ofKind(honest.feed(certificates(qcAt(1))), 'sendProposal')).toEqual([])
  })

  it('that votes twice is heard twice: the second proves the lie', () => {
    const solo = soloAt(0, 3)
    const [first, second] = [committee.vote(1, 3, at(3).hash), committee.vote(1, 3, namedHash('other'))]
    solo.feed({ kind: 'vote', vote: ownStatement(first) })
    expect([first, second].map((said) => solo.core.wantsVote(said))).toEqual([false, true])
    const [one, two] = [committee.commitVote(1, 3, at(3).hash), committee.commitVote(1, 3, namedHash('other'))]
    solo.feed({ kind: 'commitVote', vote: ownStatement(one) })
    expect([one, two].map((said) => solo.core.wantsCommitVote(said))).toEqual([false, true])
    const lie = { epoch: 1, highQc: committee.qc(2, namedHash('fork')), tc: null, commitCertificate: null }
    expect(solo.core.wantsCertificates(lie)).toBe(true)
    expect(solo.core.wantsCertificates({ ...lie, highQc: qcAt(2) })).toBe(false)
    expect(solo.core.wantsCertificates({ ...lie, highQc: qcAt(2), tc: committee.tc(3, qcAt(2)) })).toBe(true)
    expect(solo.core.wantsCertificates({ ...lie, highQc: qcAt(2), tc: committee.tc(2, qcAt(1)) })).toBe(false)
  })

  it('that votes twice is counted once', () => {
    const solo = new Solo(0)
    const other = committee.block({ view: 1, justify: committee.root, header: { stateRoot: namedHash('other') } })
    solo.feed(vote(1, at(1)))
    solo.feed(vote(1, other))
    solo.feed(vote(2, other))
    expect(solo.core.highQc.view).toBe(0)
    solo.feed(vote(3, other))
    expect(solo.core.highQc.view).toBe(0)
    solo.feed(vote(2, at(1)))
    solo.feed(vote(3, at(1)))
    expect(solo.core.highQc.view).toBe(0)
    solo.feed(vote(0, at(1)))
    expect(solo.core.highQc.view).toBe(0)
  })

  it('that votes to commit twice is counted once', () => {
    const solo = soloAt(0, 1)
    solo.feed(commitVote(1, 1, at(1).hash))
    solo.feed(commitVote(1, 1, namedHash('other')))
    expect(committed(solo.drive(commitVote(2, 1, at(1).hash)))).toEqual([])
    expect(committed(solo.drive(commitVote(3, 1, at(1).hash)))).toEqual([1])
  })
})

describe('a replay', () => {
  it('of votes, commit votes and timeouts makes no quorum', () => {
    const solo = soloAt(0, 1)
    for (let n = 0; n < 1_000; n++) {
      solo.feed(vote(1, at(1)))
      solo.feed(vote(2, at(1)))
      solo.feed(commitVote(1, 1, at(1).hash))
      solo.feed(commitVote(2, 1, at(1).hash))
      solo.feed(timeout(2, 1, committee.root))
    }
    expect([solo.core.view, solo.core.tip.height, solo.core.record?.lastTimeoutView]).toEqual([1, 0, 0])
    solo.feed(vote(3, at(1)))
    expect(signersOf(solo.core.highQc.bitmap)).toEqual([1, 2, 3])
  })

  it('of anything brings forth nothing new', () => {
    const solo = soloAt(0, 3)
    const said: Event[] = [
      proposal(at(1)),
      proposal(at(3)),
      vote(1, at(2)),
      certificates(qcAt(2), committee.tc(2, qcAt(1)), commitAt(2)),
      final(commitAt(1)),
      blocksEvent([at(1), at(2), at(3)]),
    ]
    for (const event of said) solo.drive(event)
    for (const event of said) expect(solo.drive(event)).toEqual([])
  })

  it('of the timeout of a leader does not make us repeat ours', () => {
    const solo = soloAt(0, 1)
    const leaving = timeout(1, 1, committee.root)
    expect(signed(solo.feed(leaving))).toEqual(['timeout 1'])
    for (let n = 0; n < 3; n++) expect(solo.feed(leaving)).toEqual([])
  })

  it('of an old vote of ours does not drive out the one that our timeout carries', () => {
    const solo = soloAt(0, 5)
    solo.feed(vote(0, at(5)))
    solo.feed(vote(0, at(4)))
    solo.feed(vote(0, at(1)))
    const [sign] = ofKind(solo.feed({ kind: 'timer', timer: 'view' }), 'sign')
    expect(sign?.request).toMatchObject({ kind: 'timeout', view: 5, vote: { view: 5 } })
  })
})

describe('a late commit vote', () => {
  it('for what is final is answered with certificates when it is said again', () => {
    const solo = soloAt(0, 3)
    const late = commitVote(3, 2, at(2).hash)
    expect(ofKind(solo.feed(late), 'sendCertificates')).toEqual([])
    expect(ofKind(solo.feed(late), 'sendCertificates')).toEqual([{ kind: 'sendCertificates', to: 3 }])
    const longAgo = soloAt(0, 8).feed(commitVote(3, 2, at(2).hash))
    expect(ofKind(longAgo, 'sendCertificates')).toEqual([{ kind: 'sendCertificates', to: 3 }])
  })
})

describe('timeouts', () => {
  it('of the leader itself, or of one more than may be faulty, are joined at once', () => {
    const leader = new Solo(0).feed(timeout(1, 1, committee.root))
    expect(ofKind(leader, 'viewTimedOut')).toMatchObject([{ reason: 'joined others' }])
    const solo = new Solo(0)
    expect(signed(solo.feed(timeout(2, 1, committee.root)))).toEqual([])
    expect(signed(solo.feed(timeout(3, 1, committee.root)))).toEqual(['timeout 1'])
  })

  it('of a leader that was lost are not undone by its old proposals', () => {
    const solo = soloAt(0, 3)
    solo.feed(certificates(qcAt(2), committee.tc(5, qcAt(2))))
    solo.feed(certificates(qcAt(2), committee.tc(9, qcAt(2))))
    expect(solo.core.isSuspected(1)).toBe(true)
    solo.feed(proposal(at(1)))
    expect(solo.core.isSuspected(1)).toBe(true)
    const tc = committee.tc(12, qcAt(2))
    solo.feed(proposal(committee.block({ view: 13, parent: at(2), justify: qcAt(2), tc })))
    expect(solo.core.isSuspected(1)).toBe(false)
  })

  it('of a quorum end the view, with the highest QC among them', () => {
    const solo = soloAt(0, 3)
    const low = committee.tc(3, qcAt(1))
    solo.feed(certificates(qcAt(1), low))
    expect(solo.core.view).toBe(4)
    const tc = committee.tc(3, qcAt(1), [1, 2, 3])
    solo.feed(timeout(1, 4, qcAt(1), tc))
    solo.feed(timeout(2, 4, qcAt(2), tc))
    const effects = solo.feed(timeout(3, 4, qcAt(1), tc))
    expect(solo.core.view).toBe(5)
    expect(solo.core.highTc).toMatchObject({
      view: 4,
      highQc: { view: 2 },
      entries: [{ signer: 1 }, { signer: 2 }, { signer: 3 }],
    })
    expect(ofKind(effects, 'sendCertificates')).toEqual([{ kind: 'sendCertificates', to: 'all' }])
  })

  it('bring us along by the certificates that they carry', () => {
    const solo = new Solo(0)
    solo.feed(timeout(2, 8, qcAt(6), committee.tc(7, qcAt(6))))
    expect(solo.core.view).toBe(8)
  })

  it('bring along the QC of their TC, and the proposal and vote that they carry', () => {
    const proven = new Solo(0)
    proven.feed(certificates(committee.root, committee.tc(5, qcAt(3))))
    expect([proven.core.view, proven.core.highQc.view]).toEqual([6, 3])
    const solo = new Solo(0)
    const parts = { vote: committee.vote(2, 1, at(1).hash), proposal: committee.proposal(at(1)) }
    const message = ownStatement(committee.timeoutMessage(2, 1, committee.root, parts))
    expect(signed(solo.drive({ kind: 'timeout', message }))).toEqual(['vote 1'])
    expect(solo.core.held['votes']).toBe(1)
  })

  it('carry no vote of another view', () => {
    const solo = soloAt(0, 3)
    solo.feed({ kind: 'payload', available: true })
    solo.feed(vote(0, at(3)))
    solo.feed(certificates(qcAt(2), committee.tc(3, qcAt(2))))
    const [sign] = ofKind(solo.feed({ kind: 'timer', timer: 'view' }), 'sign')
    expect(sign?.request).toMatchObject({ kind: 'timeout', view: 4, vote: null })
  })

  it('of a view that is over are answered with certificates', () => {
    const solo = soloAt(0, 3)
    expect(ofKind(solo.feed(timeout(2, 1, committee.root)), 'sendCertificates')).toEqual([
      { kind: 'sendCertificates', to: 2 },
    ])
  })

  it('said again are the same, though a higher QC came in between', () => {
    const solo = soloAt(1, 3)
    solo.feed({ kind: 'payload', available: true })
    solo.feed(certificates(qcAt(1), committee.tc(3, qcAt(1))))
    const [first] = ofKind(solo.feed({ kind: 'timer', timer: 'view' }), 'sign')
    solo.feed(certificates(qcAt(3)))
    const again = solo.feed({ kind: 'timer', timer: 'view' })
    expect(solo.core.view).toBe(4)
    expect(ofKind(again, 'sign')[0]?.request).toMatchObject({ view: 4, highQc: { view: first?.record.highQc.view } })
    expect(ofKind(again, 'sendCertificates')).toHaveLength(1)
  })
})

describe('others that are ahead', () => {
  it('are asked for certificates once one of them must be correct', () => {
    const solo = new Solo(0)
    expect(kinds(solo.feed(vote(1, at(7))))).not.toContain('requestCertificates')
    const effects = solo.feed(vote(2, at(7)))
    expect(ofKind(effects, 'requestCertificates')).toEqual([{ kind: 'requestCertificates', from: [1, 2] }])
    expect(kinds(solo.feed(vote(3, at(8))))).not.toContain('requestCertificates')
    expect(solo.core.view).toBe(1)
  })

  it('are known by their commit votes as well', () => {
    const solo = new Solo(0)
    expect(kinds(solo.feed(commitVote(1, 7, at(7).hash)))).not.toContain('requestCertificates')
    const effects = solo.feed(commitVote(2, 7, at(7).hash))
    expect(ofKind(effects, 'requestCertificates')).toEqual([{ kind: 'requestCertificates', from: [1, 2] }])
  })

  it('are caught up with by a proposal and the TC that it carries', () => {
    const solo = new Solo(0)
    solo.propose(committee.block({ view: 9, parent: at(1), justify: qcAt(1), tc: committee.tc(8, qcAt(1)) }))
    expect([solo.core.view, solo.core.highTc?.view]).toEqual([9, 8])
  })

  it('cannot be invented by one liar, however many views it names', () => {
    const solo = new Solo(0)
    for (let view = 2; view <= 9; view++)
      expect(kinds(solo.feed(vote(1, at(view))))).not.toContain('requestCertificates')
  })
})

describe('a leader', () => {
  const build = (solo: Solo, view: View, block: Block | null): readonly Effect[] =>
    solo.feed({ kind: 'built', view, block: block === null ? null : ownStatement(block) })

  it('proposes on the QC of all votes that it holds', () => {
    const solo = soloAt(2, 1)
    for (const signer of [0, 1, 2]) solo.feed(vote(signer, at(1)))
    expect(signersOf(solo.core.highQc.bitmap)).toEqual([0, 1, 2])
    solo.feed(vote(3, at(1)))
    const [request] = ofKind(solo.feed({ kind: 'payload', available: true }), 'build')
    expect(request?.request.justify.bitmap).toEqual(bitmapOf([0, 1, 2, 3], 4))
  })

  it('proposes once a view, in its own view, what it was asked to build', () => {
    const solo = new Solo(1)
    expect(signed(build(solo, 1, at(1)))).toEqual(['proposal 1'])
    expect(signed(build(solo, 1, at(1)))).toEqual([])
    const late = new Solo(1)
    late.feed(certificates(qcAt(1)))
    expect(signed(build(late, 1, at(1)))).toEqual([])
    expect(signed(build(new Solo(0), 1, at(1)))).toEqual([])
  })

  it('does not propose after it has timed out', () => {
    const solo = new Solo(1)
    solo.feed({ kind: 'timer', timer: 'view' })
    expect(signed(build(solo, 1, at(1)))).toEqual([])
  })

  it('waits with its proposal until the block of the highest QC is executed', () => {
    const solo = new Solo(2)
    expect(ofKind(solo.feed(certificates(qcAt(1))), 'build')).toEqual([])
    solo.feed({ kind: 'payload', available: true })
    const effects = solo.drive(blocksEvent([at(1)]))
    expect(ofKind(effects, 'build')).toMatchObject([{ request: { parentHash: at(1).hash, view: 2, tc: null } }])
  })

  it('carries the TC of the view before when its QC is older', () => {
    const solo = soloAt(0, 3)
    solo.feed({ kind: 'payload', available: true })
    const tc = committee.tc(3, qcAt(2))
    const [request] = ofKind(solo.feed(certificates(qcAt(2), tc)), 'build')
    expect(request?.request).toMatchObject({ view: 4, justify: { view: 2 }, tc: { view: 3 } })
  })

  it('carries no TC beside the QC of the view before, though it holds one', () => {
    const solo = soloAt(1, 3)
    solo.feed(certificates(qcAt(2), committee.tc(3, qcAt(2))))
    solo.propose(at(4))
    expect(solo.core.highTc?.view).toBe(3)
    solo.feed({ kind: 'payload', available: true })
    const [request] = ofKind(solo.feed(certificates(qcAt(4))), 'build')
    expect(request?.request).toMatchObject({ view: 5, justify: { view: 4 }, tc: null })
  })
})

describe('a replica', () => {
  it('keeps the votes of the last few views alone, and no fetch of what has come', () => {
    const solo = new Solo(0)
    solo.feed(proposal(at(3)))
    expect(solo.core.held['fetching']).toBe(1)
    solo.drive(blocksEvent([at(1), at(2)]))
    for (let view = 3; view <= 12; view++) {
      solo.propose(at(view))
      for (const signer of committee.all) {
        solo.drive(vote(signer, at(view)))
        solo.drive(commitVote(signer, view, at(view).hash))
      }
    }
    expect(solo.core.tip.height).toBe(12)
    expect(solo.core.held).toMatchObject({ votes: 8, commitVotes: 8, fetching: 0, certified: 0 })
  })
})

describe('an idle replica', () => {
  it('has no timer but that of the heartbeat, when there is one', () => {
    for (const heartbeatMs of [0, 30_000]) {
      const solo = new Solo(0, { parameters: { heartbeatMs } })
      const armed = new Map<string, number>()
      const note = (effects: readonly Effect[]): void => {
        for (const effect of effects) {
          if (effect.kind === 'setTimer') armed.set(effect.timer, effect.atMs)
          if (effect.kind === 'clearTimer') armed.delete(effect.timer)
        }
      }
      note(solo.propose(at(1)))
      note(solo.drive(certificates(qcAt(1), null, commitAt(1))))
      expect([...armed.keys()]).toEqual(heartbeatMs === 0 ? [] : ['heartbeat'])
      expect(solo.core.hasWork).toBe(false)
      if (heartbeatMs === 0) continue
      note(solo.feed({ kind: 'timer', timer: 'heartbeat' }))
      expect(solo.core.hasWork).toBe(true)
      note(solo.propose(at(2)))
      note(solo.drive(certificates(qcAt(2), null, commitAt(2))))
      expect([[...armed.keys()], solo.core.hasWork]).toEqual([['heartbeat'], false])
    }
  })
})
