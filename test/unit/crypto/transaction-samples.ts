/** Arbitrary transactions and keys, and the same transaction in viem's terms, for tests of the codec and the pool. */
import fc from 'fast-check'
import type { TransactionSerializable } from 'viem'
import { fromHex, type Hex, toHex } from '../../../src/base/bytes.ts'
import type { Address, Hash } from '../../../src/types/ids.ts'
import type { TransactionFields } from '../../../src/types/transaction.ts'

const hexOf = (bytes: number) =>
  fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((value) => toHex(Uint8Array.from(value)))

export const arbitraryPrivateKey = fc
  .bigInt(1n, 2n ** 255n)
  .map((key): Hex => `0x${key.toString(16).padStart(64, '0')}`)

const common = {
  chainId: fc.integer({ min: 1, max: 2 ** 50 }),
  nonce: fc.oneof(fc.nat(300), fc.maxSafeNat()),
  gasLimit: fc.oneof(fc.integer({ min: 21_000, max: 30_000_000 }), fc.maxSafeNat()),
  to: hexOf(20).map((hex) => hex as Address),
  value: fc.oneof(fc.bigInt(0n, 300n), fc.bigInt(0n, 2n ** 256n - 1n)),
  data: fc.uint8Array({ maxLength: 80 }).map((bytes) => Uint8Array.from(bytes)),
}

const price = fc.oneof(fc.bigInt(0n, 300n), fc.bigInt(0n, 2n ** 190n))

const accessList = fc.array(
  fc.record({
    address: common.to,
    storageKeys: fc.array(
      hexOf(32).map((hex) => hex as Hash),
      { maxLength: 3 },
    ),
  }),
  { maxLength: 3 },
)

const onePrice = price.map((gasPrice) => ({ maxFeePerGas: gasPrice, maxPriorityFeePerGas: gasPrice }))
const twoPrices = fc.tuple(price, price).map(([tip, rest]) => ({
  maxFeePerGas: tip + rest,
  maxPriorityFeePerGas: tip,
}))

export const arbitraryFields: fc.Arbitrary<TransactionFields> = fc.oneof(
  fc
    .record(common)
    .chain((rest) => onePrice.map((prices) => ({ type: 0, accessList: [], ...rest, ...prices }) as const)),
  fc
    .record({ ...common, accessList })
    .chain((rest) => onePrice.map((prices) => ({ type: 1, ...rest, ...prices }) as const)),
  fc
    .record({ ...common, accessList })
    .chain((rest) => twoPrices.map((prices) => ({ type: 2, ...rest, ...prices }) as const)),
)

export function viemTransaction(fields: TransactionFields): TransactionSerializable {
  const { chainId, nonce, to, value } = fields
  const base = { chainId, nonce, to, value, gas: BigInt(fields.gasLimit), data: toHex(fields.data) }
  if (fields.type === 0) return { ...base, type: 'legacy', gasPrice: fields.maxFeePerGas }
  const { maxFeePerGas, maxPriorityFeePerGas } = fields
  const accessList = fields.accessList.map((entry) => ({ ...entry, storageKeys: [...entry.storageKeys] }))
  return fields.type === 1
    ? { ...base, type: 'eip2930', gasPrice: maxFeePerGas, accessList }
    : { ...base, type: 'eip1559', maxFeePerGas, maxPriorityFeePerGas, accessList }
}

/** The first public test key of the well-known mnemonic. */
export const TEST_KEY = fromHex('0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80')

export const TRANSFER: TransactionFields = {
  type: 2,
  chainId: 13_371,
  nonce: 7,
  gasLimit: 21_000,
  to: `0x${'70'.repeat(20)}` as Address,
  value: 10n ** 18n,
  data: new Uint8Array(0),
  accessList: [],
  maxFeePerGas: 2_000_000_000n,
  maxPriorityFeePerGas: 1_000_000_000n,
}
