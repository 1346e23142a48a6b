import fc from 'fast-check'
import { formatEther, parseEther, toHex } from 'viem'
import { mnemonicToAccount } from 'viem/accounts'
import { expect, it } from 'vitest'
import { formatCoins, parseCoins } from '../../../src/cli/coins.ts'
import { devAccounts, MNEMONIC } from '../../../src/cli/supervision/dev-accounts.ts'

it('derives the accounts that viem derives', () => {
  const ours = [...devAccounts(3), ...devAccounts(1, 999)]
  const theirs = [0, 1, 2, 999].map((addressIndex) => mnemonicToAccount(MNEMONIC, { addressIndex }))
  expect(ours.map(({ address }) => address)).toEqual(theirs.map(({ address }) => address.toLowerCase()))
  expect(toHex(ours[0]?.privateKey ?? new Uint8Array())).toBe(
    '0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80',
  )
})

it('writes and reads amounts as viem does', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 2n ** 256n - 1n }), (wei) => {
      expect(formatCoins(wei)).toBe(formatEther(wei))
      expect(parseCoins(formatCoins(wei))).toBe(wei)
      expect(parseCoins(formatEther(wei))).toBe(parseEther(formatEther(wei)))
    }),
  )
})

it.each(['', '.5', '1.', '-1', '1e3', '0x1', '1.0000000000000000001', ' 1'])('takes %j for no amount', (text) => {
  expect(parseCoins(text)).toBeUndefined()
})
