import { createMPT } from '@ethereumjs/mpt'
import { encodeRlp as rlpOfEthers, toBeArray } from 'ethers'
import { expect, test } from 'vitest'
import { fromHex, toHex } from '../../../src/base/bytes.ts'
import { orderedTrieRoot } from '../../../src/trie/ordered-root.ts'

test.each([0, 1, 2, 17, 127, 128, 129, 256, 300])('the root of a list of %i is Ethereum’s', async (length) => {
  const values = Array.from({ length }, (_, i) => new Uint8Array(1 + ((i * 37) % 200)).fill(i + 1))
  const oracle = await createMPT()
  for (const [i, value] of values.entries()) await oracle.put(fromHex(rlpOfEthers(toBeArray(i))), value)
  expect(toHex(orderedTrieRoot(values))).toBe(toHex(oracle.root()))
})

test('an empty item is our own mistake', () => {
  expect(() => orderedTrieRoot([new Uint8Array(0)])).toThrow('not empty')
})
