import { keccak_256 } from '@noble/hashes/sha3.js'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { EMPTY_BYTES, toHex, utf8 } from '../../../src/base/bytes.ts'
import { keccak256, keccak256Hash } from '../../../src/crypto/keccak.ts'

describe('keccak256', () => {
  it('gives the published digests', () => {
    expect(keccak256Hash(EMPTY_BYTES)).toBe('0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470')
    expect(keccak256Hash(utf8('abc'))).toBe('0x4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45')
  })

  it('agrees with another implementation at every length around the block of 136 bytes', () => {
    for (let length = 0; length <= 280; length++) {
      const bytes = new Uint8Array(length).fill(length & 0xff)
      expect(toHex(keccak256(bytes))).toBe(toHex(keccak_256(bytes)))
    }
    const large = new Uint8Array(300_000).fill(7)
    expect(toHex(keccak256(large))).toBe(toHex(keccak_256(large)))
  })

  it('hashes a view as the bytes that it shows', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 2, maxLength: 400 }), fc.nat(), (bytes, cut) => {
        const view = bytes.subarray(cut % bytes.length)
        expect(toHex(keccak256(view))).toBe(toHex(keccak_256(view)))
      }),
    )
  })

  it('gives digests that later calls leave alone', () => {
    const first = keccak256(utf8('first'))
    const before = toHex(first)
    keccak256(utf8('second'))
    expect(toHex(first)).toBe(before)
  })
})
