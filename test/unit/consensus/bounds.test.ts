import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BlockTree } from '../../../src/consensus/block-tree.ts'
import { TimeoutCollector } from '../../../src/consensus/timeout-collector.ts'
import { VoteCollector } from '../../../src/consensus/vote-collector.ts'
import type { CommitVote } from '../../../src/types/certificate.ts'
import type { Verified } from '../../../src/types/verified.ts'
import { ownStatement } from '../../../src/validation/own-statement.ts'
import { Committee, namedHash } from './committee.ts'

const committee = new Committee(4)

describe('votes', () => {
  const collector = () => new VoteCollector<CommitVote, Verified<CommitVote>>((a, b) => a.blockHash === b.blockHash)
  const vote = (signer: number, view: number, name = 'block') =>
    ownStatement(committee.commitVote(signer, view, namedHash(name)))

  it('are kept for views from two behind to eight ahead, one a validator and view', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(3), fc.nat(40), fc.constantFrom('a', 'b')), { maxLength: 300 }),
        fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 1, maxLength: 5 }),
        (votes, steps) => {
          const votesOf = collector()
          let view = 0
          for (const [index, [signer, voted, name]] of votes.entries()) {
            if (index % 50 === 0) {
              view = Math.max(view, steps[index / 50] ?? view)
              votesOf.forgetBelow(view)
            }
            votesOf.add(vote(signer, voted, name), view)
            expect(votesOf.size).toBeLessThanOrEqual(11 * committee.set.n)
          }
        },
      ),
    )
    const votesOf = collector()
    for (const view of [7, 19, 1_000, 2 ** 40]) votesOf.add(vote(0, view), 10)
    expect(votesOf.size).toBe(0)
    for (const view of [8, 10, 18]) votesOf.add(vote(0, view), 10)
    expect(votesOf.size).toBe(3)
  })

  it('count for exactly what they say, ascending by signer', () => {
    const votesOf = collector()
    for (const signer of [3, 1, 2]) votesOf.add(vote(signer, 5), 5)
    votesOf.add(vote(0, 5, 'other'), 5)
    expect(votesOf.votesFor(vote(0, 5)).map(({ signer }) => signer)).toEqual([1, 2, 3])
    expect(votesOf.signersFrom(5)).toEqual([0, 1, 2, 3])
    expect(votesOf.signersFrom(6)).toEqual([])
  })

  it('that say the same with another signature are no contradiction', () => {
    const votesOf = collector()
    const first = vote(1, 5)
    votesOf.add(first, 5)
    expect(votesOf.add(ownStatement({ ...first, signature: new Uint8Array(64) }), 5)).toBe(true)
    expect(votesOf.add(vote(1, 5, 'other'), 5)).toBe(false)
    expect(votesOf.votesFor(first)).toEqual([first])
  })
})

describe('timeouts', () => {
  it('are kept for the current view only, the first of each signer', () => {
    const timeouts = new TimeoutCollector()
    const message = (signer: number, view: number) =>
      ownStatement(committee.timeoutMessage(signer, view, committee.root))
    for (let view = 1; view < 1_000; view++) for (const signer of committee.all) timeouts.add(message(signer, view), 5)
    const first = timeouts.messages(5)
    expect(first.map(({ timeout }) => timeout.signer)).toEqual([0, 1, 2, 3])
    timeouts.add(ownStatement(committee.timeoutMessage(2, 5, committee.qc(3, namedHash('block')))), 5)
    expect(timeouts.messages(5)).toEqual(first)
    expect(timeouts.count(6)).toBe(0)
    timeouts.add(message(1, 6), 6)
    expect([timeouts.count(5), timeouts.count(6)]).toEqual([0, 1])
  })

  it('of later views do not count, and those that do come in the order of their signers', () => {
    const timeouts = new TimeoutCollector()
    const add = (signer: number, view: number): void =>
      timeouts.add(ownStatement(committee.timeoutMessage(signer, view, committee.root)), 5)
    add(0, 6)
    for (const signer of [3, 1, 2]) add(signer, 5)
    expect(timeouts.messages(5).map(({ timeout }) => [timeout.signer, timeout.view])).toEqual([
      [1, 5],
      [2, 5],
      [3, 5],
    ])
  })
})

describe('blocks above the tip', () => {
  const root = { hash: committee.rootHash, height: 0, view: 0 }
  const fork = (view: number) => ownStatement(committee.block({ view, justify: committee.root }))

  it('that nothing needs are bounded, the newest staying', () => {
    const tree = new BlockTree(root)
    for (let view = 1; view <= 1_000; view++) {
      tree.add(fork(view))
      tree.evict([])
      expect(tree.size).toBeLessThanOrEqual(256)
    }
    expect(tree.has(fork(1_000).hash)).toBe(true)
    expect(tree.has(fork(1).hash)).toBe(false)
  })

  it('on the way to what is needed stay, whatever comes', () => {
    const tree = new BlockTree(root)
    const chain = committee.chain(20)
    for (const block of chain) tree.add(ownStatement(block))
    const [needed] = chain.slice(-1).map(({ hash }) => hash)
    for (let view = 100; view <= 1_000; view++) {
      tree.add(fork(view))
      tree.evict([needed as typeof root.hash])
    }
    expect(tree.chainTo(needed as typeof root.hash)).toMatchObject({ kind: 'connected' })
  })

  it('know whether they extend the tip, stand beside it, or lack an ancestor', () => {
    const chain = committee.chain(4)
    const [first, second, third] = chain.map((block) => ownStatement(block))
    if (first === undefined || second === undefined || third === undefined) throw new Error('a chain of four')
    const tree = new BlockTree(root)
    tree.add(third)
    expect(tree.chainTo(third.hash)).toEqual({ kind: 'missing', hash: second.hash, child: third })
    tree.add(second)
    tree.add(first)
    expect(tree.chainTo(third.hash)).toMatchObject({ kind: 'connected', nodes: [{}, {}, {}] })
    const beside = ownStatement(committee.block({ view: 9, parent: first, justify: committee.qcOf(first) }))
    tree.add(beside)
    let last = beside
    for (const view of [10, 11, 12]) {
      last = ownStatement(committee.block({ view, parent: last, justify: committee.qcOf(last) }))
      tree.add(last)
    }
    const stranger = ownStatement(committee.block({ view: 8, parent: first, justify: committee.qcOf(first) }))
    tree.add(ownStatement(committee.block({ view: 9, parent: stranger, justify: committee.qcOf(stranger) })))
    tree.commit(second.hash)
    expect(tree.size).toBe(1)
    expect(tree.tip).toEqual({ hash: second.hash, height: 2, view: 2 })
    expect(tree.has(beside.hash)).toBe(false)
    expect(tree.add(beside)).toBe(false)
    expect(tree.has(third.hash)).toBe(true)
    const above = ownStatement(committee.block({ view: 10, parent: beside, justify: committee.qcOf(beside) }))
    tree.add(above)
    expect(tree.chainTo(above.hash)).toEqual({ kind: 'conflicting' })
  })
})
