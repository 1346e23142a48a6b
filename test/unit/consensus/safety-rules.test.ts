import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { InvariantViolation } from '../../../src/base/invariant.ts'
import type { Result } from '../../../src/base/result.ts'
import { uintBytes } from '../../../src/codec/fields.ts'
import { decodeRlp, encodeRlp, type RlpItem } from '../../../src/codec/rlp.ts'
import { SafetyRules, type SigningContext } from '../../../src/consensus/safety-rules.ts'
import type { Block } from '../../../src/types/block.ts'
import type { QuorumCertificate, TimeoutCertificate } from '../../../src/types/certificate.ts'
import type { View } from '../../../src/types/ids.ts'
import {
  decodeSafetyRecord,
  encodeSafetyRecord,
  freshSafetyRecord,
  type SafetyRecord,
} from '../../../src/types/safety-record.ts'
import { Committee, namedHash } from './committee.ts'

const committee = new Committee(4)
const { root } = committee
const qcAt = (view: View, name = 'block'): QuorumCertificate =>
  view === 0 ? root : committee.qc(view, namedHash(`${name} ${view}`))
const tcAt = (view: View, highQc: QuorumCertificate = root): TimeoutCertificate => committee.tc(view, highQc)
/** Justified: by the QC of the view before, or by a TC of it. */
const blockAt = (view: View, justify = qcAt(view - 1), name = ''): Block =>
  committee.block({
    view,
    justify,
    tc: justify.view === view - 1 ? null : tcAt(view - 1, justify),
    header: { stateRoot: namedHash(`state ${name}`) },
  })

function contextAt(view: View, change: Partial<SigningContext> = {}): SigningContext {
  return { currentView: view, committedView: 0, highQc: qcAt(view - 1), highTc: null, ...change }
}

const fresh = (change: Partial<SafetyRecord> = {}): SafetyRules =>
  new SafetyRules({ ...freshSafetyRecord(1, root), ...change })

const recordOf = (result: Result<SafetyRecord, string>): SafetyRecord => {
  if (!result.ok) throw new Error(`refused: ${result.error}`)
  return result.value
}
const refusalOf = (result: Result<SafetyRecord, string>): string => (result.ok ? 'allowed' : result.error)

describe('INVARIANT S1: a vote', () => {
  it('is recorded with everything that it says', () => {
    const block = blockAt(3)
    const record = recordOf(fresh().signVote(block, contextAt(3)))
    expect(record.lastVotedView).toBe(3)
    expect(record.lastVote).toEqual({ view: 3, blockHash: block.hash, justifyView: 2 })
  })

  it('names what its block is justified by, however much higher our own QC is: it is said again byte for byte', () => {
    const record = recordOf(fresh().signVote(blockAt(6, qcAt(2)), contextAt(6, { highQc: qcAt(4), highTc: tcAt(5) })))
    expect(record.lastVote?.justifyView).toBe(2)
    expect(record.highQc).toEqual(qcAt(4))
  })

  it('is for the current view only', () => {
    expect(refusalOf(fresh().signVote(blockAt(3), contextAt(4)))).toBe('not the current view')
    expect(refusalOf(fresh().signVote(blockAt(3), contextAt(2)))).toBe('not the current view')
  })

  it('is given once a view, be it for the same block', () => {
    const rules = fresh()
    recordOf(rules.signVote(blockAt(3), contextAt(3)))
    expect(refusalOf(rules.signVote(blockAt(3), contextAt(3)))).toBe('already voted in this view')
    expect(refusalOf(rules.signVote(blockAt(3, qcAt(2), 'other'), contextAt(3)))).toBe('already voted in this view')
  })

  it('is never given in a view before the last', () => {
    expect(refusalOf(fresh({ lastVotedView: 5 }).signVote(blockAt(3), contextAt(3)))).toBe('already voted in this view')
  })

  it('is refused in a view that was timed out of, and in those before it', () => {
    for (const lastTimeoutView of [3, 4])
      expect(refusalOf(fresh({ lastTimeoutView }).signVote(blockAt(3), contextAt(3)))).toMatch('timed out')
  })

  it('is refused to a block whose views do not justify it', () => {
    const unjustified = [
      committee.block({ view: 5, justify: qcAt(3) }),
      committee.block({ view: 5, justify: qcAt(4), tc: tcAt(4) }),
      committee.block({ view: 5, justify: qcAt(2), tc: tcAt(3) }),
      committee.block({ view: 5, justify: qcAt(2), tc: tcAt(4, qcAt(3)) }),
      committee.block({ view: 5, justify: qcAt(4), header: { parentHash: namedHash('another parent') } }),
      committee.block({ view: 5, justify: { ...qcAt(4), epoch: 2 } }),
      committee.block({ view: 5, justify: qcAt(2), tc: { ...tcAt(4), epoch: 2 } }),
      committee.block({ view: 5, justify: qcAt(5), tc: tcAt(4) }),
    ]
    for (const block of unjustified) expect(refusalOf(fresh().signVote(block, contextAt(5)))).toMatch('not justified')
  })

  it('locks on the certificates of its block', () => {
    const block = blockAt(5, qcAt(3))
    const record = recordOf(fresh().signVote(block, contextAt(5, { highQc: root })))
    expect(record.highQc).toBe(block.justify)
    expect(record.highTc).toBe(block.tc)
  })
})

describe('INVARIANT S2: a commit vote', () => {
  it('is recorded with its view and block', () => {
    const qc = qcAt(3)
    expect(recordOf(fresh().signCommit(qc, contextAt(4))).lastCommitVote).toEqual({ view: 3, blockHash: qc.blockHash })
  })

  it('is refused at and below the committed view', () => {
    for (const committedView of [3, 4])
      expect(refusalOf(fresh().signCommit(qcAt(3), contextAt(5, { committedView })))).toBe('already committed')
  })

  it('is refused in a view that was timed out of, and in those before it', () => {
    for (const lastTimeoutView of [3, 4])
      expect(refusalOf(fresh({ lastTimeoutView }).signCommit(qcAt(3), contextAt(5)))).toMatch('timed out')
    expect(fresh({ lastTimeoutView: 2 }).signCommit(qcAt(3), contextAt(4)).ok).toBe(true)
  })

  it('is given once a view and never goes back', () => {
    const rules = fresh()
    recordOf(rules.signCommit(qcAt(3), contextAt(5)))
    expect(refusalOf(rules.signCommit(qcAt(3), contextAt(5)))).toMatch('in this view')
    expect(refusalOf(rules.signCommit(qcAt(2), contextAt(5)))).toMatch('a later view')
    expect(rules.signCommit(qcAt(4), contextAt(5)).ok).toBe(true)
  })

  it('locks on its certificate', () => {
    const qc = qcAt(3)
    expect(recordOf(fresh().signCommit(qc, contextAt(1))).highQc).toBe(qc)
  })

  it('for another block of a view that has one is no longer a matter of refusing', () => {
    const rules = fresh()
    recordOf(rules.signCommit(qcAt(3), contextAt(4)))
    expect(() => rules.signCommit(qcAt(3, 'other'), contextAt(4))).toThrow(InvariantViolation)
  })
})

describe('INVARIANT S3: a timeout', () => {
  it('promises the highest QC known, and carries it', () => {
    const record = recordOf(fresh().signTimeout(3, contextAt(3)))
    expect(record.lastTimeoutView).toBe(3)
    expect(record.lastTimeout).toEqual({ view: 3, highQc: qcAt(2), tc: null })
  })

  it('carries the TC of the view before, unless its QC is of that view', () => {
    const tc = tcAt(4, qcAt(2))
    const withTc = contextAt(5, { highQc: qcAt(2), highTc: tc })
    expect(recordOf(fresh().signTimeout(5, withTc)).lastTimeout).toEqual({ view: 5, highQc: qcAt(2), tc })
    const withBoth = contextAt(5, { highTc: tc })
    expect(recordOf(fresh().signTimeout(5, withBoth)).lastTimeout).toEqual({ view: 5, highQc: qcAt(4), tc: null })
  })

  it('is for the current view only', () => {
    for (const view of [2, 4]) expect(refusalOf(fresh().signTimeout(view, contextAt(3)))).toBe('not the current view')
  })

  it('is refused in a view before the last vote, and allowed in the view of it', () => {
    expect(refusalOf(fresh({ lastVotedView: 4 }).signTimeout(3, contextAt(3)))).toMatch('voted in a later view')
    expect(fresh({ lastVotedView: 3 }).signTimeout(3, contextAt(3)).ok).toBe(true)
  })

  it('is refused in a view before the last timeout', () => {
    expect(refusalOf(fresh({ lastTimeoutView: 4 }).signTimeout(3, contextAt(3)))).toMatch('timed out of a later view')
  })

  it('is refused without a certificate of the view before', () => {
    const noProof = contextAt(5, { highQc: qcAt(3), highTc: tcAt(3) })
    expect(refusalOf(fresh().signTimeout(5, noProof))).toBe('no certificate of the view before')
  })

  it('asked for again is the same byte for byte, whatever came since', () => {
    const rules = fresh()
    const first = recordOf(rules.signTimeout(5, contextAt(5, { highQc: qcAt(2), highTc: tcAt(4, qcAt(2)) })))
    const again = recordOf(rules.signTimeout(5, contextAt(5, { highQc: qcAt(4), highTc: tcAt(4, qcAt(3)) })))
    expect(encodeSafetyRecord(again)).toEqual(encodeSafetyRecord(first))
    const restarted = new SafetyRules(decodeSafetyRecord(encodeSafetyRecord(first)))
    const afterRestart = recordOf(restarted.signTimeout(5, contextAt(5, { highQc: qcAt(4) })))
    expect(afterRestart.lastTimeout).toEqual(first.lastTimeout)
  })

  it('can follow another at once, in the view that its TC leads to', () => {
    const rules = fresh()
    recordOf(rules.signTimeout(3, contextAt(3)))
    const next = contextAt(4, { highQc: qcAt(2), highTc: tcAt(3, qcAt(2)) })
    expect(recordOf(rules.signTimeout(4, next)).lastTimeoutView).toBe(4)
  })
})

describe('INVARIANT S4: a proposal', () => {
  it('is recorded with its view and block', () => {
    const block = blockAt(3)
    const record = recordOf(fresh().signProposal(block, contextAt(3)))
    expect(record.lastProposedView).toBe(3)
    expect(record.lastProposal).toEqual({ view: 3, blockHash: block.hash })
  })

  it('is for the current view only', () => {
    for (const view of [2, 4]) expect(refusalOf(fresh().signProposal(blockAt(3), contextAt(view)))).toMatch('current')
  })

  it('is made once a view, and in none that was voted in or timed out of', () => {
    for (const field of ['lastProposedView', 'lastVotedView', 'lastTimeoutView'] as const)
      for (const view of [3, 4])
        expect(refusalOf(fresh({ [field]: view }).signProposal(blockAt(3), contextAt(3)))).toMatch('already')
    const before = fresh({ lastProposedView: 2, lastVotedView: 2, lastTimeoutView: 2 })
    expect(before.signProposal(blockAt(3), contextAt(3)).ok).toBe(true)
  })
})

describe('every rule', () => {
  it('folds the highest certificates into what becomes durable, and never a lower one', () => {
    const [high, low] = [qcAt(8), qcAt(7)]
    const [highTc, lowTc] = [tcAt(7), tcAt(6)]
    const ask: readonly ((rules: SafetyRules, context: SigningContext) => Result<SafetyRecord, string>)[] = [
      (rules, context) => rules.signVote(blockAt(9), context),
      (rules, context) => rules.signCommit(qcAt(5), context),
      (rules, context) => rules.signTimeout(9, context),
      (rules, context) => rules.signProposal(blockAt(9), context),
    ]
    for (const rule of ask) {
      const raised = recordOf(rule(fresh({ highQc: low, highTc: lowTc }), contextAt(9, { highQc: high, highTc })))
      expect([raised.highQc.view, raised.highTc?.view]).toEqual([8, 7])
      const kept = recordOf(rule(fresh({ highQc: high, highTc }), contextAt(9, { highQc: low, highTc: lowTc })))
      expect([kept.highQc.view, kept.highTc?.view]).toEqual([8, 7])
    }
  })

  it('keeps the QC that it holds over another of the same view', () => {
    const [held, other] = [qcAt(8), committee.qc(8, namedHash('block 8'), 7, [1, 2, 3])]
    const rules = fresh({ highQc: held })
    expect(recordOf(rules.signProposal(blockAt(9), contextAt(9, { highQc: other }))).highQc).toBe(held)
  })

  it('leaves the record as it was when it refuses', () => {
    const rules = fresh({ lastVotedView: 3, lastTimeoutView: 3 })
    const before = rules.record
    rules.signVote(blockAt(3), contextAt(3, { highQc: qcAt(9) }))
    rules.signCommit(qcAt(3), contextAt(4, { highQc: qcAt(9) }))
    expect(rules.record).toBe(before)
  })
})

describe('any sequence of requests', () => {
  const VIEWS = 6
  const request = fc.record({
    rule: fc.constantFrom('vote', 'commit', 'timeout', 'proposal'),
    view: fc.integer({ min: 1, max: VIEWS }),
    current: fc.integer({ min: 1, max: VIEWS }),
    committedView: fc.integer({ min: 0, max: 3 }),
    highQcView: fc.integer({ min: 0, max: VIEWS }),
    highTcView: fc.option(fc.integer({ min: 1, max: VIEWS })),
    name: fc.constantFrom('', 'other'),
    restarts: fc.boolean(),
  })

  it('brings forth at most one statement for a kind and view, and only moves forward, restarts included', () => {
    fc.assert(
      fc.property(fc.array(request, { maxLength: 40 }), (requests) => {
        let rules = fresh()
        const said = new Map<string, string>()
        for (const { rule, view, current, committedView, highQcView, highTcView, name, restarts } of requests) {
          const before = rules.record
          const highTc = highTcView === null ? null : tcAt(highTcView)
          const context: SigningContext = { currentView: current, committedView, highQc: qcAt(highQcView), highTc }
          const block = blockAt(view, qcAt(Math.min(view - 1, highQcView)), name)
          // A second certified block in one view needs more than t liars, and is not for these rules to meet.
          const answer =
            rule === 'vote'
              ? rules.signVote(block, context)
              : rule === 'commit'
                ? rules.signCommit(qcAt(view), context)
                : rule === 'timeout'
                  ? rules.signTimeout(view, context)
                  : rules.signProposal(block, context)
          if (answer.ok) {
            const record = answer.value
            const statement = {
              vote: JSON.stringify(record.lastVote),
              commit: record.lastCommitVote?.blockHash,
              timeout: String(record.lastTimeout?.highQc.view),
              proposal: record.lastProposal?.blockHash,
            }[rule] as string
            const key = `${rule} ${view}`
            expect(said.get(key) ?? statement).toBe(statement)
            said.set(key, statement)
            expect(rules.record).toBe(record)
          }
          const after = rules.record
          for (const field of ['lastVotedView', 'lastTimeoutView', 'lastProposedView'] as const)
            expect(after[field]).toBeGreaterThanOrEqual(before[field])
          expect(after.highQc.view).toBeGreaterThanOrEqual(before.highQc.view)
          expect(after.highTc?.view ?? 0).toBeGreaterThanOrEqual(before.highTc?.view ?? 0)
          expect(after.lastCommitVote?.view ?? 0).toBeGreaterThanOrEqual(before.lastCommitVote?.view ?? 0)
          if (restarts) rules = new SafetyRules(decodeSafetyRecord(encodeSafetyRecord(after)))
        }
      }),
      { numRuns: 400 },
    )
  })
})

describe('the safety record', () => {
  it('is read as it was written, each field for itself', () => {
    const record: SafetyRecord = {
      epoch: 7,
      lastVotedView: 11,
      lastTimeoutView: 12,
      lastProposedView: 13,
      highQc: qcAt(10),
      highTc: tcAt(9, qcAt(8)),
      lastVote: { view: 11, blockHash: namedHash('voted'), justifyView: 5 },
      lastCommitVote: { view: 6, blockHash: namedHash('to commit') },
      lastTimeout: { view: 12, highQc: qcAt(4), tc: tcAt(11, qcAt(3)) },
      lastProposal: { view: 13, blockHash: namedHash('proposed') },
    }
    expect(decodeSafetyRecord(encodeSafetyRecord(record))).toEqual(record)
  })

  it('of another schema is not guessed', () => {
    const [, ...fields] = decodeRlp(encodeSafetyRecord(freshSafetyRecord(1, root))) as readonly RlpItem[]
    for (const schema of [0, 2])
      expect(() => decodeSafetyRecord(encodeRlp([uintBytes(schema), ...fields]))).toThrow('unknown schema')
  })
})
