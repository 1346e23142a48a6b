import { expect, it } from 'vitest'
import { Core } from '../../../src/consensus/core.ts'
import type { BuildRequest, Effect, SigningRequest } from '../../../src/consensus/effects.ts'
import type { Event } from '../../../src/consensus/events.ts'
import type { Block } from '../../../src/types/block.ts'
import type { Hash } from '../../../src/types/ids.ts'
import { freshSafetyRecord } from '../../../src/types/safety-record.ts'
import { ownStatement } from '../../../src/validation/own-statement.ts'
import { Committee } from './committee.ts'
import { PARAMETERS } from './core-world.ts'

const ANSWERED_BLOCKS = 64
const committee = new Committee(4, { signed: false })

function coreAtRoot(): Core {
  return new Core(
    { validators: committee.set, self: 3, schedule: committee.all, parameters: PARAMETERS },
    {
      record: ownStatement(freshSafetyRecord(1, committee.root)),
      root: ownStatement(committee.root),
      committed: { hash: committee.rootHash, height: 0, view: 0 },
      commitCertificate: null,
      blocks: [],
    },
  )
}

it.each([100, 200, 480])('takes part in making final a chain of which %i certified blocks are not', (gap) => {
  const chain = committee.chain(gap + 20)
  const places = new Map(chain.map((block, index) => [block.hash, index]))
  const core = coreAtRoot()
  let commitVotes = 0
  const feed = (event: Event): void => {
    for (const effect of core.handle(event, 0))
      if (effect.kind === 'fetch') {
        const place = places.get(effect.hash) ?? 0
        const blocks = chain.slice(Math.max(0, place + 1 - ANSWERED_BLOCKS), place + 1)
        feed({ kind: 'blocks', blocks: blocks.map((block) => ownStatement(block)) })
      } else if (effect.kind === 'execute') feed({ kind: 'executed', hash: effect.block.hash, valid: true, reason: '' })
      else if (effect.kind === 'sign' && effect.request.kind === 'commit') commitVotes += 1
  }
  feed({ kind: 'start' })
  for (const block of chain.slice(gap)) feed({ kind: 'proposal', proposal: ownStatement(committee.proposal(block)) })
  expect(commitVotes).toBeGreaterThan(0)
})

it('holds a bounded number of blocks while it hears the newest of a chain that is far ahead', () => {
  const core = coreAtRoot()
  for (const block of committee.chain(1_600).slice(1_000))
    core.handle({ kind: 'proposal', proposal: ownStatement(committee.proposal(block)) }, 0)
  expect(core.held['blocks']).toBeLessThanOrEqual(256)
})

/** It has heard and executed this many blocks, of which none is final; the next view's QC is yet to come. */
function coreAfter(chain: readonly Block[]) {
  const core = coreAtRoot()
  const effects: Effect[] = []
  const feed = (event: Event, nowMs = 0): void => {
    for (const effect of core.handle(event, nowMs)) {
      effects.push(effect)
      if (effect.kind === 'execute') feed({ kind: 'executed', hash: effect.block.hash, valid: true, reason: '' }, nowMs)
    }
  }
  const hear = (block: Block): void => feed({ kind: 'proposal', proposal: ownStatement(committee.proposal(block)) })
  feed({ kind: 'payload', available: true })
  feed({ kind: 'start' })
  for (const block of chain) hear(block)
  const voted = (hash: Hash): boolean =>
    effects.some((effect) => effect.kind === 'sign' && isVoteFor(effect.request, hash))
  const built = (): BuildRequest[] => effects.flatMap((effect) => (effect.kind === 'build' ? [effect.request] : []))
  return { feed, hear, voted, built }
}

function isVoteFor(request: SigningRequest, hash: Hash): boolean {
  return request.kind === 'vote' && request.blockHash === hash
}

it('carries transactions up to 8 blocks above the tip, and empty blocks after a wait beyond', () => {
  const chain = committee.chain(14)
  const { built, feed } = coreAfter(chain)
  const highQc = committee.qcOf(chain.at(-1) as Block)
  feed({ kind: 'certificates', bundle: ownStatement({ epoch: 1, highQc, tc: null, commitCertificate: null }) })
  const builds = (): unknown[] => built().map(({ view, empty }) => [view, empty])
  const withPayload = [
    [3, false],
    [7, false],
  ]
  expect(builds()).toEqual(withPayload)
  feed({ kind: 'timer', timer: 'flush' }, PARAMETERS.viewTimeoutMsMax)
  expect(builds()).toEqual([...withPayload, [15, true]])
})

it('gets a vote for transactions where the tip of the leader may be 8 blocks ahead of ours, not beyond', () => {
  for (const [unfinal, isVoted] of [
    [15, true],
    [16, false],
  ] as const) {
    const chain = committee.chain(unfinal)
    const { hear, voted } = coreAfter(chain)
    const parent = chain.at(-1) as Block
    const block = committee.block({
      view: unfinal + 1,
      parent,
      justify: committee.qcOf(parent),
      transactions: [Uint8Array.of(1)],
    })
    hear(block)
    expect(voted(block.hash)).toBe(isVoted)
    const [empty] = committee.chain(1, parent)
    if (!isVoted) {
      const other = coreAfter(chain)
      other.hear(empty as Block)
      expect(other.voted((empty as Block).hash)).toBe(true)
    }
  }
})
