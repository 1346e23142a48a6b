import { describe, expect, it } from 'vitest'
import type { Effect } from '../../../src/consensus/effects.ts'
import type { Block } from '../../../src/types/block.ts'
import { ownStatement } from '../../../src/validation/own-statement.ts'
import {
  at,
  blocksEvent,
  certificates,
  commitAt,
  committee,
  final,
  kinds,
  ofKind,
  proposal,
  qcAt,
  type Solo,
  soloAt,
} from './solo.ts'

const end = committee.block({ view: 3, parent: at(2), justify: qcAt(2), consensus: { end: true } })
const suffixOf = (parent: Block): Block =>
  committee.block({
    view: parent.header.consensus.view + 1,
    parent,
    justify: committee.qcOf(parent),
    header: { height: end.header.height },
    consensus: { suffix: true, timeMs: end.header.consensus.timeMs },
  })
const one = suffixOf(end)
const two = suffixOf(one)

function commitOf(effects: readonly Effect[]) {
  const [commit] = ofKind(effects, 'commit')
  return {
    hashes: commit?.blocks.map(({ hash }) => hash),
    suffix: commit?.finality.suffix,
    view: commit?.finality.certificate.view,
  }
}

/** Once the highest certified block has waited for its commit votes long enough. */
function requestOf(solo: Solo) {
  solo.nowMs += 60_000
  return ofKind(solo.feed({ kind: 'timer', timer: 'flush' }), 'build')[0]?.request
}

describe('the last block of an epoch', () => {
  it('is committed, and after it nothing happens any more', () => {
    const solo = soloAt(0, 2)
    solo.propose(end)
    const effects = solo.drive(final(committee.commitQcOf(end)))
    expect(commitOf(effects)).toEqual({ hashes: [at(2).hash, end.hash], suffix: [], view: 3 })
    expect(kinds(effects).at(-1)).toBe('epochEnded')
    expect(solo.core.hasEnded).toBe(true)
    expect(solo.feed(proposal(one))).toEqual([])
    expect(solo.feed(certificates(committee.qcOf(one)))).toEqual([])
  })

  it('is committed without what carries its commit, whose headers its proof keeps', () => {
    const solo = soloAt(0, 2)
    for (const block of [end, one, two]) solo.propose(block)
    const effects = solo.drive(final(committee.commitQcOf(two)))
    expect(commitOf(effects)).toEqual({ hashes: [at(2).hash, end.hash], suffix: [one.header, two.header], view: 5 })
    expect([solo.core.tip.hash, solo.core.hasEnded]).toEqual([end.hash, true])
  })

  it('is committed by a proof over blocks that are not held, whenever it comes itself', () => {
    const committed = { hashes: [at(2).hash, end.hash], suffix: [one.header, two.header], view: 5 }
    const certificate = committee.commitQcOf(two)
    const finality = ownStatement({ certificate, suffix: [one.header, two.header] })
    const before = soloAt(0, 2)
    before.propose(end)
    before.feed(final(certificate))
    expect(commitOf(before.drive({ kind: 'finality', finality }))).toEqual(committed)
    const after = soloAt(0, 2)
    after.feed(final(certificate))
    after.feed({ kind: 'finality', finality })
    expect(commitOf(after.drive(blocksEvent([end])))).toEqual(committed)
  })

  it('is not parted from what carries its commit when a block before it becomes final', () => {
    const solo = soloAt(0, 2)
    for (const block of [end, one]) solo.propose(block)
    expect(commitOf(solo.drive(final(commitAt(2)))).hashes).toEqual([at(2).hash])
    expect(commitOf(solo.drive(final(committee.commitQcOf(one)))).hashes).toEqual([end.hash])
  })

  it('is followed by nothing but what carries its commit, whatever waits', () => {
    const leader = soloAt(0, 2)
    leader.feed({ kind: 'payload', available: true })
    leader.propose(end)
    expect(ofKind(leader.feed(certificates(committee.qcOf(end))), 'build')).toEqual([])
    expect(requestOf(leader)).toMatchObject({ view: 4, parentHash: end.hash, suffix: true, empty: true })
    const next = soloAt(1, 2)
    next.feed({ kind: 'payload', available: true })
    next.propose(end)
    next.propose(one)
    expect(ofKind(next.feed(certificates(committee.qcOf(one))), 'build')).toEqual([])
    expect(requestOf(next)).toMatchObject({ view: 5, parentHash: one.hash, suffix: true, empty: true })
  })
})
