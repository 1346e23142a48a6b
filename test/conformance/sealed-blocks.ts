/** A node whose chain has blocks of exactly so many transactions, of all three types, transfers and calls of a module. */
import { setTimeout } from 'node:timers/promises'
import { encodeFunctionData, parseAbi } from 'viem'
import { type HDAccount, mnemonicToAccount } from 'viem/accounts'
import { storageKey } from '../../src/ledger/module.ts'
import { ask, post, startSingleNode } from './single-node.ts'

export const CHAIN_ID = 13_371
export const MODULE = '0x0000000000000000000000000000000000001001'

const MNEMONIC = 'test test test test test test test test test test test junk'
const RECIPIENT = '0x00000000000000000000000000000000000000aa'
const KEY = `0x${'ab'.repeat(32)}` as const
const BALANCE = '0xc097ce7bc90715b34b9f'
/** Below the gap of nonces that the pool allows. */
const TRANSACTIONS_PER_SENDER = 50
const BATCH_ITEMS = 100
const BLOCK_INTERVAL_MS = 1_000
const ATTEMPTS_MAX = 10
/** An idle node makes an empty block so often. */
const HEARTBEAT_MS = 2_000
const abi = parseAbi(['function put(bytes32 key, bytes value)'])

type Hex = `0x${string}`

interface BlockSummary {
  readonly hash: Hex
  readonly transactions: readonly Hex[]
}

export interface SealedBlocks {
  readonly url: string
  /** An account that pays in each of the blocks or before. */
  readonly sender: Hex
  /** Slots of the module that are set in each of the blocks. */
  readonly slots: readonly Hex[]
  hashOf(size: number): Hex
  stop(): Promise<void>
}

export async function sealBlocks(sizes: readonly number[]): Promise<SealedBlocks> {
  const [pacer, ...senders] = Array.from(
    { length: 1 + Math.ceil(Math.max(...sizes) / TRANSACTIONS_PER_SENDER) },
    (_, at) => mnemonicToAccount(MNEMONIC, { addressIndex: at }),
  )
  if (pacer === undefined) throw new Error('no account')
  const node = await startSingleNode({
    chainId: CHAIN_ID,
    gasLimit: 100_000_000,
    consensus: { blockIntervalMsMin: BLOCK_INTERVAL_MS, heartbeatMs: HEARTBEAT_MS },
    alloc: Object.fromEntries([pacer, ...senders].map(({ address }) => [address, { balance: BALANCE }])),
  })
  const nonces = new Map<HDAccount, number>()
  const next = (account: HDAccount) => {
    const nonce = nonces.get(account) ?? 0
    nonces.set(account, nonce + 1)
    return nonce
  }
  /** Undefined when the block's time came before all of them were executable, as on a busy machine it may. */
  const trySealing = async (size: number): Promise<Hex | undefined> => {
    const signed = await Promise.all(
      Array.from({ length: size }, (_, index) => {
        const sender = senders[Math.floor(index / TRANSACTIONS_PER_SENDER)] as HDAccount
        return sign(sender, next(sender), index)
      }),
    )
    const isFirst = (_: Hex, index: number) => index % TRANSACTIONS_PER_SENDER === 0
    // All but the first of each sender wait behind it. After a block of the pacer the next one has to
    // wait for its time, in which all of these become executable at once.
    await sendAll(
      node.url,
      signed.filter((transaction, index) => !isFirst(transaction, index)),
    )
    await ask(node.url, 'eth_sendRawTransactionSync', await sign(pacer, next(pacer), 3))
    await sendAll(node.url, signed.filter(isFirst))
    return blockHashOf(node.url, signed)
  }
  const hashes = new Map<number, Hex>()
  for (const size of sizes.filter((each) => each > 0)) {
    let hash: Hex | undefined
    for (let attempt = 0; hash === undefined && attempt < ATTEMPTS_MAX; attempt++) hash = await trySealing(size)
    if (hash === undefined) throw new Error(`no block of ${size} transactions in ${ATTEMPTS_MAX} attempts`)
    hashes.set(size, hash)
  }
  hashes.set(0, await emptyBlockHash(node.url))
  return {
    url: node.url,
    sender: pacer.address,
    // Where a map in slot 0 has its values, as `cast index bytes32 <key> 0` finds them.
    slots: [storageKey(pacer.address), storageKey(pacer.address, KEY)].map((key) => storageKey(key, 0n)),
    hashOf: (size) => hashes.get(size) as Hex,
    stop: () => node.stop(),
  }
}

/** Of the type, and with the content, that its index says. */
function sign(account: HDAccount, nonce: number, index: number): Promise<Hex> {
  const content =
    index % 4 === 3
      ? ({
          to: MODULE,
          gas: 150_000n,
          data: encodeFunctionData({ abi, functionName: 'put', args: [KEY, '0x01'] }),
        } as const)
      : ({ to: RECIPIENT, gas: 40_000n, value: 1n } as const)
  const call = { chainId: CHAIN_ID, nonce, ...content }
  const price = 3_000_000_000n
  const accessList = [{ address: MODULE, storageKeys: [KEY] }] as const
  if (index % 3 === 0) return account.signTransaction({ ...call, type: 'legacy', gasPrice: price })
  if (index % 3 === 1) return account.signTransaction({ ...call, type: 'eip2930', gasPrice: price, accessList })
  return account.signTransaction({
    ...call,
    type: 'eip1559',
    maxFeePerGas: price,
    maxPriorityFeePerGas: 7n,
    accessList,
  })
}

async function sendAll(url: string, transactions: readonly Hex[]): Promise<void> {
  for (let start = 0; start < transactions.length; start += BATCH_ITEMS) {
    const batch = transactions
      .slice(start, start + BATCH_ITEMS)
      .map((transaction, id) => ({ jsonrpc: '2.0', id, method: 'eth_sendRawTransaction', params: [transaction] }))
    const answers = (await post(url, batch)) as unknown as readonly { readonly error?: { readonly message: string } }[]
    for (const { error } of answers) if (error !== undefined) throw new Error(error.message)
  }
}

/** Of the one block that all of these are in, and nothing else. */
async function blockHashOf(url: string, signed: readonly Hex[]): Promise<Hex | undefined> {
  const last = signed.at(-1) as Hex
  const { blockHash } = (await ask(url, 'eth_sendRawTransactionSync', last)) as { readonly blockHash: Hex }
  const { transactions } = (await ask(url, 'eth_getBlockByHash', blockHash, false)) as BlockSummary
  return transactions.length === signed.length ? blockHash : undefined
}

/** Of a block after the others. */
async function emptyBlockHash(url: string): Promise<Hex> {
  for (;;) {
    const { hash, transactions } = (await ask(url, 'eth_getBlockByNumber', 'latest', false)) as BlockSummary
    if (transactions.length === 0) return hash
    await setTimeout(BLOCK_INTERVAL_MS)
  }
}
