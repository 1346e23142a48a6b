// Whoever lies, truncates, stalls or has nothing: a victim never stalls and never takes a lie.
import { describe, expect, it } from 'vitest'
import { rejection } from '../../../src/base/rejection.ts'
import { err, ok } from '../../../src/base/result.ts'
import { encodeRange, type FinalRange } from '../../../src/network/requests.ts'
import { RangeSync } from '../../../src/sync/range-sync.ts'
import type { Block } from '../../../src/types/block.ts'
import type { CommitCertificate } from '../../../src/types/certificate.ts'
import type { FinalityProof } from '../../../src/types/finality.ts'
import { ownStatement } from '../../../src/validation/own-statement.ts'
import { Committee, namedHash } from '../consensus/committee.ts'
import { type Answer, Peers } from './peers.ts'

const HEIGHT = 150
const EPOCH = 1
const committee = new Committee(4)
const chain = committee.chain(HEIGHT)
const at = (height: number): Block => chain[height - 1] as Block
const proof = (certificate: CommitCertificate): FinalityProof => ({ certificate, suffix: [] })
const rangeOf = (from: number, to: number): FinalRange => ({
  blocks: chain.slice(from - 1, to),
  finality: to < from ? null : proof(committee.commitQcOf(at(to))),
})

/** Answers with at most `most` blocks, changed by `twist`. */
function serving(most = 64, twist: (range: FinalRange) => FinalRange = (range) => range): Answer {
  return (request) => {
    if (request.kind !== 'range') return null
    const to = Math.min(HEIGHT, request.from + Math.min(request.count, most) - 1)
    return encodeRange(twist(rangeOf(request.from, to)))
  }
}
const silent: Answer = () => null
const empty: Answer = () => encodeRange({ blocks: [], finality: null })

function world(answers: Readonly<Record<string, Answer>>, patienceBlocks = 0, validators: readonly string[] = []) {
  const peers = new Peers(answers)
  let tip = { height: 0, hash: committee.rootHash }
  const delivered: number[] = []
  let isBetweenEpochs = false
  const sync = new RangeSync({
    ...peers.ports,
    judge: (block) =>
      block.transactions.length === 0 ? ok(ownStatement(block)) : err(rejection('badBlock', 'has another body')),
    judgeFinality: (last, finality) =>
      finality.certificate.blockHash === last.hash && finality.certificate.signatures.length >= committee.set.quorum
        ? ok(ownStatement(finality))
        : err(rejection('badFinality', 'of another block or without a quorum')),
    deliver: (blocks) => {
      for (const { header, hash } of blocks) {
        expect(header.height).toBe(tip.height + 1)
        expect(header.parentHash).toBe(tip.hash)
        tip = { height: header.height, hash }
        delivered.push(header.height)
      }
      peers.ports.later(1, () => sync.advance())
    },
    committed: () => tip,
    epoch: () => EPOCH,
    isBetweenEpochs: () => isBetweenEpochs,
    patienceBlocks: () => patienceBlocks,
    validators: () => validators as never,
    amplification: () => committee.set.amplification,
  })
  const announce = (height = HEIGHT, epoch = EPOCH): void => {
    for (const peer of peers.names) sync.peerHasHeight(peer, height, epoch)
  }
  return {
    peers,
    sync,
    delivered,
    announce,
    tip: () => tip,
    wait: (between: boolean) => (isBetweenEpochs = between),
    moveTo: (height: number) => (tip = { height, hash: at(height).hash }),
  }
}
const ALL = chain.map(({ header }) => header.height)

describe('level', () => {
  const VALIDATORS = ['a', 'b', 'liar']
  const claims = (sync: RangeSync, heights: Readonly<Record<string, number>>): void => {
    for (const [peer, height] of Object.entries(heights)) sync.peerHasHeight(peer as never, height, EPOCH)
  }

  it('is who has no more ahead than one liar claims, though it is asked', () => {
    const { peers, sync } = world({ liar: silent, a: serving(), b: serving(), stranger: silent }, 8, VALIDATORS)
    claims(sync, { liar: 2 ** 40, a: 8, b: 8, stranger: 2 ** 40 })
    expect(peers.asked.map(({ peer }) => peer)).toEqual(['liar'])
    expect(sync.progress).toBeNull()
  })

  it('is not who is behind what as many validators claim as one correct is among, asked or resting', () => {
    const { peers, sync } = world({ liar: silent, a: empty, b: empty }, 8, VALIDATORS)
    claims(sync, { a: 0, b: 140, liar: 2 ** 40 })
    expect(sync.progress).toEqual({ startingHeight: 0, highestHeight: 140 })
    peers.run(4_000)
    expect(sync.progress).toEqual({ startingHeight: 0, highestHeight: 140 })
  })

  it('is not who has proven blocks before it that it has yet to execute, whoever gave them', () => {
    const { sync, peers, moveTo } = world({ a: serving(), b: silent, liar: silent }, 8, VALIDATORS)
    claims(sync, { b: 0, liar: 0, a: HEIGHT })
    peers.run(5)
    moveTo(63)
    expect(sync.progress).toEqual({ startingHeight: 0, highestHeight: 64 })
    moveTo(64)
    expect(sync.progress).toBeNull()
  })

  it('is judged by whomever a node hears that hears too few validators', () => {
    const { sync } = world({ a: silent, stranger: silent }, 0, VALIDATORS)
    claims(sync, { a: 0, stranger: 100 })
    expect(sync.progress).toEqual({ startingHeight: 0, highestHeight: 100 })
    claims(sync, { b: 0 })
    expect(sync.progress).toBeNull()
  })
})

describe('catching up', () => {
  it('takes every block once, in order, in as few ranges as there can be', () => {
    const { peers, delivered, announce, sync } = world({ a: serving() })
    announce()
    expect(sync.progress).toEqual({ startingHeight: 0, highestHeight: HEIGHT })
    peers.run(10_000)
    expect(delivered).toEqual(ALL)
    expect(peers.asked).toHaveLength(3)
    expect(peers.mostInFlight).toBe(1)
    expect(sync.progress).toBeNull()
  })

  const lies: Readonly<Record<string, [answer: Answer, isPunished: boolean]>> = {
    'stays silent': [silent, false],
    'answers with nothing': [empty, false],
    'sends no range at all': [() => Uint8Array.of(0xf8), true],
    'sends no certificate': [serving(64, (range) => ({ ...range, finality: null })), true],
    'sends a certificate without a quorum': [
      serving(64, (range) => ({
        ...range,
        finality: proof(committee.commitQcOf(range.blocks.at(-1) as Block, [0, 1])),
      })),
      true,
    ],
    'sends the certificate of another block': [
      serving(64, (range) => ({ ...range, finality: proof(committee.commitQc(64, namedHash('other'))) })),
      true,
    ],
    'cuts the range short of its certificate': [
      serving(64, (range) => ({ ...range, blocks: range.blocks.slice(0, -1) })),
      true,
    ],
    'leaves out a block': [serving(64, (range) => ({ ...range, blocks: range.blocks.toSpliced(3, 1) })), true],
    'begins too late': [serving(64, (range) => ({ ...range, blocks: range.blocks.slice(1) })), true],
    'sends another body': [
      serving(64, ({ blocks: [first, ...others], finality }) => ({
        blocks: [{ ...(first as Block), transactions: [Uint8Array.of(1)] }, ...others],
        finality,
      })),
      true,
    ],
    'sends a chain of its own': [
      (request) => {
        if (request.kind !== 'range') return null
        const own = new Committee(4, { epoch: 7 }).chain(3)
        return encodeRange({ blocks: own, finality: proof(committee.commitQcOf(own[2] as Block)) })
      },
      true,
    ],
  }
  for (const [name, [liar, isPunished]] of Object.entries(lies))
    it(`gets past peers of which each ${name}`, () => {
      const { peers, delivered, announce } = world({ a: liar, b: liar, c: serving() })
      announce()
      peers.run(60_000)
      expect(delivered).toEqual(ALL)
      expect(peers.penalised.some(({ peer }) => peer === 'a')).toBe(isPunished)
      expect(peers.penalised.some(({ peer }) => peer === 'c')).toBe(false)
    })

  it('goes on with a peer that gives one block at a time', () => {
    const { peers, delivered, announce } = world({ a: serving(1) })
    announce()
    peers.run(10_000)
    expect(delivered).toEqual(ALL)
  })

  it('is not led astray by a height that nobody has', () => {
    const { peers, sync, delivered } = world({ liar: empty, honest: serving() })
    sync.peerHasHeight(peers.names[0] as never, Number.MAX_SAFE_INTEGER, EPOCH)
    sync.peerHasHeight(peers.names[1] as never, HEIGHT, EPOCH)
    peers.run(20_000)
    expect(delivered).toEqual(ALL)
    const { length } = peers.asked
    peers.run(80_000)
    expect(peers.asked.length - length).toBeLessThanOrEqual(31)
  })

  it('tries again when all have failed, at a bounded rate', () => {
    const { peers, delivered, announce } = world({ a: empty, b: silent })
    announce()
    peers.run(60_000)
    expect(delivered).toEqual([])
    expect(peers.asked.length).toBeGreaterThan(20)
    expect(peers.asked.length).toBeLessThan(100)
    peers.answers.set(peers.names[0] as never, serving())
    peers.run(70_000)
    expect(delivered).toEqual(ALL)
  })

  it('asks a peer again after its rest, though it told its height in between', () => {
    const { peers, sync, delivered } = world({ a: empty })
    const [a] = peers.names
    for (let atMs = 0; atMs < 20_000; atMs += 1_000) {
      sync.peerHasHeight(a as never, HEIGHT, EPOCH)
      peers.run(atMs)
      if (atMs === 3_000) peers.answers.set(a as never, serving())
    }
    expect(delivered).toEqual(ALL)
  })

  it('prefers who has been of use to who claims the most', () => {
    const { peers, sync, delivered } = world({ x: silent, y: silent, z: silent, honest: serving(10) })
    for (const peer of peers.names)
      sync.peerHasHeight(peer, peer === ('honest' as never) ? HEIGHT : Number.MAX_SAFE_INTEGER, EPOCH)
    peers.run(20_000)
    expect(delivered).toEqual(ALL)
  })

  it('is not kept from every block by strangers who come back anew with a greater claim', () => {
    const { peers, sync, delivered } = world({ liar: silent, other: silent, honest: serving(10) })
    const [liar, other, honest] = peers.names as [never, never, never]
    for (let atMs = 0; atMs < 60_000; atMs += 1_000) {
      for (const stranger of [liar, other]) {
        sync.forget(stranger)
        sync.peerHasHeight(stranger, Number.MAX_SAFE_INTEGER, EPOCH)
      }
      sync.peerHasHeight(honest, HEIGHT, EPOCH)
      peers.run(atMs)
    }
    expect(delivered).toEqual(ALL)
  })

  it('asks who has served before strangers that come while it serves, whatever they claim', () => {
    const { peers, sync, delivered } = world({ honest: serving(10), x: silent, y: silent })
    const [honest, ...strangers] = peers.names as [never, never, never]
    sync.peerHasHeight(honest, HEIGHT, EPOCH)
    for (const stranger of strangers) sync.peerHasHeight(stranger, Number.MAX_SAFE_INTEGER, EPOCH)
    peers.run(2_000)
    expect(delivered).toEqual(ALL)
  })

  it('goes past those that have served and have fallen silent since', () => {
    const { peers, sync, delivered } = world({ a: serving(10), b: serving(10) })
    const [a, b] = peers.names as [never, never]
    for (const [peer, height] of [
      [a, 10],
      [b, 20],
    ] as const) {
      sync.peerHasHeight(peer, height, EPOCH)
      peers.run(height * 10)
      peers.answers.set(peer, silent)
    }
    expect(delivered).toHaveLength(20)
    peers.answers.set('newcomer' as never, serving())
    for (const peer of peers.names) sync.peerHasHeight(peer, HEIGHT, EPOCH)
    peers.run(30_000)
    expect(delivered).toEqual(ALL)
  })

  it('is not held back by peers that give one block in 2.9 s, whatever they claim, while another has them all', () => {
    const drips = Object.fromEntries(Array.from({ length: 8 }, (_, n) => [`drip ${n}`, serving(1)]))
    const { peers, sync, delivered } = world({ ...drips, honest: serving() })
    for (const drip of Object.keys(drips)) peers.answerMs.set(drip as never, 2_900)
    for (let atMs = 0; atMs < 90_000; atMs += 1_000) {
      for (const peer of peers.names)
        sync.peerHasHeight(peer, peer === ('honest' as never) ? HEIGHT : Number.MAX_SAFE_INTEGER, EPOCH)
      peers.run(atMs)
    }
    expect(delivered).toEqual(ALL)
    expect(peers.penalised).toEqual([])
  })

  it('goes back to the quick one when a peer that was quick has become slow', () => {
    const { peers, sync, delivered } = world({ turned: serving(4), honest: serving(2) })
    const [turned, honest] = peers.names as [never, never]
    sync.peerHasHeight(honest, 2, EPOCH)
    sync.peerHasHeight(turned, HEIGHT, EPOCH)
    peers.run(30)
    expect(peers.asked.at(-1)?.peer).toBe(turned)
    peers.answers.set(turned, serving(1))
    peers.answerMs.set(turned, 2_900)
    sync.peerHasHeight(honest, HEIGHT, EPOCH)
    peers.run(7_000)
    expect(delivered).toEqual(ALL)
  })

  it('gives strangers that come back anew no more than half of the time while one serves that is slow', () => {
    const { peers, sync, delivered } = world({ x: silent, y: silent, honest: serving(10) })
    const [x, y, honest] = peers.names as [never, never, never]
    peers.answerMs.set(honest, 1_000)
    sync.peerHasHeight(honest, HEIGHT, EPOCH)
    for (let atMs = 0; atMs < 33_000; atMs += 1_000) {
      for (const stranger of [x, y]) {
        sync.forget(stranger)
        sync.peerHasHeight(stranger, Number.MAX_SAFE_INTEGER, EPOCH)
      }
      peers.run(atMs)
    }
    expect(delivered).toEqual(ALL)
  })

  it('leaves a small gap to consensus', () => {
    const { peers, sync } = world({ a: serving() }, 8)
    sync.peerHasHeight(peers.names[0] as never, 8, EPOCH)
    expect(peers.asked).toEqual([])
    sync.peerHasHeight(peers.names[0] as never, 9, EPOCH)
    expect(peers.asked).toHaveLength(1)
  })

  it('has no patience with a gap to a later epoch, where nobody waits for us', () => {
    const { peers, sync } = world({ a: serving() }, 8)
    sync.peerHasHeight(peers.names[0] as never, 1, EPOCH + 1)
    expect(peers.asked).toHaveLength(1)
  })

  it('asks nobody while an epoch is over and the next is not open', () => {
    const { peers, sync, wait, delivered, announce } = world({ a: serving() })
    wait(true)
    announce()
    expect(peers.asked).toEqual([])
    wait(false)
    sync.advance()
    peers.run(10_000)
    expect(delivered).toEqual(ALL)
  })

  it('blames nobody for an answer that our own chain has overtaken', () => {
    const { peers, announce, moveTo, delivered } = world({ a: serving() })
    announce()
    moveTo(70)
    peers.run(20_000)
    expect(peers.penalised).toEqual([])
    expect(delivered).toEqual(ALL.slice(70))
  })

  it('takes the part of an answer that our own chain has not overtaken', () => {
    const { peers, announce, moveTo, delivered } = world({ a: serving() })
    announce()
    moveTo(10)
    peers.run(10)
    expect(delivered).toEqual(ALL.slice(10, 64))
    expect(peers.penalised).toEqual([])
  })

  it('forgets peers that left, and remembers a bounded number', () => {
    const { peers, sync } = world({})
    for (let n = 0; n < 10_000; n++) sync.peerHasHeight(`peer ${n}` as never, n, EPOCH)
    sync.forget('peer 9999' as never)
    expect(sync.highestHeight).toBe(9_998)
    for (let n = 9_000; n < 9_999; n++) sync.forget(`peer ${n}` as never)
    expect(sync.highestHeight).toBe(0)
    expect(peers.mostInFlight).toBeLessThanOrEqual(1)
  })
})
