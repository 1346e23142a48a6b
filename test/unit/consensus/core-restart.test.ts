import { describe, expect, it } from 'vitest'
import type { CommittedTip } from '../../../src/consensus/block-tree.ts'
import { Core } from '../../../src/consensus/core.ts'
import type { SigningRequest } from '../../../src/consensus/effects.ts'
import type { Block } from '../../../src/types/block.ts'
import { freshSafetyRecord, type SafetyRecord } from '../../../src/types/safety-record.ts'
import { ownStatement } from '../../../src/validation/own-statement.ts'
import { namedHash } from './committee.ts'
import { PARAMETERS } from './core-world.ts'
import { at, commitAt, committee, final, kinds, ofKind, proposal, qcAt, signed } from './solo.ts'

const ROOT: CommittedTip = { hash: committee.rootHash, height: 0, view: 0 }
const tipAt = (view: number): CommittedTip => ({ hash: at(view).hash, height: view, view })

function restarted(self: number, record: SafetyRecord, blocks: readonly Block[], committed = ROOT): Core {
  return new Core(
    { validators: committee.set, self, schedule: committee.all, parameters: PARAMETERS },
    {
      record: ownStatement(record),
      root: ownStatement(committee.root),
      committed,
      commitCertificate: committed.view === 0 ? null : ownStatement(commitAt(committed.view)),
      blocks: blocks.map((one) => ownStatement(one)),
    },
  )
}

const requestsOf = (core: Core): SigningRequest[] =>
  ofKind(core.handle({ kind: 'start' }, 0), 'sign').map(({ request }) => request)

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

  const before = [at(1), at(2), block]

  it('everything signed last is said again as it was, and nothing else', () => {
    const core = restarted(3, record, before)
    expect(requestsOf(core)).toMatchObject([
      { kind: 'proposal', view: 3, block: { hash: block.hash } },
      { kind: 'vote', view: 3, blockHash: block.hash, justifyView: 2 },
      { kind: 'commit', view: 2, blockHash: at(2).hash },
      { kind: 'timeout', view: 3, highQc: { view: 2 }, tc: null },
    ])
    expect(core.record).toEqual(record)
  })

  it('in the view after, vote and timeout are said again, and the proposal never', () => {
    const core = restarted(3, { ...record, highTc: committee.tc(3, qcAt(2)) }, before)
    expect(core.view).toBe(4)
    expect(requestsOf(core).map(({ kind, view }) => `${kind} ${view}`)).toEqual(['vote 3', 'commit 2', 'timeout 3'])
  })

  it('two views later neither is said again', () => {
    const core = restarted(3, { ...record, highTc: committee.tc(4, qcAt(2)) }, before)
    expect(requestsOf(core).map(({ kind }) => kind)).toEqual(['commit'])
  })

  it('nothing is said again of a block that is gone, nor of one that is final', () => {
    expect(requestsOf(restarted(3, record, [])).map(({ kind }) => kind)).toEqual(['timeout'])
    const requests = requestsOf(restarted(3, record, [block], tipAt(2)))
    expect(requests.map(({ kind }) => kind)).toEqual(['proposal', 'vote', 'timeout'])
  })

  it('the highest certified block gets the commit vote that it still lacks', () => {
    const core = restarted(0, { ...freshSafetyRecord(1, committee.root), highQc: qcAt(2) }, [at(1), at(2)])
    core.handle({ kind: 'start' }, 0)
    core.handle({ kind: 'executed', hash: at(1).hash, valid: true, reason: '' }, 0)
    const effects = core.handle({ kind: 'executed', hash: at(2).hash, valid: true, reason: '' }, 0)
    expect(signed(effects)).toEqual(['commit 2'])
  })

  it('the final block is known by its view: another that is certified as final there halts', () => {
    const core = restarted(0, record, [block], tipAt(2))
    expect(core.handle(final(commitAt(2)), 0)).toEqual([])
    expect(kinds(core.handle(final(committee.commitQc(2, namedHash('fork'))), 0))).toEqual(['halt'])
  })

  it('nothing is signed before recovery is over', () => {
    const core = restarted(0, freshSafetyRecord(1, committee.root), [])
    core.handle(proposal(at(1)), 0)
    expect(signed(core.handle({ kind: 'executed', hash: at(1).hash, valid: true, reason: '' }, 0))).toEqual([])
    expect(signed(core.handle({ kind: 'start' }, 0))).toEqual(['vote 1'])
  })
})
