// Whoever lies, truncates, stalls or has nothing costs time, and nothing else.
import { describe, expect, it } from 'vitest'
import { rejection } from '../../../src/base/rejection.ts'
import { err, ok } from '../../../src/base/result.ts'
import { encodeBlocks } from '../../../src/network/requests.ts'
import { BlockFetcher } from '../../../src/sync/block-fetcher.ts'
import type { Block } from '../../../src/types/block.ts'
import { ownStatement } from '../../../src/validation/own-statement.ts'
import { Committee, namedHash } from '../consensus/committee.ts'
import { type Answer, Peers } from './peers.ts'

const committee = new Committee(4)
const chain = committee.chain(6)
const at = (height: number): Block => chain[height - 1] as Block
const newestFirst = (from: number, to: number): Block[] => chain.slice(to - 1, from).reverse()

const honest: Answer = (request) =>
  encodeBlocks(request.kind === 'blocks' && request.hash === at(5).hash ? newestFirst(5, request.above + 1) : [])
const silent: Answer = () => null
const empty: Answer = () => encodeBlocks([])
const garbled: Answer = () => Uint8Array.of(0xf8)
const wrongBlock: Answer = () => encodeBlocks([at(4)])
const wrongParent: Answer = () => encodeBlocks([at(5), at(3)])
const forgedBody: Answer = () => encodeBlocks([{ ...at(5), transactions: [Uint8Array.of(1)] }])

function world(answers: Readonly<Record<string, Answer>>, order?: readonly string[]) {
  const peers = new Peers(answers)
  const delivered: number[][] = []
  const tip = { height: 2, view: 2 }
  const fetcher = new BlockFetcher({
    ...peers.ports,
    peers: () => (order ?? peers.names) as typeof peers.names,
    judge: (block) =>
      block.transactions.length === 0 ? ok(ownStatement(block)) : err(rejection('badBlock', 'has another body')),
    deliver: (blocks) => delivered.push(blocks.map(({ header }) => header.height)),
    committed: () => tip,
  })
  return { peers, fetcher, delivered, tip }
}
const fetch5 = (fetcher: BlockFetcher): void => fetcher.fetch(at(5).hash, 5, [0, 1, 2])

describe('a fetch', () => {
  it('brings the block and its ancestors above the final height, oldest first, once', () => {
    const { peers, fetcher, delivered } = world({ a: honest, b: honest })
    fetch5(fetcher)
    fetch5(fetcher)
    peers.run(10_000)
    expect(delivered).toEqual([[3, 4, 5]])
    expect(peers.asked.map(({ peer }) => peer)).toEqual(['a', 'b'])
    expect(fetcher.size).toBe(0)
  })

  for (const [name, liar, isPunished] of [
    ['stays silent', silent, false],
    ['has nothing', empty, false],
    ['sends no blocks at all', garbled, true],
    ['sends another block', wrongBlock, true],
    ['sends a block whose parent is not the next', wrongParent, true],
    ['sends another body', forgedBody, true],
  ] as const)
    it(`gets past two peers of which each ${name}`, () => {
      const { peers, fetcher, delivered } = world({ a: liar, b: liar, c: honest })
      fetch5(fetcher)
      peers.run(5_000)
      expect(delivered).toEqual([[3, 4, 5]])
      expect(peers.penalised.map(({ peer }) => peer)).toEqual(isPunished ? ['a', 'b'] : [])
    })

  it('takes what a truncating peer sends: it is right, only less', () => {
    const { peers, fetcher, delivered } = world({ a: () => encodeBlocks([at(5)]), b: silent })
    fetch5(fetcher)
    peers.run(100)
    expect(delivered).toEqual([[5]])
    expect(peers.penalised).toEqual([])
  })

  it('goes on as long as its certificate stands, at a bounded rate, two requests at a time', () => {
    const { peers, fetcher, delivered } = world({ a: empty, b: silent, c: wrongBlock })
    fetch5(fetcher)
    peers.run(60_000)
    expect(delivered).toEqual([])
    expect(peers.mostInFlight).toBe(2)
    expect(peers.asked.length).toBeGreaterThan(60)
    expect(peers.asked.length).toBeLessThan(600)
    peers.answers.set(peers.names[1] as never, honest)
    peers.run(65_000)
    expect(delivered).toEqual([[3, 4, 5]])
    const { length } = peers.asked
    peers.run(120_000)
    expect(peers.asked).toHaveLength(length)
  })

  it('waits for a peer when there is none', () => {
    const { peers, fetcher, delivered } = world({})
    fetch5(fetcher)
    peers.run(1_000)
    peers.answers.set('late' as never, honest)
    peers.run(2_000)
    expect(delivered).toEqual([[3, 4, 5]])
  })

  it('ends when its block came by another way, or a later one is final', () => {
    const cancelled = world({ a: silent })
    fetch5(cancelled.fetcher)
    cancelled.fetcher.cancel(at(5).hash)
    cancelled.peers.run(10_000)
    expect(cancelled.peers.asked.length).toBeLessThanOrEqual(2)
    const overtaken = world({ a: empty })
    fetch5(overtaken.fetcher)
    overtaken.peers.run(1_000)
    overtaken.tip.view = 5
    overtaken.peers.run(2_000)
    expect(overtaken.fetcher.size).toBe(0)
    const { length } = overtaken.peers.asked
    overtaken.peers.run(10_000)
    expect(overtaken.peers.asked).toHaveLength(length)
  })

  it('delivers nothing that comes after it ended', () => {
    const { peers, fetcher, delivered } = world({ a: honest, b: honest })
    fetch5(fetcher)
    fetcher.cancel(at(5).hash)
    peers.run(1_000)
    expect(delivered).toEqual([])
  })

  it('is one of a bounded number', () => {
    const { fetcher } = world({ a: silent })
    for (let n = 0; n < 500; n++) fetcher.fetch(namedHash(`block ${n}`), 100 + n, [])
    expect(fetcher.size).toBeLessThanOrEqual(64)
  })
})
