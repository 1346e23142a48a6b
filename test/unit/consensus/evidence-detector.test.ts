import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Event } from '../../../src/consensus/events.ts'
import { EvidenceDetector } from '../../../src/consensus/evidence-detector.ts'
import { SafetyRules } from '../../../src/consensus/safety-rules.ts'
import { StatementWindow } from '../../../src/consensus/statement-window.ts'
import type { Block } from '../../../src/types/block.ts'
import type { QuorumCertificate } from '../../../src/types/certificate.ts'
import type { Evidence } from '../../../src/types/evidence.ts'
import type { View } from '../../../src/types/ids.ts'
import { decodeSafetyRecord, encodeSafetyRecord, freshSafetyRecord } from '../../../src/types/safety-record.ts'
import { ownStatement } from '../../../src/validation/own-statement.ts'
import { Committee, namedHash } from './committee.ts'

const committee = new Committee(4)
const { root } = committee
const [A, B] = [namedHash('A'), namedHash('B')]

const vote = (signer: number, view: View, hash = A, justifyView = view - 1): Event => ({
  kind: 'vote',
  vote: ownStatement(committee.vote(signer, view, hash, justifyView)),
})
const commitVote = (signer: number, view: View, hash = A): Event => ({
  kind: 'commitVote',
  vote: ownStatement(committee.commitVote(signer, view, hash)),
})
const timeout = (signer: number, view: View, highQc: QuorumCertificate): Event => ({
  kind: 'timeout',
  message: ownStatement(committee.timeoutMessage(signer, view, highQc)),
})
const bundle = (parts: { highQc?: QuorumCertificate; tc?: ReturnType<Committee['tc']> | null }): Event => ({
  kind: 'certificates',
  bundle: ownStatement({ epoch: 1, highQc: root, tc: null, commitCertificate: null, ...parts }),
})
const blockAt = (view: View, name: string, justify = view === 1 ? root : committee.qc(view - 1, A)): Block =>
  committee.block({ view, justify, header: { stateRoot: namedHash(name) } })
const proposal = (block: Block): Event => ({ kind: 'proposal', proposal: ownStatement(committee.proposal(block)) })

function found(events: readonly Event[], view = 5): readonly Evidence[] {
  const detector = new EvidenceDetector((of) => committee.leaderOf(of))
  return events.flatMap((event) => detector.observe(event, view))
}
const kinds = (events: readonly Event[], view = 5): string[] => found(events, view).map(({ kind }) => kind)

describe('evidence is found', () => {
  it('in two proposals', () =>
    expect(kinds([proposal(blockAt(5, 'a')), proposal(blockAt(5, 'b'))])).toEqual(['doubleProposal']))
  it('in two votes', () => expect(kinds([vote(2, 5), vote(2, 5, B)])).toEqual(['doubleVote']))
  it('in two votes for one block with two locks', () => {
    expect(kinds([vote(2, 5, A, 4), vote(2, 5, A, 3)])).toEqual(['doubleVote'])
  })
  it('in two commit votes', () => expect(kinds([commitVote(2, 5), commitVote(2, 5, B)])).toEqual(['doubleCommitVote']))
  it('in two timeouts', () => {
    expect(kinds([timeout(2, 5, committee.qc(3, A)), timeout(2, 5, committee.qc(4, A))])).toEqual(['doubleTimeout'])
  })
  it('in a timeout that hides a lock, in whatever order they come', () => {
    const events = [vote(2, 5, A, 4), timeout(2, 6, committee.qc(3, B))]
    expect(kinds(events)).toEqual(['hiddenLock'])
    expect(kinds(events.toReversed())).toEqual(['hiddenLock'])
  })
  it('in a timeout that abandons a commit, in whatever order they come', () => {
    const events = [commitVote(2, 5), timeout(2, 6, committee.qc(4, A))]
    expect(kinds(events)).toEqual(['abandonedCommit'])
    expect(kinds(events.toReversed())).toEqual(['abandonedCommit'])
  })
  it('in a timeout of the view of the vote or commit vote itself', () => {
    expect(kinds([vote(2, 5, A, 4), timeout(2, 5, committee.qc(3, A))])).toEqual(['hiddenLock'])
    expect(kinds([commitVote(2, 5), timeout(2, 5, committee.qc(4, A))])).toEqual(['abandonedCommit'])
  })
  it('in a timeout that hides the lock of a vote before it, whatever was voted for after it', () => {
    const later = [vote(2, 5, A, 4), vote(2, 9, A, 8), commitVote(2, 5), commitVote(2, 9)]
    expect(kinds([...later, timeout(2, 6, committee.qc(3, A))])).toEqual(['hiddenLock', 'abandonedCommit'])
  })
  it('in a vote that misquotes its block', () => {
    const block = blockAt(5, 'a')
    expect(kinds([proposal(block), vote(2, 5, block.hash, 2)])).toEqual(['voteForBadHeader'])
    expect(kinds([proposal(block), vote(2, 6, block.hash, 4)])).toEqual(['voteForBadHeader'])
    expect(kinds([vote(2, 5, block.hash, 2), proposal(block)])).toEqual(['voteForBadHeader'])
  })
  it('in a vote for a header that is bad, before and after it is known to be', () => {
    const { hash, header } = blockAt(5, 'bad')
    const detector = new EvidenceDetector((of) => committee.leaderOf(of))
    expect(detector.observe(vote(2, 5, hash, 4), 5)).toEqual([])
    expect(detector.observeBadHeader(hash, header).map(({ kind }) => kind)).toEqual(['voteForBadHeader'])
    expect(detector.observe(vote(3, 5, hash, 4), 5).map(({ kind }) => kind)).toEqual(['voteForBadHeader'])
  })
})

describe('statements are found', () => {
  const double = [0, 1, 2].map(() => 'doubleVote')
  it('in a QC, wherever it comes', () => {
    const [one, other] = [committee.qc(4, A), committee.qc(4, B)]
    expect(kinds([bundle({ highQc: one }), bundle({ highQc: other })])).toEqual(double)
    expect(kinds([proposal(blockAt(5, 'a', one)), proposal(blockAt(5, 'b', other))])).toEqual([
      ...double,
      'doubleProposal',
    ])
    expect(kinds([timeout(3, 5, one), timeout(1, 5, other)])).toEqual(double)
    const tc = (qc: QuorumCertificate) => committee.tc(5, qc)
    expect(kinds([bundle({ highQc: one }), bundle({ tc: tc(other) })], 6)).toEqual(double)
  })
  it('in a CommitQC, wherever it comes', () => {
    const certificate = (hash: typeof A): Event => ({
      kind: 'finality',
      finality: ownStatement({ certificate: committee.commitQc(4, hash), suffix: [] }),
    })
    expect(kinds([certificate(A), commitVote(1, 4, B)])).toEqual(['doubleCommitVote'])
    const commitCertificate = committee.commitQc(4, B)
    const bundled = { epoch: 1, highQc: root, tc: null, commitCertificate }
    const event: Event = { kind: 'certificates', bundle: ownStatement(bundled) }
    expect(kinds([certificate(A), event])).toEqual(['doubleCommitVote', 'doubleCommitVote', 'doubleCommitVote'])
  })
  it('in a TC', () => {
    const tc = committee.tc(6, committee.qc(4, A), [0, 1, 2], { 2: 3 })
    expect(kinds([vote(2, 5, A, 4), bundle({ tc })])).toEqual(['hiddenLock'])
  })
  it('beside a timeout', () => {
    const message = committee.timeoutMessage(2, 5, committee.qc(4, A), {
      vote: committee.vote(2, 5, B, 4),
      proposal: committee.proposal(blockAt(5, 'b')),
    })
    const attached: Event = { kind: 'timeout', message: ownStatement(message) }
    expect(kinds([vote(2, 5), proposal(blockAt(5, 'a')), attached])).toEqual(['doubleProposal', 'doubleVote'])
  })
})

describe('the detector', () => {
  it('tells of an offence once', () => {
    expect(kinds([vote(2, 5), vote(2, 5, B), vote(2, 5, B), vote(2, 5, namedHash('C'))])).toEqual(['doubleVote'])
  })

  it('takes one statement with two signatures for one', () => {
    const once = committee.vote(2, 5, A)
    const again: Event = { kind: 'vote', vote: ownStatement({ ...once, signature: new Uint8Array(64) }) }
    expect(kinds([vote(2, 5), again])).toEqual([])
  })

  it('keeps the highest lock and commit vote however long ago they were', () => {
    const detector = new EvidenceDetector((of) => committee.leaderOf(of))
    for (const event of [vote(2, 5, A, 4), commitVote(2, 5)]) detector.observe(event, 5)
    for (const event of [vote(2, 6, A, 2), commitVote(2, 3)]) detector.observe(event, 6)
    const later = detector.observe(timeout(2, 500, committee.qc(3, A)), 500)
    expect(later.map(({ kind }) => kind)).toEqual(['hiddenLock', 'abandonedCommit'])
  })

  it('takes a header that is known to be bad for bad, however often it is proposed', () => {
    const detector = new EvidenceDetector((of) => committee.leaderOf(of))
    const { hash, header } = blockAt(5, 'bad')
    detector.observeBadHeader(hash, header)
    detector.observe(proposal(blockAt(5, 'bad')), 5)
    expect(detector.observe(vote(2, 5, hash), 5).map(({ kind }) => kind)).toEqual(['voteForBadHeader'])
  })

  it('observes views from 64 behind to 8 ahead, and forgets what falls behind', () => {
    const window = new StatementWindow<string>()
    window.enter(100)
    for (let view = 1; view <= 200; view++) window.set(view, 0, `of view ${view}`)
    const held = Array.from({ length: 201 }, (_, view) => view).filter((view) => window.get(view, 0) !== undefined)
    expect([held[0], held.at(-1), window.size]).toEqual([36, 108, 73])
    window.enter(170)
    expect([window.size, window.get(105, 0), window.get(106, 0)]).toEqual([3, undefined, 'of view 106'])
  })

  it('is not filled by views that are far away', () => {
    const detector = new EvidenceDetector((of) => committee.leaderOf(of))
    detector.observe(vote(2, 5), 5)
    for (let view = 100; view < 5_000; view++) detector.observe(vote(2, view), 5)
    expect(detector.observe(vote(2, 5, B), 5)).toHaveLength(1)
    expect(detector.observe(vote(2, 4_000, B), 5)).toEqual([])
  })

  it('tells of no more than a few offences of a validator', () => {
    const lies = Array.from({ length: 60 }, (_, view) => [vote(2, view + 1), vote(2, view + 1, B)])
    expect(kinds([...lies.flat(), vote(1, 5), vote(1, 5, B)], 60)).toHaveLength(9)
  })

  it('does not hold on to the message that a signature came in', () => {
    const message = new Uint8Array(1_000_000)
    const { signature, ...statement } = committee.vote(2, 5, A)
    message.set(signature, 1_000)
    const view = message.subarray(1_000, 1_064)
    const [evidence] = found([{ kind: 'vote', vote: ownStatement({ ...statement, signature: view }) }, vote(2, 5, B)])
    if (evidence?.kind !== 'doubleVote') throw new Error('a double vote')
    expect(evidence.first.signature.buffer.byteLength).toBe(64)
  })
})

/** Steps of one replica through views: the certificates that reach it are any that could. */
const steps = fc.array(
  fc.record({
    act: fc.constantFrom('vote', 'commit', 'timeout', 'propose', 'restart', 'qc', 'tc'),
    ahead: fc.integer({ min: 0, max: 3 }),
    name: fc.constantFrom('a', 'b'),
  }),
  { minLength: 10, maxLength: 60 },
)

it('never finds anything in what the safety rules allow, through restarts and any certificates', () => {
  fc.assert(
    fc.property(steps, (taken) => {
      const detector = new EvidenceDetector(() => 0)
      let rules = new SafetyRules(freshSafetyRecord(1, root))
      let [highQc, highTc, view] = [root, null as ReturnType<Committee['tc']> | null, 1]
      for (const { act, ahead, name } of taken) {
        const context = { currentView: view, committedView: 0, highQc, highTc }
        if (act === 'restart') rules = new SafetyRules(decodeSafetyRecord(encodeSafetyRecord(rules.record)))
        else if (act === 'qc') {
          highQc = committee.qc(view + ahead, A, view - 1, OTHERS)
          view = highQc.view + 1
        } else if (act === 'tc') {
          highTc = committee.tc(view + ahead, highQc, OTHERS)
          view = highTc.view + 1
        } else {
          const tc = highQc.view === view - 1 ? null : highTc
          const block = committee.block({ view, justify: highQc, tc, header: { stateRoot: namedHash(name) } })
          const events = { vote: signVote, commit: signCommit, timeout: signTimeout, propose: signProposal }
          const event = events[act](rules, block, context)
          if (event !== null) expect(detector.observe(event, view).map(signerOf)).not.toContain(0)
        }
      }
    }),
    { numRuns: 500 },
  )
})

/** Whose certificates they are, and what lies they may tell, is not the replica's business. */
const OTHERS = [1, 2, 3]

function signerOf(evidence: Evidence): number {
  if ('vote' in evidence) return evidence.vote.signer
  if ('commitVote' in evidence) return evidence.commitVote.signer
  return 'first' in evidence && 'signer' in evidence.first ? evidence.first.signer : 0
}

type Context = Parameters<SafetyRules['signVote']>[1]

function signVote(rules: SafetyRules, block: Block, context: Context): Event | null {
  const signed = rules.signVote(block, context)
  return signed.ok ? vote(0, block.header.consensus.view, block.hash, block.justify.view) : null
}

function signCommit(rules: SafetyRules, _block: Block, context: Context): Event | null {
  const { highQc } = context
  return rules.signCommit(highQc, context).ok ? commitVote(0, highQc.view, highQc.blockHash) : null
}

function signTimeout(rules: SafetyRules, _block: Block, context: Context): Event | null {
  const { currentView } = context
  const signed = rules.signTimeout(currentView, context)
  return signed.ok && signed.value.lastTimeout !== null
    ? timeout(0, currentView, signed.value.lastTimeout.highQc)
    : null
}

function signProposal(rules: SafetyRules, block: Block, context: Context): Event | null {
  return rules.signProposal(block, context).ok ? proposal(block) : null
}
