import { RLP } from '@ethereumjs/rlp'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bytesEqual, fromHex, toHex, utf8 } from '../../../src/base/bytes.ts'
import { InvariantViolation } from '../../../src/base/invariant.ts'
import { DecodeError } from '../../../src/codec/decode-error.ts'
import { decodeRlp, encodeRlp, NESTING_MAX, type RlpItem } from '../../../src/codec/rlp.ts'

const int = (value: bigint): Uint8Array => fromHex(`0x${value.toString(16).padStart(value < 256n ? 2 : 0, '0')}`)
const text = utf8
const none = new Uint8Array(0)
const lorem = 'Lorem ipsum dolor sit amet, consectetur adipisicing elit'
const strings = ['asdf', 'qwer', 'zxcv'].map(text)

/** ethereum/tests, RLPTests/rlptest.json. */
const VECTORS: readonly (readonly [string, RlpItem, string])[] = [
  ['emptystring', none, '0x80'],
  ['bytestring00', int(0n), '0x00'],
  ['bytestring01', int(1n), '0x01'],
  ['bytestring7F', int(0x7fn), '0x7f'],
  ['shortstring', text('dog'), '0x83646f67'],
  [
    'shortstring2',
    text(lorem.slice(0, 55)),
    '0xb74c6f72656d20697073756d20646f6c6f722073697420616d65742c20636f6e7365637465747572206164697069736963696e6720656c69',
  ],
  [
    'longstring',
    text(lorem),
    '0xb8384c6f72656d20697073756d20646f6c6f722073697420616d65742c20636f6e7365637465747572206164697069736963696e6720656c6974',
  ],
  ['zero', none, '0x80'],
  ['mediumint1', fromHex('0x03e8'), '0x8203e8'],
  ['mediumint4', fromHex('0x0186a0'), '0x830186a0'],
  ['mediumint5', fromHex('0x102030405060708090a0b0c0d0e0f2'), '0x8f102030405060708090a0b0c0d0e0f2'],
  [
    'bigint',
    fromHex(`0x01${'00'.repeat(32)}`),
    '0xa1010000000000000000000000000000000000000000000000000000000000000000',
  ],
  ['emptylist', [], '0xc0'],
  ['stringlist', ['dog', 'god', 'cat'].map(text), '0xcc83646f6783676f6483636174'],
  ['multilist', [text('zw'), [int(4n)], int(1n)], '0xc6827a77c10401'],
  [
    'shortListMax1',
    Array.from({ length: 11 }, (_, i) => strings[[0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1][i] as number] as Uint8Array),
    '0xf784617364668471776572847a78637684617364668471776572847a78637684617364668471776572847a78637684617364668471776572',
  ],
  [
    'longList1',
    Array.from({ length: 4 }, () => strings),
    '0xf840cf84617364668471776572847a786376cf84617364668471776572847a786376cf84617364668471776572847a786376cf84617364668471776572847a786376',
  ],
  ['listsoflists', [[[], []], []], '0xc4c2c0c0c0'],
  ['listsoflists2', [[], [[]], [[], [[]]]], '0xc7c0c1c0c3c0c1c0'],
  [
    'dictTest1',
    [1, 2, 3, 4].map((i) => [text(`key${i}`), text(`val${i}`)]),
    '0xecca846b6579318476616c31ca846b6579328476616c32ca846b6579338476616c33ca846b6579348476616c34',
  ],
]

/** ethereum/tests, RLPTests/invalidRLPTest.json, and the bounds around them. */
const INVALID: readonly (readonly [string, string])[] = [
  ['emptyEncoding', '0x'],
  ['int32Overflow', '0xbf0f000000000000021111'],
  ['int32Overflow2', '0xff0f000000000000021111'],
  ['wrongSizeList', '0xf80180'],
  ['wrongSizeList2', '0xf80100'],
  ['incorrectLengthInArray', '0xb9002100dc2b275d0f74e8a53e6f4ec61b27f24278820be3f82ea2110e582081b0565df0'],
  ['bytesShouldBeSingleByte00', '0x8100'],
  ['bytesShouldBeSingleByte01', '0x8101'],
  ['bytesShouldBeSingleByte7F', '0x817f'],
  ['leadingZerosInLongLengthArray1', `0xb90040${'00'.repeat(64)}`],
  ['leadingZerosInLongLengthArray2', '0xb800'],
  ['leadingZerosInLongLengthList1', `0xfb00000040${'00'.repeat(64)}`],
  ['leadingZerosInLongLengthList2', '0xf800'],
  ['nonOptimalLongLengthArray1', `0xb810${'00'.repeat(16)}`],
  ['nonOptimalLongLengthArray2', `0xb837${'00'.repeat(55)}`],
  ['nonOptimalLongLengthList1', `0xf810${'00'.repeat(16)}`],
  ['nonOptimalLongLengthList2', `0xf837${'00'.repeat(55)}`],
  ['lessThanShortLengthArray1', '0x81'],
  ['lessThanShortLengthArray2', '0xa0000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e'],
  ['lessThanShortLengthList1', '0xc5010203'],
  ['lessThanShortLengthList2', '0xe201021e'],
  ['lessThanLongLengthArray1', `0xba010000${'00'.repeat(17)}`],
  ['lessThanLongLengthArray2', `0xb840ffeeddccbbaa99887766554433221100`],
  ['lessThanLongLengthList1', `0xf90180`],
  ['lessThanLongLengthList2', '0xffffffffffffffffff0001020304050607'],
  ['a second item', '0xc0c0'],
  ['a trailing byte', '0x83646f6700'],
  ['an item that crosses the end of its list', '0xc283646f67'],
  ['an item that crosses the end of its list by one byte', '0xc2826162'],
  ['a list that crosses the end of its list by one byte', '0xc2c26162'],
  ['a length cut off', '0xb9ff'],
]

const itemArbitrary = fc.letrec<{ item: RlpItem; list: readonly RlpItem[] }>((tie) => ({
  list: fc.array(tie('item'), { maxLength: 6 }),
  item: fc.oneof({ maxDepth: 6 }, fc.uint8Array({ maxLength: 300 }), fc.uint8Array({ maxLength: 3 }), tie('list')),
})).item

const copy = (item: RlpItem): RlpItem => (item instanceof Uint8Array ? Uint8Array.from(item) : item.map(copy))

/** The empty list inside `depth − 1` others. */
const nested = (depth: number): Uint8Array => Uint8Array.from({ length: depth }, (_, i) => 0xc0 + depth - 1 - i)

describe('RLP', () => {
  it.each(VECTORS)('encodes and decodes the published vector %s', (_, item, encoded) => {
    expect(toHex(encodeRlp(item))).toBe(encoded)
    expect(decodeRlp(fromHex(encoded))).toEqual(item)
  })

  it.each(INVALID)('refuses %s', (_, encoded) => {
    expect(() => decodeRlp(fromHex(encoded))).toThrow(DecodeError)
  })

  it('gives the bytes of another implementation, and reads its bytes', () => {
    fc.assert(
      fc.property(itemArbitrary, (item) => {
        const theirs = RLP.encode(copy(item) as Parameters<typeof RLP.encode>[0])
        expect(toHex(encodeRlp(item))).toBe(toHex(theirs))
        expect(decodeRlp(theirs)).toEqual(item)
      }),
    )
  })

  it.each([255, 256, 65_535, 65_536, 16_777_216])('agrees with another implementation at %i bytes', (length) => {
    const bytes = new Uint8Array(length).fill(0xab)
    const encoded = encodeRlp(bytes)
    expect(bytesEqual(encoded, RLP.encode(bytes))).toBe(true)
    expect(bytesEqual(decodeRlp(encoded) as Uint8Array, bytes)).toBe(true)
  })

  it('accepts nothing that it would not write itself', () => {
    const near = fc.tuple(itemArbitrary, fc.nat(), fc.integer({ min: 0, max: 255 })).map(([item, at, byte]) => {
      const bytes = encodeRlp(item)
      bytes[at % bytes.length] = byte
      return bytes
    })
    fc.assert(
      fc.property(fc.oneof(near, fc.uint8Array({ maxLength: 80 })), (bytes) => {
        let item: RlpItem
        try {
          item = decodeRlp(bytes)
        } catch (error) {
          expect(error).toBeInstanceOf(DecodeError)
          return
        }
        expect(toHex(encodeRlp(item))).toBe(toHex(bytes))
      }),
      { numRuns: 2_000 },
    )
  })

  it('reads lists nested to the limit and no deeper, and refuses to write deeper ones', () => {
    let item: RlpItem = []
    for (let depth = 1; depth < NESTING_MAX; depth++) item = [item]
    expect(decodeRlp(nested(NESTING_MAX))).toEqual(item)
    expect(encodeRlp(item)).toEqual(nested(NESTING_MAX))
    expect(() => decodeRlp(nested(NESTING_MAX + 1))).toThrow(DecodeError)
    expect(() => encodeRlp([item])).toThrow(InvariantViolation)
  })

  it('returns views of the input, not copies', () => {
    const bytes = encodeRlp([text('dog'), int(1n)])
    const [dog, one] = decodeRlp(bytes) as readonly [Uint8Array, Uint8Array]
    expect(dog.buffer).toBe(bytes.buffer)
    expect(one.buffer).toBe(bytes.buffer)
  })
})
