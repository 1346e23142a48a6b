import fc from 'fast-check'
import { expect, test } from 'vitest'
import { utf8 } from '../../../src/base/bytes.ts'
import { crc32c } from '../../../src/storage/crc32c.ts'

test('agrees with the vectors of RFC 3720 B.4 and the catalogue check value', () => {
  const ascending = Uint8Array.from({ length: 32 }, (_, i) => i)
  expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa)
  expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43)
  expect(crc32c(ascending)).toBe(0x46dd794e)
  expect(crc32c(ascending.toReversed())).toBe(0x113fdb5c)
  expect(crc32c(utf8('123456789'))).toBe(0xe3069283)
  expect(crc32c(new Uint8Array(0))).toBe(0)
})

test('continues: a checksum over two parts is that over the whole', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), fc.uint8Array({ maxLength: 64 }), (a, b) => {
      expect(crc32c(b, crc32c(a))).toBe(crc32c(new Uint8Array([...a, ...b])))
    }),
  )
})

test('finds every flip of one, two or three bits', () => {
  const bits = fc.uniqueArray(fc.nat(8 * 700 - 1), { minLength: 1, maxLength: 3 })
  const bytes = Uint8Array.from({ length: 700 }, (_, i) => (i * 31) & 0xff)
  fc.assert(
    fc.property(bits, (positions) => {
      const flipped = bytes.slice()
      for (const bit of positions) flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      expect(crc32c(flipped)).not.toBe(crc32c(bytes))
    }),
  )
})
