// What one server, which signs nothing, can say of a block whose header is proven.
import { createPublicClient, custom } from 'viem'
import { describe, expect, it } from 'vitest'
import { toHex } from '../../../src/base/bytes.ts'
import { readTransaction } from '../../../src/client/block.ts'
import { provenTransaction } from '../../../src/client/proven-json.ts'
import { verified } from '../../../src/client/verified-transport.ts'
import { encodeRlp } from '../../../src/codec/rlp.ts'
import { hashHeader } from '../../../src/crypto/digests.ts'
import { signTransaction } from '../../../src/crypto/transaction-codec.ts'
import { encodeBlock } from '../../../src/ledger/block-encoding.ts'
import type { FinalBlock } from '../../../src/node/node-api.ts'
import { blockJson } from '../../../src/rpc/serializers/block.ts'
import { orderedTrieRoot } from '../../../src/trie/ordered-root.ts'
import { EMPTY_ROOT } from '../../../src/trie/trie.ts'
import { headerItem } from '../../../src/types/header.ts'
import { hashFromBytes, ZERO_ADDRESS } from '../../../src/types/ids.ts'
import { member, SignedChain } from './signed-chain.ts'

/** A chain of one block without transactions, and who reads it from a server that may lie. */
function open() {
  const chain = new SignedChain([1, 2, 3, 4].map((key) => member(key)))
  const header = { ...chain.headerOf(1), transactionsRoot: hashFromBytes(EMPTY_ROOT) }
  const hash = hashHeader(header)
  chain.blocks.push({ hash, header, proof: chain.certified([header], 1) })
  const read = (raw = encodeBlock(header, []), byHash?: null) => {
    const block: FinalBlock = { hash, header, sizeBytes: raw.length, transactions: [], receipts: [], finality: null }
    const request = ({ method, params = [] }: { method: string; params?: readonly unknown[] }): Promise<unknown> => {
      const isBlock = method === 'eth_getBlockByNumber' || method === 'eth_getBlockByHash'
      if (method === 'debug_getRawBlock') return Promise.resolve(toHex(raw))
      if (method === 'eth_getBlockByHash' && byHash === null) return Promise.resolve(null)
      return Promise.resolve(isBlock ? blockJson(block, false) : chain.answer(method, params))
    }
    const transport = verified(custom({ request }, { retryCount: 0 }), { genesis: chain.genesisHash })
    return createPublicClient({ transport })
  }
  return { header, hash, read }
}

describe('a block', () => {
  it('has the size of what is proven of it', async () => {
    const { header, read } = open()
    const padding = new Uint8Array(100_000)
    for (const padded of [
      [[padding], [], []],
      [headerItem(header), [], [padding]],
    ])
      await expect(read(encodeRlp(padded)).getBlock()).rejects.toThrow('not the block of that header')
    expect((await read().getBlock()).size).toBe(BigInt(encodeBlock(header, []).length))
  })

  it('that was proven once cannot be denied, by its hash either', async () => {
    const { hash, read } = open()
    const client = read(undefined, null)
    expect((await client.getBlock()).hash).toBe(hash)
    await expect(client.getBlock({ blockHash: hash })).rejects.toThrow(`block ${hash} exists`)
  })
})

describe('a transaction', () => {
  const { signer } = member(9)
  const fields = {
    ...({ type: 2, chainId: 1, nonce: 0, gasLimit: 21_000 } as const),
    ...{ to: ZERO_ADDRESS, value: 1n, data: new Uint8Array(0), accessList: [] },
    ...{ maxFeePerGas: 10n, maxPriorityFeePerGas: 0n },
  }
  const transaction = readTransaction(signTransaction(fields, signer))
  const place = { blockHash: null, blockNumber: null, blockTimestamp: null, transactionIndex: null }
  const pending = { ...provenTransaction(transaction, place, '0xa') }

  /** Of a chain whose only block holds it, and a server that says `answer` of it. */
  function open(answer: unknown) {
    const chain = new SignedChain([1, 2, 3, 4].map((key) => member(key)))
    const transactionsRoot = hashFromBytes(orderedTrieRoot([transaction.envelope]))
    const header = { ...chain.headerOf(1), transactionsRoot }
    const hash = hashHeader(header)
    chain.blocks.push({ hash, header, proof: chain.certified([header], 1) })
    const raw = encodeBlock(header, [transaction.envelope])
    const shown = { hash, header, sizeBytes: raw.length, transactions: [transaction], receipts: [], finality: null }
    const answers: Record<string, unknown> = {
      debug_getRawBlock: toHex(raw),
      debug_getRawTransaction: toHex(transaction.envelope),
      eth_getBlockByNumber: blockJson(shown, false),
      eth_getTransactionByHash: answer,
      eth_getTransactionReceipt: answer,
    }
    const request = ({ method, params = [] }: { method: string; params?: readonly unknown[] }): Promise<unknown> =>
      Promise.resolve(method in answers ? answers[method] : chain.answer(method, params))
    const client = createPublicClient({
      transport: verified(custom({ request }, { retryCount: 0 }), { genesis: chain.genesisHash }),
    })
    const ask = (method: 'eth_getTransactionByHash' | 'eth_getTransactionReceipt') =>
      client.request({ method, params: [transaction.hash] })
    return { client, ask }
  }

  it('of a block that was proven cannot be denied, nor shown as pending', async () => {
    for (const method of ['eth_getTransactionByHash', 'eth_getTransactionReceipt'] as const) {
      const { client, ask } = open(null)
      // Until then it may not be there.
      expect(await ask(method)).toBeNull()
      await client.getBlock()
      await expect(ask(method)).rejects.toThrow(`transaction ${transaction.hash} is final`)
    }
    const { client, ask } = open(pending)
    expect(await ask('eth_getTransactionByHash')).toMatchObject(place)
    await client.getBlock()
    await expect(ask('eth_getTransactionByHash')).rejects.toThrow(`transaction ${transaction.hash} is final`)
  })
})
