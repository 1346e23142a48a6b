import { describe, expect, it } from 'vitest'
import type { Event } from '../../../src/consensus/events.ts'
import { signersOf } from '../../../src/types/signer-bitmap.ts'
import { ownStatement } from '../../../src/validation/own-statement.ts'
import { Committee } from './committee.ts'
import { CoreWorld, HOP_MS } from './core-world.ts'

function startedWorld(n = 4): CoreWorld {
  const world = new CoreWorld(new Committee(n))
  world.start()
  world.run()
  return world
}
const heights = (world: CoreWorld): number[] => world.members.map(({ tip }) => tip.height)
const isOf = (event: Event, kind: Event['kind']): boolean => event.kind === kind
const idle = (world: CoreWorld): void => {
  world.run()
  expect(world.pendingTimers).toBe(0)
  const { messages, nowMs } = world
  world.run(nowMs + 3_600_000)
  expect(world.messages).toBe(messages)
}

describe('the happy path', () => {
  it('makes a block final three hops after it was proposed, everywhere', () => {
    for (const n of [1, 2, 3, 4, 7, 16]) {
      const world = new CoreWorld(new Committee(n))
      world.start()
      world.run(3 * HOP_MS - 1)
      // In a smaller set the leader and one more are a quorum, which saves the leader a hop.
      if (n >= 4) expect(heights(world)).toEqual(Array(n).fill(0))
      world.run(3 * HOP_MS)
      expect(heights(world)).toEqual(Array(n).fill(1))
    }
  })

  it('commits the first block of an epoch without being asked, and is silent afterwards', () => {
    const world = startedWorld()
    expect(heights(world)).toEqual([1, 1, 1, 1])
    expect(world.member(0).committed[0]?.transactions).toEqual([])
    idle(world)
  })

  it('commits each transaction once, in blocks two hops apart, and is silent afterwards', () => {
    const world = startedWorld()
    for (let n = 0; n < 20; n++) world.submit(`transaction ${n}`)
    const startMs = world.nowMs
    world.run()
    const lastMs = Math.max(...world.members.map(({ committedAtMs }) => committedAtMs))
    expect(lastMs - startMs).toBe(19 * 2 * HOP_MS + 3 * HOP_MS)
    for (const member of world.members) {
      const names = member.committed.flatMap(({ transactions }) => transactions.map(String))
      expect(names).toHaveLength(20)
      expect(new Set(names).size).toBe(20)
    }
    idle(world)
  })
})

describe('a view that fails', () => {
  it('ends by a TC, and the next leader goes on', () => {
    const world = startedWorld()
    const dead = world.core(0).leader
    world.crash(dead)
    world.submit('transaction')
    world.run()
    for (const index of world.committee.all) if (index !== dead) expect(world.member(index).tip.height).toBe(2)
    expect(world.core((dead + 1) % 4).highTc?.view).toBe(2)
    idle(world)
  })

  it('is left through as many dead leaders as are tolerated, in a row', () => {
    for (const [n, t] of [
      [4, 1],
      [7, 2],
      [16, 5],
    ] as const) {
      const world = startedWorld(n)
      const { view } = world.core(0)
      for (let k = 0; k < t; k++) world.crash((view + k) % n)
      world.submit('transaction')
      world.run()
      const live = world.members.filter(({ isUp }) => isUp)
      expect(live.map(({ tip }) => tip.height)).toEqual(Array(n - t).fill(2))
      idle(world)
    }
  })

  it('makes no progress and no commit without a quorum, and goes on as soon as there is one', () => {
    const world = startedWorld()
    world.loses = (from, to) => from < 2 !== to < 2
    world.submit('transaction')
    world.run(120_000)
    expect(heights(world)).toEqual([1, 1, 1, 1])
    world.loses = () => false
    world.run()
    expect(heights(world)).toEqual([2, 2, 2, 2])
    idle(world)
  })

  it('is left by everybody as soon as one correct replica is known to want it', () => {
    const world = startedWorld()
    world.submit('transaction')
    world.loses = (_, __, event) => !isOf(event, 'timeout')
    const { view } = world.core(0)
    world.run(world.nowMs + 10)
    const { highQc } = world.core(0)
    const early = [0, 1, 2].filter((index) => index !== world.core(0).leader).slice(0, 2)
    const target = [0, 1, 2, 3].find((index) => !early.includes(index) && index !== world.core(0).leader) as number
    const tell = (signer: number) =>
      world.feed(target, {
        kind: 'timeout',
        message: ownStatement(world.committee.timeoutMessage(signer, view, highQc)),
      })
    tell(early[0] as number)
    expect(world.core(target).record?.lastTimeoutView).toBeLessThan(view)
    tell(early[1] as number)
    expect(world.core(target).record?.lastTimeoutView).toBe(view)
  })

  it('carries its proposal to those who did not see it', () => {
    const world = startedWorld()
    const leader = world.core(0).leader
    world.loses = (from, _, event) => from === leader && isOf(event, 'proposal')
    world.submit('transaction')
    world.run()
    expect(heights(world)).toEqual([2, 2, 2, 2])
    idle(world)
  })
})

describe('a replica that missed a block', () => {
  it('enters the next view without it, fetches it from signers of its QC, and commits', () => {
    const world = startedWorld()
    world.loses = (_, to, event) => to === 3 && isOf(event, 'proposal')
    world.submit('transaction')
    world.run()
    const [fetch, ...others] = world.effectsOf(3, 'fetch')
    expect(others.filter(({ hash }) => hash === fetch?.hash)).toEqual([])
    expect(fetch?.signers).toEqual(signersOf(world.core(0).highQc.bitmap))
    expect(heights(world)).toEqual([2, 2, 2, 2])
    idle(world)
  })

  it('comes level by fetching alone as far as blocks are fetched one from another', () => {
    for (const blocks of [1, 5, 50]) {
      const world = startedWorld()
      const isCut = (index: number): boolean => index === 3
      world.loses = (from, to) => isCut(from) || isCut(to)
      for (let n = 0; n < blocks; n++) world.submit(`transaction ${n}`)
      world.run(world.nowMs + 1_000 * blocks + 10_000)
      expect(world.member(0).tip.height).toBe(1 + blocks)
      expect(world.member(3).tip.height).toBe(1)
      world.loses = () => false
      world.submit('last')
      world.run()
      expect(heights(world)).toEqual(Array(4).fill(world.member(0).tip.height))
      idle(world)
    }
  })
})

describe('a replica that timed out alone', () => {
  it('falls silent when there is nothing left to agree on, and takes part in what comes next', () => {
    const world = startedWorld()
    const { view } = world.core(3)
    world.submit('transaction')
    world.run(world.nowMs + HOP_MS + 1)
    // Its clock runs ahead of the others'.
    world.feed(3, { kind: 'timer', timer: 'view' })
    expect(world.core(3).record?.lastTimeoutView).toBe(view)
    idle(world)
    world.submit('another')
    idle(world)
    expect(heights(world)).toEqual([3, 3, 3, 3])
  })

  it('after it was executing what the others had long committed', () => {
    const world = startedWorld()
    world.loses = (from, to) => from === 1 || to === 1
    world.submit('transaction')
    world.run(world.nowMs + 5_000)
    // Its lone timeout would be everybody's if it led the view.
    expect(world.core(0).leader).not.toBe(1)
    const { highQc, highTc, highCommit } = world.core(0)
    world.loses = () => false
    const bundle = { epoch: 1, highQc, tc: highTc, commitCertificate: highCommit }
    world.feed(1, { kind: 'certificates', bundle: ownStatement(bundle) })
    world.feed(1, { kind: 'timer', timer: 'view' })
    expect(world.core(1).record?.lastTimeoutView).toBe(world.core(1).view)
    idle(world)
    expect(heights(world)).toEqual([2, 2, 2, 2])
  })
})

describe('a lost commit vote', () => {
  it('is said again until the last block is final, and then there is silence', () => {
    const world = startedWorld()
    world.submit('transaction')
    let lost = 0
    world.loses = (_, __, event) => isOf(event, 'commitVote') && lost++ < 12
    world.run()
    expect(heights(world).every((height) => height >= 2)).toBe(true)
    idle(world)
  })

  it('is made up for by an empty block when commit votes never come', () => {
    const world = startedWorld()
    world.submit('transaction')
    const { view } = world.core(0)
    world.loses = (_, __, event) => event.kind === 'commitVote' && event.vote.view === view
    world.run()
    expect(world.member(0).tip.height).toBeGreaterThanOrEqual(3)
    expect(world.member(0).committed[2]?.transactions).toEqual([])
    idle(world)
  })
})

describe('a restart', () => {
  it('of everybody at any moment loses nothing and lets the chain go on', () => {
    for (let atMs = 0; atMs <= 60; atMs += 5) {
      const world = startedWorld()
      for (let n = 0; n < 3; n++) world.submit(`transaction ${n}`)
      world.run(world.nowMs + atMs)
      for (const index of world.committee.all) world.crash(index)
      world.run(world.nowMs + HOP_MS)
      for (const index of world.committee.all) world.restart(index)
      world.run()
      for (const member of world.members)
        expect(member.committed.flatMap(({ transactions }) => transactions)).toHaveLength(3)
      idle(world)
    }
  })

  it('of everybody after all timed out and before any TC lets the chain go on', () => {
    const world = startedWorld()
    world.submit('transaction')
    world.loses = () => true
    world.run(world.nowMs + 5_000)
    const { view } = world.core(0)
    for (const { core } of world.members) expect(core.record?.lastTimeoutView).toBe(view)
    world.loses = () => false
    for (const index of world.committee.all) world.restart(index)
    world.run()
    expect(heights(world)).toEqual(Array(4).fill(world.member(0).tip.height))
    expect(world.member(0).tip.height).toBeGreaterThanOrEqual(2)
  })

  it('of everybody after the votes and before any QC lets the chain go on', () => {
    const world = startedWorld()
    world.submit('transaction')
    world.loses = (_, __, event) => isOf(event, 'vote')
    world.run(world.nowMs + 2 * HOP_MS)
    world.loses = () => false
    for (const index of world.committee.all) world.restart(index)
    world.run()
    expect(heights(world)).toEqual([2, 2, 2, 2])
  })
})
