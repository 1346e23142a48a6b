/**
 * What a node answers is enough for others to check it: @ethereumjs computes each hash and root anew
 * from the JSON alone, and follows each proof, for blocks of many sizes. One changed byte is found.
 */
import { type Block, createBlockFromRPC, type JSONRPCBlock } from '@ethereumjs/block'
import { createCustomCommon, Hardfork, Mainnet } from '@ethereumjs/common'
import { createMerkleProof, createMPT, type MerklePatriciaTrie, verifyMerkleProof } from '@ethereumjs/mpt'
import { RLP } from '@ethereumjs/rlp'
import { bytesToHex, concatBytes, hexToBytes } from '@ethereumjs/util'
import { beforeAll, describe, expect, it } from 'vitest'
import { CHAIN_ID, MODULE, type SealedBlocks, sealBlocks } from './sealed-blocks.ts'
import { ask } from './single-node.ts'

type Hex = `0x${string}`

interface LogAnswer {
  readonly address: Hex
  readonly topics: readonly Hex[]
  readonly data: Hex
}

interface ReceiptAnswer {
  readonly type: Hex
  readonly status: Hex
  readonly cumulativeGasUsed: Hex
  readonly logsBloom: Hex
  readonly logs: readonly LogAnswer[]
}

interface ProofAnswer {
  readonly balance: Hex
  readonly nonce: Hex
  readonly codeHash: Hex
  readonly storageHash: Hex
  readonly accountProof: readonly Hex[]
  readonly storageProof: readonly { readonly key: Hex; readonly value: Hex; readonly proof: readonly Hex[] }[]
}

const SIZES = [0, 1, 2, 17, 128, 1_000]
const ABSENT = `0x${'99'.repeat(20)}` as const
const ABSENT_SLOT = `0x${'77'.repeat(32)}` as const
const common = createCustomCommon({ chainId: CHAIN_ID }, Mainnet, { hardfork: Hardfork.London })

let sealed: SealedBlocks

beforeAll(async () => {
  sealed = await sealBlocks(SIZES)
  return () => sealed.stop()
}, 300_000)

async function blockOf(size: number): Promise<JSONRPCBlock> {
  return (await ask(sealed.url, 'eth_getBlockByHash', sealed.hashOf(size), true)) as JSONRPCBlock
}

async function receiptsOf(size: number): Promise<readonly ReceiptAnswer[]> {
  return (await ask(sealed.url, 'eth_getBlockReceipts', sealed.hashOf(size))) as ReceiptAnswer[]
}

async function proofOf(size: number, address: Hex, slots: readonly Hex[] = []): Promise<ProofAnswer> {
  return (await ask(sealed.url, 'eth_getProof', address, slots, { blockHash: sealed.hashOf(size) })) as ProofAnswer
}

/** Their block. Their rule of 32 bytes of extra data is left out: ours holds what consensus binds to the header. */
function theirs(answer: JSONRPCBlock): Block {
  return createBlockFromRPC(answer, [], { common, skipConsensusFormatValidation: true })
}

function encodeReceipt({ type, status, cumulativeGasUsed, logsBloom, logs }: ReceiptAnswer): Uint8Array {
  const encoded = RLP.encode([
    Number(status),
    BigInt(cumulativeGasUsed),
    logsBloom,
    logs.map(({ address, topics, data }) => [address, [...topics], data]),
  ])
  return type === '0x0' ? encoded : concatBytes(Uint8Array.of(Number(type)), encoded)
}

/** Their trie of values by index, as transactions and receipts of a block are in. */
async function indexTrie(values: readonly Uint8Array[]): Promise<MerklePatriciaTrie> {
  const trie = await createMPT()
  for (const [index, value] of values.entries()) await trie.put(RLP.encode(index), value)
  return trie
}

/** The value that a proof shows under a root; null when it shows that there is none. @throws when it shows nothing. */
function follow(root: Hex, key: Uint8Array, proof: readonly Uint8Array[], useKeyHashing: boolean) {
  return verifyMerkleProof(key, [...proof], { root: hexToBytes(root), useKeyHashing })
}

function followState(root: Hex, key: Hex, proof: readonly Hex[]) {
  return follow(root, hexToBytes(key), proof.map(hexToBytes), true)
}

function accountOf({ nonce, balance, storageHash, codeHash }: ProofAnswer): Hex {
  return bytesToHex(RLP.encode([BigInt(nonce), BigInt(balance), storageHash, codeHash]))
}

function withOneByteChanged(bytes: Uint8Array, at: number): Uint8Array {
  return bytes.with(at, (bytes[at] ?? 0) ^ 0x01)
}

function hexWithOneByteChanged(hex: Hex, at = -1): Hex {
  const bytes = hexToBytes(hex)
  return bytesToHex(withOneByteChanged(bytes, at < 0 ? bytes.length + at : at))
}

function firstMiddleLast(size: number): readonly number[] {
  return [...new Set([0, size >> 1, size - 1])]
}

describe.each(SIZES)('a block of %i transactions', (size) => {
  it('has a header whose hash others compute', async () => {
    const answer = await blockOf(size)
    expect(answer.transactions).toHaveLength(size)
    expect(bytesToHex(theirs(answer).hash())).toBe(answer.hash)
  })

  it('has transactions of the root that it states, with hashes and senders that others find', async () => {
    const answer = await blockOf(size)
    const block = theirs(answer)
    expect(await block.transactionsTrieIsValid()).toBe(true)
    const found = block.transactions.map((transaction) => ({
      hash: bytesToHex(transaction.hash()),
      from: transaction.getSenderAddress().toString(),
    }))
    expect(found).toEqual((answer.transactions as { hash: Hex; from: Hex }[]).map(({ hash, from }) => ({ hash, from })))
  })

  it('has receipts of the root and the bloom filter that it states', async () => {
    const { receiptsRoot, logsBloom } = await blockOf(size)
    const receipts = await receiptsOf(size)
    expect(receipts).toHaveLength(size)
    expect(bytesToHex((await indexTrie(receipts.map(encodeReceipt))).root())).toBe(receiptsRoot)
    const blooms = receipts.map((receipt) => BigInt(receipt.logsBloom))
    expect(blooms.reduce((union, bloom) => union | bloom, 0n)).toBe(BigInt(logsBloom))
  })

  it('gives proofs of its state that lead to what it answers', async () => {
    const { stateRoot } = await blockOf(size)
    const sender = await proofOf(size, sealed.sender)
    const proven = await followState(stateRoot, sealed.sender, sender.accountProof)
    expect(proven && bytesToHex(proven)).toBe(accountOf(sender))
  })

  it('gives proofs that an account and a slot are not there', async () => {
    const { stateRoot } = await blockOf(size)
    const { accountProof } = await proofOf(size, ABSENT)
    expect(await followState(stateRoot, ABSENT, accountProof)).toBeNull()
    const { storageHash, storageProof } = await proofOf(size, MODULE, [ABSENT_SLOT])
    expect(storageProof).toMatchObject([{ key: ABSENT_SLOT, value: '0x0' }])
    expect(await followState(storageHash, ABSENT_SLOT, storageProof[0]?.proof ?? [])).toBeNull()
  })
})

describe.each(SIZES.filter((size) => size > 0))('one changed byte in a block of %i transactions', (size) => {
  it('of any field of the header makes another hash', async () => {
    const answer = await blockOf(size)
    const changed = ['parentHash', 'miner', 'stateRoot', 'receiptsRoot', 'logsBloom', 'extraData', 'mixHash'] as const
    for (const field of changed) {
      const lie = { ...answer, transactions: [], [field]: hexWithOneByteChanged(answer[field] as Hex) }
      expect(bytesToHex(theirs(lie).hash()), field).not.toBe(answer.hash)
    }
    for (const field of ['gasUsed', 'timestamp', 'number', 'baseFeePerGas'] as const) {
      const lie = { ...answer, transactions: [], [field]: `0x${(BigInt(answer[field] as Hex) ^ 1n).toString(16)}` }
      expect(bytesToHex(theirs(lie).hash()), field).not.toBe(answer.hash)
    }
  })

  it('of a transaction or a receipt leads its proof nowhere', async () => {
    const answer = await blockOf(size)
    const envelopes = theirs(answer).transactions.map((transaction) => transaction.serialize())
    const receipts = (await receiptsOf(size)).map(encodeReceipt)
    const parts = [
      { root: answer.transactionsRoot, values: envelopes },
      { root: answer.receiptsRoot, values: receipts },
    ]
    for (const { root, values } of parts) {
      const trie = await indexTrie(values)
      for (const index of firstMiddleLast(size)) {
        const key = RLP.encode(index)
        const proof = await createMerkleProof(trie, key)
        expect(await follow(root, key, proof, false)).toEqual(values[index])
        await expectNothingShown(root, key, proof, false)
        const other = values.with(index, withOneByteChanged(values[index] as Uint8Array, 5))
        expect(bytesToHex((await indexTrie(other)).root())).not.toBe(root)
      }
    }
  })

  it('of a proof of the state, there or absent, shows nothing', async () => {
    const { stateRoot } = await blockOf(size)
    for (const address of [sealed.sender, ABSENT]) {
      const { accountProof } = await proofOf(size, address)
      await expectNothingShown(stateRoot, hexToBytes(address), accountProof.map(hexToBytes), true)
    }
    const { storageHash, storageProof } = await proofOf(size, MODULE, [...sealed.slots, ABSENT_SLOT])
    for (const { key, proof } of storageProof) {
      await expectNothingShown(storageHash, hexToBytes(key), proof.map(hexToBytes), true)
    }
  })
})

/** Whichever byte of the proof is changed, at every seventh place. */
async function expectNothingShown(root: Hex, key: Uint8Array, proof: readonly Uint8Array[], useKeyHashing: boolean) {
  expect(proof.length).toBeGreaterThan(0)
  for (const [place, node] of proof.entries()) {
    for (let at = 0; at < node.length; at += 7) {
      const changed = proof.with(place, withOneByteChanged(node, at))
      await expect(follow(root, key, changed, useKeyHashing), `node ${place}, byte ${at}`).rejects.toThrow()
    }
  }
}

describe('the storage of a module', () => {
  it('is proven slot by slot from the root in its account', async () => {
    const { stateRoot } = await blockOf(1_000)
    const module = await proofOf(1_000, MODULE, sealed.slots)
    const account = await followState(stateRoot, MODULE, module.accountProof)
    expect(account && bytesToHex(account)).toBe(accountOf(module))
    expect(module.storageProof.map(({ key }) => key)).toEqual(sealed.slots)
    for (const { key, value, proof } of module.storageProof) {
      expect(BigInt(value)).toBeGreaterThan(0n)
      const proven = await followState(module.storageHash, key, proof)
      expect(proven && bytesToHex(proven)).toBe(bytesToHex(RLP.encode(value)))
    }
  })

  it('has a proof of absence where nothing was ever stored', async () => {
    const { storageHash, storageProof } = await proofOf(1_000, sealed.sender, [ABSENT_SLOT])
    expect(storageProof).toEqual([{ key: ABSENT_SLOT, value: '0x0', proof: [] }])
    expect(storageHash).toBe(bytesToHex((await createMPT()).root()))
  })
})
