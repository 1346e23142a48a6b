// Runs of blocks that one certificate makes final together, and that are too large for one answer.
import { describe, expect, it } from 'vitest'
import { rejection } from '../../../src/base/rejection.ts'
import { err, ok } from '../../../src/base/result.ts'
import type { PeerId } from '../../../src/network/port.ts'
import { BLOCKS_PER_RESPONSE_MAX, decodeRange, encodeRange, encodeRequest } from '../../../src/network/requests.ts'
import { RequestServer, type ServerParts } from '../../../src/replica/request-server.ts'
import { RangeSync } from '../../../src/sync/range-sync.ts'
import type { Block } from '../../../src/types/block.ts'
import type { Hash, Height } from '../../../src/types/ids.ts'
import { ownStatement } from '../../../src/validation/own-statement.ts'
import { Committee } from '../consensus/committee.ts'
import { type Answer, Peers } from './peers.ts'

const ASKER = 'an asker' as PeerId
const ENVELOPE = new Uint8Array(128 * 1024)
const committee = new Committee(4)

/** Blocks with so many envelopes of 128 KiB each. */
function chainOf(heights: number, envelopes: number): Block[] {
  const blocks: Block[] = []
  for (let view = 1; view <= heights; view++) {
    const parent = blocks.at(-1)
    const justify = parent === undefined ? committee.root : committee.qcOf(parent)
    blocks.push(committee.block({ view, parent, justify, transactions: Array<Uint8Array>(envelopes).fill(ENVELOPE) }))
  }
  return blocks
}

/** A node that has all of the chain, of which only these heights have a certificate of their own. */
function serverOf(chain: readonly Block[], certified: readonly Height[]): RequestServer {
  const at = (height: Height): Block => chain[height - 1] as Block
  const store = {
    tip: at(chain.length),
    block: (height: Height) => chain[height - 1],
    heightOf: (hash: Hash) => chain.find((block) => block.hash === hash)?.header.height,
    finality: (height: Height) =>
      certified.includes(height) ? { certificate: committee.commitQcOf(at(height)), suffix: [] } : null,
  }
  return new RequestServer({ store } as unknown as ServerParts)
}

function serving(chain: readonly Block[], certified: readonly Height[]): Answer {
  const server = serverOf(chain, certified)
  return (request) => {
    const answer = server.answer(ASKER, encodeRequest(request))
    return answer.ok ? answer.value : null
  }
}

function world(answers: Readonly<Record<string, Answer>>) {
  const peers = new Peers(answers)
  let tip = { height: 0, hash: committee.rootHash }
  const delivered: number[][] = []
  const sync = new RangeSync({
    ...peers.ports,
    judge: (block) =>
      block.transactions.some(({ length }) => length !== ENVELOPE.length)
        ? err(rejection('badBlock', 'has another body than its header names'))
        : ok(ownStatement(block)),
    judgeFinality: (last, finality) =>
      finality.certificate.blockHash === last.hash && finality.certificate.signatures.length >= committee.set.quorum
        ? ok(ownStatement(finality))
        : err(rejection('badFinality', 'of another block or without a quorum')),
    deliver: (blocks, finality) => {
      for (const { header, hash } of blocks) {
        expect(header.height).toBe(tip.height + 1)
        expect(header.parentHash).toBe(tip.hash)
        tip = { height: header.height, hash }
      }
      expect(finality.certificate.blockHash).toBe(tip.hash)
      delivered.push(blocks.map(({ header }) => header.height))
      peers.ports.later(1, () => sync.advance())
    },
    committed: () => tip,
    epoch: () => 1,
    isBetweenEpochs: () => false,
    patienceBlocks: () => 0,
    validators: () => [],
    amplification: () => committee.set.amplification,
  })
  const run = (heights: number, untilMs: number): void => {
    for (const peer of peers.names) sync.peerHasHeight(peer, heights, 1)
    peers.run(untilMs)
  }
  return { peers, delivered, run, moveTo: ({ header: { height }, hash }: Block) => (tip = { height, hash }) }
}
const upTo = (height: number): number[] => Array.from({ length: height }, (_, index) => index + 1)

const large = chainOf(14, 8)
const small = chainOf(512, 0)

describe('a run of blocks without certificates of their own', () => {
  it.each([
    ['of 14 MiB', large],
    ['of 512 blocks', small],
  ])('%s is taken in fragments, and only together with its certificate', (_, chain) => {
    const { peers, delivered, run } = world({ a: serving(chain, [chain.length]) })
    run(chain.length, 10_000)
    expect(delivered).toEqual([upTo(chain.length)])
    expect(peers.penalised).toEqual([])
  })

  it('ends with its certificate, and the chain goes on behind it', () => {
    const { delivered, run } = world({ a: serving(large, [2, 10, 12, 13, 14]) })
    run(large.length, 10_000)
    expect(delivered.flat()).toEqual(upTo(14))
    expect(delivered.map((heights) => heights.at(-1))).toEqual([2, 10, 12, 14])
  })

  it.each([7, 12, 17])('goes on where our own chain has come to meanwhile, %i ms on', (untilMs) => {
    const { peers, delivered, run, moveTo } = world({ a: serving(large, [14]) })
    run(14, untilMs)
    moveTo(large[3] as Block)
    peers.run(10_000)
    expect(delivered).toEqual([upTo(14).slice(4)])
    expect(peers.penalised).toEqual([])
  })

  it('is not taken once our own chain has gone elsewhere', () => {
    const { delivered, run, moveTo, peers } = world({ a: serving(large, [14]) })
    run(14, 12)
    moveTo(chainOf(4, 7)[3] as Block)
    peers.run(10_000)
    expect(delivered).toEqual([])
  })

  it.each([
    ['16 MiB', chainOf(18, 8)],
    ['512 blocks', chainOf(513, 0)],
  ])('is given up beyond %s, of which nobody is to blame', (_, chain) => {
    const { length } = chain
    const { peers, delivered, run } = world({ a: serving(chain, [length]), b: serving(chain, [length]) })
    run(length, 10_000)
    expect(delivered).toEqual([])
    expect(new Set(peers.asked.map(({ peer }) => peer))).toEqual(new Set(['a', 'b']))
    expect(peers.penalised).toEqual([])
  })

  const fragment = (blocks: readonly Block[]): Uint8Array => encodeRange({ blocks, finality: null })
  const forged = chainOf(40, 7)
  const lies: Readonly<Record<string, [answer: Answer, isPunished: boolean]>> = {
    'sends fragments without end': [serving(forged, [40]), false],
    'sends block after block without a certificate': [
      (request) => (request.kind === 'range' ? fragment(large.slice(request.from - 1, request.from)) : null),
      true,
    ],
    'sends the same fragment again and again': [() => fragment(large.slice(0, 3)), true],
    'sends a fragment that does not join': [
      (request) => {
        if (request.kind !== 'range') return null
        return fragment(request.from === 1 ? large.slice(0, 3) : forged.slice(request.from - 1, request.from + 2))
      },
      true,
    ],
    'sends another body under the header of a final block': [
      (request) => {
        const first = large[0] as Block
        const blocks = [{ ...first, transactions: [Uint8Array.of(1)] }]
        return request.kind === 'range' ? encodeRange({ blocks, finality: certificateOf(first) }) : null
      },
      true,
    ],
    'sends a certificate that is not of its fragments': [
      (request) => {
        if (request.kind !== 'range') return null
        if (request.from === 1) return fragment(forged.slice(0, 3))
        return encodeRange({ blocks: large.slice(3, 5), finality: certificateOf(large[4] as Block) })
      },
      true,
    ],
    'falls silent behind a fragment': [
      (request) => (request.kind === 'range' && request.from === 1 ? fragment(large.slice(0, 3)) : null),
      false,
    ],
    'has nothing behind a fragment': [
      (request) => fragment(request.kind === 'range' && request.from === 1 ? large.slice(0, 3) : []),
      false,
    ],
  }
  for (const [name, [liar, isPunished]] of Object.entries(lies))
    it(`is taken from another when a peer ${name}`, () => {
      const { peers, delivered, run } = world({ liar, honest: serving(large, [14]) })
      run(14, 60_000)
      expect(delivered).toEqual([upTo(14)])
      expect(peers.asked.filter(({ peer }) => peer === 'liar').length).toBeLessThanOrEqual(8)
      expect(peers.penalised.some(({ peer }) => peer === 'liar')).toBe(isPunished)
      expect(peers.penalised.some(({ peer }) => peer === 'honest')).toBe(false)
    })
})

describe('a server of blocks', () => {
  const heightsFor = (chain: readonly Block[], certified: readonly Height[], from: Height, count: number): number[] => {
    const answer = serverOf(chain, certified).answer(ASKER, encodeRequest({ kind: 'range', from, count }))
    const range = answer.ok ? decodeRange(answer.value) : answer
    return range.ok ? range.value.blocks.map(({ header }) => header.height) : []
  }

  it('sends no fragment to who has not asked for any: it would take that for a lie', () => {
    expect(heightsFor(large, [14], 1, BLOCKS_PER_RESPONSE_MAX)).toEqual([])
    expect(heightsFor(large, [14], 1, 256)).toEqual([1, 2])
  })

  it('sends no fragment that is not followed by more', () => {
    expect(heightsFor(large, [], 14, 256)).toEqual([])
  })
})

function certificateOf(block: Block) {
  return { certificate: committee.commitQcOf(block), suffix: [] }
}
