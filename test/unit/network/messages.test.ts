import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromHex, toHex, utf8 } from '../../../src/base/bytes.ts'
import type { Rejection } from '../../../src/base/rejection.ts'
import type { Result } from '../../../src/base/result.ts'
import { DecodeError } from '../../../src/codec/decode-error.ts'
import { hashHeader } from '../../../src/crypto/digests.ts'
import { decodeDirect, decodeEnvelopes, encodeDirect, encodeEnvelopes } from '../../../src/network/messages.ts'
import {
  decodeBlocks,
  decodeBundle,
  decodeRange,
  decodeRequest,
  decodeStatus,
  encodeBlocks,
  encodeBundle,
  encodeRange,
  encodeRequest,
  encodeStatus,
} from '../../../src/network/requests.ts'
import { decodeBlockRecord, encodeBlockRecord } from '../../../src/storage/journal-records.ts'
import { decodeManifest, encodeManifest } from '../../../src/sync/snapshot/snapshot-records.ts'
import {
  bundle,
  commitCertificate,
  committee,
  directMessages,
  happy,
  justify,
  manifest,
  parent,
  requests,
  status,
} from '../types/protocol-samples.ts'

type Decode = (bytes: Uint8Array) => Result<unknown, Rejection>

/** Each decoder with what it reads and how that is written again. */
const codecs: readonly {
  name: string
  samples: readonly Uint8Array[]
  decode: Decode
  again: (value: never) => Uint8Array
}[] = [
  { name: 'direct', samples: directMessages.map(encodeDirect), decode: decodeDirect, again: encodeDirect },
  { name: 'request', samples: requests.map(encodeRequest), decode: decodeRequest, again: encodeRequest },
  { name: 'blocks', samples: [encodeBlocks([happy]), encodeBlocks([])], decode: decodeBlocks, again: encodeBlocks },
  {
    name: 'range',
    samples: [
      encodeRange({ blocks: [happy], finality: { certificate: commitCertificate, suffix: [happy.header] } }),
      encodeRange({ blocks: [], finality: null }),
    ],
    decode: decodeRange,
    again: encodeRange,
  },
  { name: 'bundle', samples: [encodeBundle(bundle)], decode: decodeBundle, again: encodeBundle },
  { name: 'status', samples: [encodeStatus(status)], decode: decodeStatus, again: encodeStatus },
  { name: 'envelopes', samples: [encodeEnvelopes([utf8('one')])], decode: decodeEnvelopes, again: encodeEnvelopes },
]

/** Refused, or understood as exactly what was sent: one meaning, one encoding. */
function expectStrict(decode: Decode, again: (value: never) => Uint8Array, bytes: Uint8Array): void {
  const decoded = decode(bytes)
  if (decoded.ok) expect(toHex(again(decoded.value as never))).toBe(toHex(bytes))
  else expect(decoded.error).toMatchObject({ code: 'malformed', verdict: 'reject' })
}

describe('a message', () => {
  it('is understood as it was meant', () => {
    for (const message of directMessages)
      expect(decodeDirect(encodeDirect(message))).toEqual({ ok: true, value: message })
    for (const request of requests) expect(decodeRequest(encodeRequest(request))).toEqual({ ok: true, value: request })
    expect(decodeBlocks(encodeBlocks([happy]))).toEqual({ ok: true, value: [happy] })
    const range = { blocks: [happy], finality: { certificate: commitCertificate, suffix: [happy.header] } }
    expect(decodeRange(encodeRange(range))).toEqual({ ok: true, value: range })
    expect(decodeBundle(encodeBundle(bundle))).toEqual({ ok: true, value: bundle })
    expect(decodeStatus(encodeStatus(status))).toEqual({ ok: true, value: status })
  })

  it('names its blocks by their own hash, whatever its sender says', () => {
    const decoded = decodeBlocks(encodeBlocks([{ ...happy, hash: parent.hash }]))
    expect(decoded).toMatchObject({ ok: true, value: [{ hash: hashHeader(happy.header) }] })
  })

  it('of nothing, of an unknown kind or with something after its end is refused', () => {
    for (const { decode } of codecs) expect(decode(new Uint8Array(0)).ok).toBe(false)
    for (const tag of [0, 9, 128, 255]) {
      expect(decodeDirect(Uint8Array.of(tag, 0x80)).ok).toBe(false)
      expect(decodeRequest(Uint8Array.of(tag, 0x80)).ok).toBe(false)
    }
    for (const { decode, samples } of codecs)
      for (const sample of samples) expect(decode(Uint8Array.of(...sample, 0)).ok).toBe(false)
  })

  it('is bounded in blocks, transactions and the size of each', () => {
    expect(decodeBlocks(encodeBlocks(Array(64).fill(happy))).ok).toBe(true)
    expect(decodeBlocks(encodeBlocks(Array(65).fill(happy))).ok).toBe(false)
    const transactions = (count: number, bytes: number) =>
      decodeDirect(encodeDirect({ kind: 'transactions', envelopes: Array(count).fill(new Uint8Array(bytes)) })).ok
    expect(transactions(4_096, 2)).toBe(true)
    expect(transactions(4_097, 2)).toBe(false)
    expect(transactions(1, 128 * 1024)).toBe(true)
    expect(transactions(1, 128 * 1024 + 1)).toBe(false)
    const signatures = (count: number) => {
      const highQc = { ...bundle.highQc, signatures: Array(count).fill(new Uint8Array(64)) }
      return decodeBundle(encodeBundle({ ...bundle, highQc })).ok
    }
    expect([signatures(256), signatures(257)]).toEqual([true, false])
    const bitmap = (bytes: number) =>
      decodeBundle(encodeBundle({ ...bundle, highQc: { ...bundle.highQc, bitmap: new Uint8Array(bytes) } })).ok
    expect([bitmap(32), bitmap(33)]).toEqual([true, false])
  })

  it('with a block that holds an empty transaction is refused, however the block comes', () => {
    const block = { ...happy, transactions: [...happy.transactions, new Uint8Array(0)] }
    const proposal = committee.proposal(block)
    const decoded = [
      decodeDirect(encodeDirect({ kind: 'proposal', proposal })),
      decodeDirect(encodeDirect({ kind: 'timeout', message: committee.timeoutMessage(1, 3, justify, { proposal }) })),
      decodeBlocks(encodeBlocks([happy, block])),
      decodeRange(encodeRange({ blocks: [block], finality: null })),
      decodeManifest(encodeManifest({ ...manifest, block })),
    ]
    for (const each of decoded) expect(each).toMatchObject({ ok: false, error: { code: 'malformed' } })
    expect(() => decodeBlockRecord(encodeBlockRecord(block))).toThrow(DecodeError)
  })

  it('with a number above 2^53 − 1 is refused', () => {
    const sent = { ...status, view: Number.MAX_SAFE_INTEGER }
    expect(decodeStatus(encodeStatus(sent))).toEqual({ ok: true, value: sent })
    const hex = toHex(encodeStatus(sent))
    expect(decodeStatus(fromHex(hex.replace('871fffffffffffff', '8720000000000000'))).ok).toBe(false)
  })
})

describe('bytes of a liar', () => {
  const anySample = fc.constantFrom(...codecs.flatMap(({ samples }) => samples))

  for (const { name, samples, decode, again } of codecs) {
    it(`that change a ${name} anywhere are refused or mean what they say, and never throw`, () => {
      const change = fc.record({
        at: fc.nat(),
        byte: fc.nat(255),
        kind: fc.constantFrom('set', 'cut', 'insert', 'drop'),
      })
      fc.assert(
        fc.property(
          fc.constantFrom(...samples),
          fc.array(change, { minLength: 1, maxLength: 4 }),
          (sample, changes) => {
            let bytes = sample
            for (const { at, byte, kind } of changes) {
              const place = at % (bytes.length + 1)
              const [before, after] = [bytes.subarray(0, place), bytes.subarray(place)]
              if (kind === 'cut') bytes = before
              else if (kind === 'drop') bytes = Uint8Array.of(...before, ...after.subarray(1))
              else if (kind === 'set') bytes = Uint8Array.of(...before, byte, ...after.subarray(1))
              else bytes = Uint8Array.of(...before, byte, ...after)
            }
            expectStrict(decode, again, bytes)
          },
        ),
        { numRuns: 400 },
      )
    })

    it(`of any other kind are no ${name}, or mean what they say`, () => {
      fc.assert(
        fc.property(fc.oneof(anySample, fc.uint8Array({ maxLength: 200 })), (bytes) =>
          expectStrict(decode, again, bytes),
        ),
        { numRuns: 300 },
      )
    })
  }
})
