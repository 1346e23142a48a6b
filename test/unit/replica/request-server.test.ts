import { describe, expect, it } from 'vitest'
import { defined } from '../../../src/base/invariant.ts'
import { DEFAULT_NETWORK_LIMITS } from '../../../src/network/limits.ts'
import type { PeerId } from '../../../src/network/port.ts'
import {
  decodeBlocks,
  decodeBundle,
  decodeRange,
  decodeStatus,
  encodeRequest,
  type Request,
} from '../../../src/network/requests.ts'
import { RequestServer, type ServerParts } from '../../../src/replica/request-server.ts'
import type { Block } from '../../../src/types/block.ts'
import type { Header } from '../../../src/types/header.ts'
import type { Hash, Height } from '../../../src/types/ids.ts'
import {
  BLOCK_BODY_BYTES_MAX,
  BLOCK_TRANSACTIONS_MAX,
  SIGNATURE_BYTES,
  VALIDATORS_MAX,
} from '../../../src/types/limits.ts'
import { Committee, namedHash } from '../consensus/committee.ts'

const ASKER = 'a peer' as PeerId
const FINAL = 200
/** As many as a proof may have (src/types/finality.ts). */
const SUFFIX_HEADERS_MAX = 1_024
const committee = new Committee(4)
const chain = committee.chain(FINAL + 3)
const at = (height: Height): Block => chain[height - 1] as Block
const status = { epoch: 1, view: 9, highQcView: 8, height: FINAL, tipHash: at(FINAL).hash }
const bundle = { epoch: 1, highQc: committee.qcOf(at(FINAL)), tc: null, commitCertificate: null }

/** Final up to FINAL, with three blocks above; `certified` says which heights have a certificate of their own. */
function world(
  certified: (height: Height) => boolean = () => true,
  blocks: readonly Block[] = chain,
  suffix: readonly Header[] = [],
) {
  const block = (height: Height) => (height >= 1 && height <= FINAL ? blocks[height - 1] : undefined)
  const parts = {
    core: () => ({ block: (hash: Hash) => blocks.slice(FINAL).find((candidate) => candidate.hash === hash) }),
    store: {
      tip: { hash: at(FINAL).hash, header: at(FINAL).header },
      heightOf: (hash: Hash) => blocks.slice(0, FINAL).find((candidate) => candidate.hash === hash)?.header.height,
      block,
      finality: (height: Height) =>
        certified(height) ? { certificate: committee.commitQcOf(at(height)), suffix } : null,
    },
    bundle: () => bundle,
    status: () => status,
  } as unknown as ServerParts
  const server = new RequestServer(parts)
  const ask = (request: Request): Uint8Array => {
    const answer = server.answer(ASKER, encodeRequest(request))
    return defined(answer.ok ? answer.value : undefined, 'an answer')
  }
  return { server, ask }
}
const heightsOf = (blocks: readonly Block[]): number[] => blocks.map(({ header }) => header.height)
const heights = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, n) => from + n)
const blocksIn = (bytes: Uint8Array) => {
  const decoded = decodeBlocks(bytes)
  return heightsOf(decoded.ok ? decoded.value : [])
}
const rangeIn = (bytes: Uint8Array) => {
  const decoded = decodeRange(bytes)
  return defined(decoded.ok ? decoded.value : undefined, 'a range')
}

describe('an answer to a request for', () => {
  it('blocks is the one named and its ancestors above the height, newest first, at most 64', () => {
    const { ask } = world()
    expect(blocksIn(ask({ kind: 'blocks', hash: at(FINAL + 2).hash, above: FINAL - 1 }))).toEqual([202, 201, 200])
    expect(blocksIn(ask({ kind: 'blocks', hash: at(5).hash, above: 0 }))).toEqual([5, 4, 3, 2, 1])
    expect(blocksIn(ask({ kind: 'blocks', hash: at(100).hash, above: 0 }))).toEqual(heights(37, 100).reverse())
    expect(blocksIn(ask({ kind: 'blocks', hash: at(5).hash, above: 5 }))).toEqual([])
    expect(blocksIn(ask({ kind: 'blocks', hash: at(5).hash, above: Number.MAX_SAFE_INTEGER }))).toEqual([])
    expect(blocksIn(ask({ kind: 'blocks', hash: namedHash('unknown'), above: 0 }))).toEqual([])
  })

  it('a range is final blocks with the certificate of the last, at most 64', () => {
    const { ask } = world()
    const range = rangeIn(ask({ kind: 'range', from: 3, count: 4 }))
    expect(heightsOf(range.blocks)).toEqual([3, 4, 5, 6])
    expect(range.finality?.certificate.blockHash).toBe(at(6).hash)
    expect(heightsOf(rangeIn(ask({ kind: 'range', from: 1, count: 10_000 })).blocks)).toEqual(heights(1, 64))
    expect(heightsOf(rangeIn(ask({ kind: 'range', from: 190, count: 64 })).blocks)).toEqual(heights(190, FINAL))
  })

  it('a range ends at the last block that has a certificate of its own, or goes on to the first', () => {
    const { ask } = world((height) => height % 5 === 0)
    expect(heightsOf(rangeIn(ask({ kind: 'range', from: 3, count: 9 })).blocks)).toEqual(heights(3, 10))
    expect(heightsOf(rangeIn(ask({ kind: 'range', from: 6, count: 3 })).blocks)).toEqual(heights(6, 10))
    expect(rangeIn(ask({ kind: 'range', from: 6, count: 3 })).finality?.certificate.blockHash).toBe(at(10).hash)
  })

  it('a range of anything that is not there is empty, and nothing throws', () => {
    const { ask } = world()
    const nothing = { blocks: [], finality: null }
    for (const [from, count] of [
      [FINAL + 1, 64],
      [Number.MAX_SAFE_INTEGER, 64],
      [5, 0],
    ] as const)
      expect(rangeIn(ask({ kind: 'range', from, count }))).toEqual(nothing)
    expect(heightsOf(rangeIn(ask({ kind: 'range', from: 0, count: 3 })).blocks)).toEqual([1, 2])
  })

  it('blocks or a range is bounded in bytes', () => {
    const large = chain.map((block) => ({ ...block, transactions: Array(8).fill(new Uint8Array(128 * 1024)) }))
    const { ask } = world(() => true, large)
    expect(blocksIn(ask({ kind: 'blocks', hash: at(9).hash, above: 0 }))).toEqual([9, 8])
    expect(heightsOf(rangeIn(ask({ kind: 'range', from: 1, count: 64 })).blocks)).toEqual([1, 2])
  })

  it('blocks or a range fits a message, however many validators have signed and full the last block is', () => {
    const signatures = Array<Uint8Array>(VALIDATORS_MAX).fill(new Uint8Array(SIGNATURE_BYTES))
    const bitmap = new Uint8Array(VALIDATORS_MAX / 8).fill(255)
    const certified = chain.map((block): Block => {
      const justify = { ...block.justify, bitmap, signatures }
      const entries = signatures.map((signature, signer) => ({ signer, highQcView: block.header.height, signature }))
      const tc = { epoch: 1, view: block.header.height, entries, highQc: justify }
      return { ...block, justify, tc, transactions: [] }
    })
    // What is full without it takes one more, the largest that there is.
    const transactions = Array<Uint8Array>(BLOCK_TRANSACTIONS_MAX).fill(
      new Uint8Array(BLOCK_BODY_BYTES_MAX / BLOCK_TRANSACTIONS_MAX),
    )
    for (let last = 30; last <= 50; last++) {
      const blocks = certified.map((block, index) => (index + 1 === last ? { ...block, transactions } : block))
      const suffix = Array<Header>(SUFFIX_HEADERS_MAX).fill(at(FINAL).header)
      const { ask } = world((height) => height === last, blocks, suffix)
      for (const request of [
        { kind: 'blocks', hash: at(last + 40).hash, above: 0 },
        { kind: 'range', from: 1, count: 256 },
      ] as const)
        expect(ask(request).length).toBeLessThanOrEqual(DEFAULT_NETWORK_LIMITS.messageBytesMax)
    }
  })

  it('what a message has no room for is refused, and nobody is to blame', () => {
    const suffix = Array<Header>(8 * SUFFIX_HEADERS_MAX).fill(at(FINAL).header)
    const { server } = world(() => true, chain, suffix)
    expect(server.answer(ASKER, encodeRequest({ kind: 'range', from: 1, count: 64 }))).toMatchObject({
      ok: false,
      error: { code: 'answer-too-large', verdict: 'ignore' },
    })
  })

  it('certificates or status is what this replica holds', () => {
    const { ask } = world()
    expect(decodeBundle(ask({ kind: 'certificates' }))).toEqual({ ok: true, value: bundle })
    expect(decodeStatus(ask({ kind: 'status' }))).toEqual({ ok: true, value: status })
  })

  it('nonsense is a rejection', () => {
    for (const bytes of [new Uint8Array(0), Uint8Array.of(9), Uint8Array.of(1, 0xc0)])
      expect(world().server.answer(ASKER, bytes)).toMatchObject({ ok: false, error: { verdict: 'reject' } })
  })
})
