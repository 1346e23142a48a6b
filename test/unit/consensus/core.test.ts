import { describe, expect, it } from 'vitest'
import { Core } from '../../../src/consensus/core.ts'
import type { Effect } from '../../../src/consensus/effects.ts'
import type { Event } from '../../../src/consensus/events.ts'
import type { Block } from '../../../src/types/block.ts'
import type { CommitCertificate, QuorumCertificate, TimeoutCertificate } from '../../../src/types/certificate.ts'
import type { ConsensusParameters } from '../../../src/types/genesis.ts'
import type { Hash, View } from '../../../src/types/ids.ts'
import { freshSafetyRecord, type SafetyRecord } from '../../../src/types/safety-record.ts'
import { bitmapOf, signersOf } from '../../../src/types/signer-bitmap.ts'
import { ownStatement } from '../../../src/validation/own-statement.ts'
import { Committee, namedHash } from './committee.ts'
import { PARAMETERS } from './core-world.ts'

const committee = new Committee(4)

/** One core that is told everything by hand. */
class Solo {
  readonly core: Core
  nowMs = 0

  constructor(
    self: number | null,
    start: { record?: SafetyRecord; blocks?: readonly Block[]; parameters?: Partial<ConsensusParameters> } = {},
  ) {
    const { record = freshSafetyRecord(1, committee.root), blocks = [], parameters } = start
    this.core = new Core(
      {
        validators: committee.set,
        self,
        schedule: committee.all,
        parameters: { ...PARAMETERS, ...parameters },
      },
      {
        record: self === null ? null : ownStatement(record),
        root: ownStatement(committee.root),
        committed: { hash: committee.rootHash, height: 0, view: 0 },
        commitCertificate: null,
        blocks: blocks.map((block) => ownStatement(block)),
      },
    )
    this.feed({ kind: 'start' })
  }

  feed(event: Event): readonly Effect[] {
    return this.core.handle(event, this.nowMs)
  }

  /** Executes whatever is asked for, at once and well. */
  drive(event: Event): readonly Effect[] {
    const effects: Effect[] = [...this.feed(event)]
    for (let at = 0; at < effects.length; at++) {
      const effect = effects[at]
      if (effect?.kind === 'execute')
        effects.push(...this.feed({ kind: 'executed', hash: effect.block.hash, valid: true, reason: '' }))
    }
    return effects
  }

  propose(block: Block): readonly Effect[] {
    return this.drive(proposal(block))
  }
}

const proposal = (block: Block): Event => ({ kind: 'proposal', proposal: ownStatement(committee.proposal(block)) })
const vote = (signer: number, block: Block): Event => {
  const { view } = block.header.consensus
  return { kind: 'vote', vote: ownStatement(committee.vote(signer, view, block.hash, block.justify.view)) }
}
const commitVote = (signer: number, view: View, hash: Hash): Event => ({
  kind: 'commitVote',
  vote: ownStatement(committee.commitVote(signer, view, hash)),
})
const certificates = (
  highQc: QuorumCertificate,
  tc: TimeoutCertificate | null = null,
  commitCertificate: CommitCertificate | null = null,
): Event => ({ kind: 'certificates', bundle: ownStatement({ epoch: 1, highQc, tc, commitCertificate }) })
const final = (certificate: CommitCertificate): Event => ({
  kind: 'finality',
  finality: ownStatement({ certificate, suffix: [] }),
})
const timeout = (
  signer: number,
  view: View,
  highQc: QuorumCertificate,
  tc: TimeoutCertificate | null = null,
): Event => ({
  kind: 'timeout',
  message: ownStatement(committee.timeoutMessage(signer, view, highQc, { tc })),
})
const blocksEvent = (blocks: readonly Block[]): Event => ({
  kind: 'blocks',
  blocks: blocks.map((block) => ownStatement(block)),
})

function ofKind<K extends Effect['kind']>(effects: readonly Effect[], kind: K): Extract<Effect, { kind: K }>[] {
  return effects.filter((effect): effect is Extract<Effect, { kind: K }> => effect.kind === kind)
}
const signed = (effects: readonly Effect[]): string[] =>
  ofKind(effects, 'sign').map(({ request }) => `${request.kind} ${request.view}`)
const committed = (effects: readonly Effect[]): number[] =>
  ofKind(effects, 'commit').flatMap(({ blocks }) => blocks.map(({ header }) => header.height))
const kinds = (effects: readonly Effect[]): string[] => effects.map(({ kind }) => kind)

const chain = committee.chain(12)
const at = (view: View): Block => chain[view - 1] as Block
const qcAt = (view: View): QuorumCertificate => (view === 0 ? committee.root : committee.qcOf(at(view)))
const commitAt = (view: View): CommitCertificate => committee.commitQcOf(at(view))

/** A core that has executed the blocks of views 1 … view and committed those below it. */
function soloAt(self: number, view: View, parameters: Partial<ConsensusParameters> = {}): Solo {
  const solo = new Solo(self, { parameters })
  for (let v = 1; v <= view; v++) {
    solo.propose(at(v))
    if (v > 1) solo.drive(final(commitAt(v - 1)))
  }
  return solo
}

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
    }
  })
})

describe('after a restart', () => {
  const block = at(3)
  const record: SafetyRecord = {
    ...freshSafetyRecord(1, committee.root),
    lastVotedView: 3,
    lastTimeoutView: 3,
    lastProposedView: 3,
    highQc: qcAt(2),
    lastVote: { view: 3, blockHash: block.hash, justifyView: 2 },
    lastCommitVote: { view: 2, blockHash: at(2).hash },
    lastTimeout: { view: 3, highQc: qcAt(2), tc: null },
    lastProposal: { view: 3, blockHash: block.hash },
  }

  it('everything signed last is said again as it was, and nothing else', () => {
    const core = new Core(
      { validators: committee.set, self: 3, schedule: committee.all, parameters: PARAMETERS },
      {
        record: ownStatement(record),
        root: ownStatement(committee.root),
        committed: { hash: committee.rootHash, height: 0, view: 0 },
        commitCertificate: null,
        blocks: [at(1), at(2), block].map((one) => ownStatement(one)),
      },
    )
    const requests = ofKind(core.handle({ kind: 'start' }, 0), 'sign').map(({ request }) => request)
    expect(requests).toMatchObject([
      { kind: 'proposal', view: 3, block: { hash: block.hash } },
      { kind: 'vote', view: 3, blockHash: block.hash, justifyView: 2 },
      { kind: 'commit', view: 2, blockHash: at(2).hash },
      { kind: 'timeout', view: 3, highQc: { view: 2 }, tc: null },
    ])
    expect(core.record).toEqual(record)
  })

  it('nothing is signed before recovery is over', () => {
    const core = new Core(
      { validators: committee.set, self: 0, schedule: committee.all, parameters: PARAMETERS },
      {
        record: ownStatement(freshSafetyRecord(1, committee.root)),
        root: ownStatement(committee.root),
        committed: { hash: committee.rootHash, height: 0, view: 0 },
        commitCertificate: null,
        blocks: [],
      },
    )
    core.handle(proposal(at(1)), 0)
    expect(signed(core.handle({ kind: 'executed', hash: at(1).hash, valid: true, reason: '' }, 0))).toEqual([])
    expect(signed(core.handle({ kind: 'start' }, 0))).toEqual(['vote 1'])
  })
})
