import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bigIntToBytes, fromHex, toHex } from '../../../src/base/bytes.ts'
import { InvariantViolation } from '../../../src/base/invariant.ts'
import { decodeWith } from '../../../src/codec/decode.ts'
import { DecodeError } from '../../../src/codec/decode-error.ts'
import {
  asBigUint,
  asBytes,
  asFixedBytes,
  asFlag,
  asList,
  asTuple,
  asUint,
  uintBytes,
} from '../../../src/codec/fields.ts'
import { encodeRlp } from '../../../src/codec/rlp.ts'

const bytes = (hex: string): Uint8Array => fromHex(hex)

describe('typed fields', () => {
  it('gives back every safe integer that was written', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (value) => {
        expect(asUint(uintBytes(value), 'x')).toBe(value)
        expect(asBigUint(uintBytes(value), 'x', 56)).toBe(BigInt(value))
      }),
    )
    expect(asUint(uintBytes(Number.MAX_SAFE_INTEGER), 'x')).toBe(Number.MAX_SAFE_INTEGER)
    expect(toHex(uintBytes(0))).toBe('0x')
  })

  it('gives back every integer of 256 bits', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: (1n << 256n) - 1n }), (value) => {
        expect(asBigUint(bigIntToBytes(value), 'x')).toBe(value)
      }),
    )
  })

  it.each([-1, 0.5, Number.NaN, 2 ** 53, Number.POSITIVE_INFINITY])('never writes %d', (value) => {
    expect(() => uintBytes(value)).toThrow(InvariantViolation)
  })

  it.each<[string, () => unknown]>([
    ['a leading zero', () => asUint(bytes('0x0001'), 'height')],
    ['a zero as a byte', () => asBigUint(bytes('0x00'), 'height')],
    ['2^53', () => asUint(bytes('0x20000000000000'), 'height')],
    ['eight bytes', () => asUint(bytes('0x0100000000000000'), 'height')],
    ['257 bits', () => asBigUint(bytes(`0x01${'00'.repeat(32)}`), 'height')],
    ['65 bits of 64', () => asBigUint(bytes(`0x01${'00'.repeat(8)}`), 'height', 64)],
    ['a list for an integer', () => asUint([], 'height')],
    ['a list for bytes', () => asBytes([], 'height')],
    ['a missing field', () => asBytes(undefined, 'height')],
    ['too many bytes', () => asBytes(bytes('0x0102'), 'height', 1)],
    ['another length', () => asFixedBytes(bytes('0x01'), 2, 'height')],
    ['bytes for a list', () => asList(bytes('0x'), 'height')],
    ['a missing list', () => asList(undefined, 'height')],
    ['too many items', () => asList([[], []], 'height', 1)],
    ['a longer tuple', () => asTuple([[], []], 1, 'height')],
    ['a shorter tuple', () => asTuple([[]], 2, 'height')],
    ['a flag of 2', () => asFlag(bytes('0x02'), 'height')],
    ['a flag of zero as a byte', () => asFlag(bytes('0x00'), 'height')],
    ['a long flag', () => asFlag(bytes('0x0101'), 'height')],
  ])('refuses %s and names the field', (_, read) => {
    expect(read).toThrow(DecodeError)
    expect(read).toThrow(/^height: /)
  })

  it('reads what fits', () => {
    expect(asFlag(bytes('0x'), 'x')).toBe(false)
    expect(asFlag(bytes('0x01'), 'x')).toBe(true)
    expect(asBytes(bytes('0x0102'), 'x', 2)).toEqual(bytes('0x0102'))
    expect(asFixedBytes(bytes('0x0102'), 2, 'x')).toEqual(bytes('0x0102'))
    expect(asTuple([[], []], 2, 'x')).toEqual([[], []])
  })
})

describe('decodeWith', () => {
  const readHeight = (payload: Uint8Array) => decodeWith(payload, (item) => asUint(item, 'height'))

  it('gives the value, or a rejection for bytes that are not RLP or not the structure', () => {
    expect(readHeight(encodeRlp(uintBytes(7)))).toEqual({ ok: true, value: 7 })
    expect(readHeight(bytes('0x8107'))).toMatchObject({ ok: false, error: { code: 'malformed', verdict: 'reject' } })
    expect(readHeight(bytes('0xc0'))).toMatchObject({ ok: false, error: { code: 'malformed' } })
  })

  it('lets our own mistakes through', () => {
    const broken = (): never => {
      throw new InvariantViolation('ours')
    }
    expect(() => decodeWith(bytes('0x80'), broken)).toThrow(InvariantViolation)
  })
})
