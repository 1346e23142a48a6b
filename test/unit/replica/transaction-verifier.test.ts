import { hexToBytes } from 'viem'
import { mnemonicToAccount } from 'viem/accounts'
import { expect, it } from 'vitest'
import { keccak256Hash } from '../../../src/crypto/keccak.ts'
import { TransactionVerifier } from '../../../src/replica/transaction-verifier.ts'
import type { Address, Hash } from '../../../src/types/ids.ts'

const CHAIN_ID = 13_371
const DATA_BYTES = 120 * 1024
const TRANSACTIONS = 160
const REMEMBERED_BYTES_MAX = 16 * 1024 * 1024
const account = mnemonicToAccount('test test test test test test test test test test test junk')
const sender = account.address.toLowerCase() as Address

/** Each with other data: who signed is not looked at here. */
async function envelopes(): Promise<readonly Uint8Array[]> {
  const fees = { maxFeePerGas: 10n ** 9n, maxPriorityFeePerGas: 1n, gas: 10_000_000n }
  const data = `0x${'00'.repeat(DATA_BYTES)}` as const
  const content = { type: 'eip1559', chainId: CHAIN_ID, nonce: 0, to: sender, data, ...fees } as const
  const signed = hexToBytes(await account.signTransaction(content))
  return Array.from({ length: TRANSACTIONS }, (_, number) => signed.with(DATA_BYTES / 2, number))
}

it('remembers no more bytes of transactions that nobody may ever take than its bound', async () => {
  const verifier = new TransactionVerifier(
    { chainId: CHAIN_ID },
    (items, done) => done(items.map(() => sender)),
    () => undefined,
  )
  const sizes = new Map<Hash, number>()
  for (const envelope of await envelopes()) {
    sizes.set(keccak256Hash(envelope), envelope.length)
    verifier.verify([envelope], ([verdict]) => expect(verdict?.ok).toBe(true))
  }
  const hashes = [...sizes.keys()]
  const known = hashes.filter((hash) => verifier.known(hash) !== undefined)
  expect(known).toEqual(hashes.slice(-known.length))
  const bytes = known.reduce((sum, hash) => sum + (sizes.get(hash) ?? 0), 0)
  expect(bytes).toBeLessThanOrEqual(REMEMBERED_BYTES_MAX)
  expect(bytes).toBeGreaterThan(REMEMBERED_BYTES_MAX / 2)
})
