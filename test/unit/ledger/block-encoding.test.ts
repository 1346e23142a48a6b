import { createBlockFromRLP } from '@ethereumjs/block'
import { Common, Hardfork, Mainnet } from '@ethereumjs/common'
import { hexToBytes } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { expect, it } from 'vitest'
import { toHex } from '../../../src/base/bytes.ts'
import { hashHeader } from '../../../src/crypto/digests.ts'
import { encodeBlock } from '../../../src/ledger/block-encoding.ts'
import { EMPTY_BLOOM } from '../../../src/ledger/receipt-codec.ts'
import { orderedTrieRoot } from '../../../src/trie/ordered-root.ts'
import type { Header } from '../../../src/types/header.ts'
import { type Hash, ZERO_ADDRESS, ZERO_HASH } from '../../../src/types/ids.ts'

const account = privateKeyToAccount(`0x${'11'.repeat(32)}`)
const common = new Common({ chain: Mainnet, hardfork: Hardfork.London })

async function envelopes(): Promise<Uint8Array[]> {
  const call = { chainId: 1, to: account.address, gas: 21_000n, value: 1n } as const
  const signed = await Promise.all([
    account.signTransaction({ ...call, type: 'legacy', nonce: 0, gasPrice: 7n }),
    account.signTransaction({ ...call, type: 'eip2930', nonce: 1, gasPrice: 7n, accessList: [] }),
    account.signTransaction({ ...call, type: 'eip1559', nonce: 2, maxFeePerGas: 7n, maxPriorityFeePerGas: 1n }),
  ])
  return signed.map((hex) => hexToBytes(hex))
}

function headerOf(transactions: readonly Uint8Array[]): Header {
  return {
    parentHash: ZERO_HASH,
    miner: ZERO_ADDRESS,
    stateRoot: ZERO_HASH,
    transactionsRoot: toHex(orderedTrieRoot(transactions)) as Hash,
    receiptsRoot: ZERO_HASH,
    logsBloom: EMPTY_BLOOM,
    height: 1,
    gasLimit: 30_000_000,
    gasUsed: 63_000,
    baseFeePerGas: 7n,
    consensus: {
      ...{ epoch: 1, view: 1, justifyView: 0, justifyDigest: ZERO_HASH, tcDigest: null },
      ...{ validatorsHash: ZERO_HASH, nextValidatorsHash: ZERO_HASH, end: false, suffix: false, timeMs: 1_000 },
    },
  }
}

it('is read by others as a block of the same hash, root and transactions, whatever their types', async () => {
  const transactions = await envelopes()
  const header = headerOf(transactions)
  const encoded = encodeBlock(header, transactions)
  const theirs = createBlockFromRLP(encoded, { common, skipConsensusFormatValidation: true })
  expect(toHex(theirs.hash())).toBe(hashHeader(header))
  expect(theirs.transactions.map((transaction) => toHex(transaction.serialize()))).toEqual(transactions.map(toHex))
  expect(await theirs.transactionsTrieIsValid()).toBe(true)
  expect(theirs.serialize()).toEqual(encoded)
})
