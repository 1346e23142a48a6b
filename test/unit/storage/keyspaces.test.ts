import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compareBytes, toHex } from '../../../src/base/bytes.ts'
import * as keyspaces from '../../../src/storage/keyspaces.ts'

const hash = fc.uint8Array({ minLength: 32, maxLength: 32 })
const address = fc.uint8Array({ minLength: 20, maxLength: 20 })
const path = fc.uint8Array({ max: 15, maxLength: 64 })
const height = fc.maxSafeNat()
const index = fc.nat(2 ** 32 - 1)

function inside(key: Uint8Array, range: { gte: Uint8Array; lt: Uint8Array }): boolean {
  return compareBytes(key, range.gte) >= 0 && compareBytes(key, range.lt) < 0
}

describe('keyspaces', () => {
  test('no two kinds share a first byte, and the last is left to the store', () => {
    const prefixes = Object.values(keyspaces).map((space) => space.range().gte[0])
    expect(new Set(prefixes).size).toBe(prefixes.length)
    expect(prefixes).not.toContain(0xff)
  })

  test('golden keys', () => {
    const owner = new Uint8Array(20).fill(0xaa)
    const nodeHash = new Uint8Array(32).fill(0xbb)
    expect(toHex(keyspaces.META.key('sentinel'))).toBe('0x0073656e74696e656c')
    expect(toHex(keyspaces.HEADERS.key(258))).toBe('0x200000000000000102')
    expect(toHex(keyspaces.ADDRESS_INDEX.key(owner, 1, 2))).toBe(`0x31${'aa'.repeat(20)}000000000000000100000002`)
    expect(toHex(keyspaces.ACCOUNT_NODES.key(Uint8Array.of(1, 15), nodeHash))).toBe(`0x10010f${'bb'.repeat(32)}`)
  })

  test('a key gives back its parts', () => {
    fc.assert(
      fc.property(hash, path, address, height, index, (h, p, a, n, i) => {
        expect(keyspaces.STORAGE_NODES.parts(keyspaces.STORAGE_NODES.key(h, p, h))).toEqual([h, p, h])
        expect(keyspaces.ACCOUNT_NODES.parts(keyspaces.ACCOUNT_NODES.key(p, h))).toEqual([p, h])
        expect(keyspaces.ADDRESS_INDEX.parts(keyspaces.ADDRESS_INDEX.key(a, n, i))).toEqual([a, n, i])
        expect(keyspaces.HEADERS.parts(keyspaces.HEADERS.key(n))).toEqual([n])
      }),
    )
    expect(keyspaces.META.parts(keyspaces.META.key('sentinel'))).toEqual(['sentinel'])
  })

  test('keys lie in the order of height and index', () => {
    fc.assert(
      fc.property(address, height, index, height, index, (a, n, i, m, j) => {
        const order = compareBytes(keyspaces.ADDRESS_INDEX.key(a, n, i), keyspaces.ADDRESS_INDEX.key(a, m, j))
        expect(Math.sign(order)).toBe(n === m ? Math.sign(i - j) : Math.sign(n - m))
      }),
    )
  })

  test('a range holds the keys that begin with its parts, and no others', () => {
    const ends = fc.constantFrom(new Uint8Array(20).fill(0xff), new Uint8Array(20))
    fc.assert(
      fc.property(fc.oneof(ends, address), fc.oneof(ends, address), height, index, (a, b, n, i) => {
        const key = keyspaces.ADDRESS_INDEX.key(b, n, i)
        expect(inside(key, keyspaces.ADDRESS_INDEX.range(a))).toBe(toHex(a) === toHex(b))
        expect(inside(key, keyspaces.ADDRESS_INDEX.range(b, n))).toBe(true)
        expect(inside(key, keyspaces.ADDRESS_INDEX.range())).toBe(true)
        expect(inside(key, keyspaces.RECEIPTS.range())).toBe(false)
      }),
    )
  })

  test('refuses parts that do not fit and keys of another kind', () => {
    expect(() => keyspaces.HEADERS.key(-1)).toThrow('key part')
    expect(() => keyspaces.ADDRESS_INDEX.key(new Uint8Array(20), 1, 2 ** 32)).toThrow('key part')
    expect(() => keyspaces.RECEIPTS.key(2 ** 53)).toThrow('key part')
    expect(() => keyspaces.HEIGHTS_BY_HASH.key(new Uint8Array(31))).toThrow('31 bytes instead of 32')
    expect(() => keyspaces.HEADERS.parts(keyspaces.RECEIPTS.key(1))).toThrow('another kind')
    expect(() => keyspaces.HEADERS.parts(Uint8Array.of(0x20, 1, 2))).toThrow('another kind')
  })
})
