/**
 * The same transfers on anvil and here: every answer has the same fields of the same types. What
 * differs is listed in docs/json-rpc.md with its reason. Not compared: internal operations, of which there are none
 * without an EVM, while anvil counts the transfer itself.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { createWalletClient, encodeFunctionData, http, parseAbi, toHex } from 'viem'
import { mnemonicToAccount } from 'viem/accounts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { shapeDifferences } from './shape.ts'
import { ask, chainOf, type SingleNode, startSingleNode } from './single-node.ts'

const DOCUMENT = fileURLToPath(new URL('../../docs/json-rpc.md', import.meta.url))
const ANVIL = fileURLToPath(new URL('../../node_modules/.bin/anvil', import.meta.url))
const CHAIN_ID = 13_371
const account = mnemonicToAccount('test test test test test test test test test test test junk')
const sender = account.address
const RECIPIENT = '0x00000000000000000000000000000000000000aa'
const MODULE = '0x0000000000000000000000000000000000001001'
const KEY = `0x${'ab'.repeat(32)}` as const
const PUT = encodeFunctionData({
  abi: parseAbi(['function put(bytes32 key, bytes value)']),
  functionName: 'put',
  args: [KEY, '0x01'],
})
const SLOT = `0x${'00'.repeat(32)}`
/** What there is of the module on anvil: SSTORE(0, 1), and LOG1 with one topic and a word of data. */
const LOGGING_CODE = `0x60016000557f${'ab'.repeat(32)}60206000a100`

/** Fields of anvil that are missing here: the table in docs/json-rpc.md, where the reasons stand. */
const ABSENT = absentFieldsOf(readFileSync(DOCUMENT, 'utf8'))
/** Those that some answer above needed. */
const met = new Set<string>()

interface Sent {
  readonly url: string
  /** Of the first transfer and the block that it is in. */
  readonly hash: string
  readonly block: string
  readonly blockHash: string
  /** Of a transfer of each type: 2, 1, 0. */
  readonly hashes: readonly string[]
  /** Of a call that leaves a log, and the block that it is in. */
  readonly logged: string
  readonly loggedBlock: string
}

let anvil: ChildProcess
let node: SingleNode
let theirs: Sent
let ours: Sent

beforeAll(async () => {
  const [anvilUrl, single] = await Promise.all([
    startAnvil(),
    startSingleNode({ chainId: CHAIN_ID, alloc: { [sender]: { balance: '0xc097ce7bc90715b34b9f' } } }),
  ])
  node = single
  await ask(anvilUrl, 'anvil_setCode', MODULE, LOGGING_CODE)
  theirs = await transfer(anvilUrl)
  ours = await transfer(node.url)
})

afterAll(async () => {
  anvil.kill()
  await node.stop()
})

describe('the same transfers on anvil give answers of the same shape', () => {
  const requests: [name: string, method: string, params: (sent: Sent) => unknown[]][] = [
    ['a block with hashes', 'eth_getBlockByNumber', ({ block }) => [block, false]],
    ['a block with transactions', 'eth_getBlockByHash', ({ blockHash }) => [blockHash, true]],
    ['a transaction', 'eth_getTransactionByHash', ({ hash }) => [hash]],
    ['a receipt', 'eth_getTransactionReceipt', ({ hash }) => [hash]],
    ['a transaction of type 1', 'eth_getTransactionByHash', ({ hashes }) => [hashes[1]]],
    ['its receipt', 'eth_getTransactionReceipt', ({ hashes }) => [hashes[1]]],
    ['a legacy transaction', 'eth_getTransactionByHash', ({ hashes }) => [hashes[2]]],
    ['its receipt', 'eth_getTransactionReceipt', ({ hashes }) => [hashes[2]]],
    ['receipts of a block', 'eth_getBlockReceipts', ({ block }) => [block]],
    ['a call that leaves a log', 'eth_getTransactionByHash', ({ logged }) => [logged]],
    ['a receipt with a log', 'eth_getTransactionReceipt', ({ logged }) => [logged]],
    ['receipts with a log', 'eth_getBlockReceipts', ({ loggedBlock }) => [loggedBlock]],
    ['logs', 'eth_getLogs', () => [{ fromBlock: '0x0', address: MODULE }]],
    ['a page of a block with a log', 'ots_getBlockTransactions', ({ loggedBlock }) => [Number(loggedBlock), 0, 25]],
    ['the fee history', 'eth_feeHistory', () => ['0x2', 'latest', [10, 50]]],
    ['an account proof', 'eth_getProof', () => [sender, [], 'latest']],
    ['a proof of absence', 'eth_getProof', () => [`0x${'99'.repeat(20)}`, [], 'latest']],
    ['a proof of storage', 'eth_getProof', () => [MODULE, [SLOT, KEY], 'latest']],
    ['the pool', 'txpool_status', () => []],
    ['syncing', 'eth_syncing', () => []],
    ['the API level', 'ots_getApiLevel', () => []],
    ['block details', 'ots_getBlockDetails', ({ block }) => [Number(block)]],
    ['block details by hash', 'ots_getBlockDetailsByHash', ({ blockHash }) => [blockHash]],
    ['a page of a block', 'ots_getBlockTransactions', ({ block }) => [Number(block), 0, 25]],
    ['the newest of an address', 'ots_searchTransactionsBefore', () => [sender, 0, 1]],
    ['the oldest of an address', 'ots_searchTransactionsAfter', () => [sender, 0, 2]],
    ['by sender and nonce', 'ots_getTransactionBySenderAndNonce', () => [sender, 1]],
    ['by a nonce that is not used', 'ots_getTransactionBySenderAndNonce', () => [sender, 99]],
    ['an error', 'ots_getTransactionError', ({ hash }) => [hash]],
    ['code', 'ots_hasCode', () => [sender, 'latest']],
    ['a trace', 'ots_traceTransaction', ({ hash }) => [hash]],
    ['a creator', 'ots_getContractCreator', () => [RECIPIENT]],
  ]

  it.each(requests)('%s', async (_, method, params) => {
    const wanted = await ask(theirs.url, method, ...params(theirs))
    const actual = await ask(ours.url, method, ...params(ours))
    expect(unlisted(wanted, actual)).toEqual([])
  })

  it("Erigon's header, but for what anvil adds of the block", async () => {
    const answer = (await ask(theirs.url, 'erigon_getHeaderByNumber', 'latest')) as object
    const ofBlock = ['size', 'uncles', 'transactions']
    const wanted = Object.fromEntries(Object.entries(answer).filter(([field]) => !ofBlock.includes(field)))
    expect(unlisted(wanted, await ask(ours.url, 'erigon_getHeaderByNumber', 'latest'))).toEqual([])
  })

  it('and nothing is listed as missing that is not', () => {
    expect(ABSENT.length).toBeGreaterThan(0)
    expect(ABSENT.filter((field) => !met.has(field))).toEqual([])
  })
})

interface Page {
  readonly txs: readonly { readonly nonce: string }[]
  readonly receipts: readonly { readonly timestamp: string }[]
  readonly firstPage: boolean
  readonly lastPage: boolean
}

describe('the history of an address', () => {
  const page = async (url: string, method: string, from: number) => {
    const { txs, firstPage, lastPage } = (await ask(url, method, sender, from, 2)) as Page
    return { nonces: txs.map(({ nonce }) => nonce), firstPage, lastPage }
  }

  it('is paged as on anvil, from either end', async () => {
    const offset = Number(ours.block) - Number(theirs.block)
    for (const method of ['ots_searchTransactionsBefore', 'ots_searchTransactionsAfter']) {
      // Anvil does not tell the end of an empty page, so none is asked for.
      for (const at of [0, 2, 3]) {
        const from = Number(theirs.block) - 1 + at
        const wanted = await page(theirs.url, method, at === 0 ? 0 : from)
        expect(await page(ours.url, method, at === 0 ? 0 : from + offset), `${method} ${at}`).toEqual(wanted)
      }
    }
  })

  it('has what the recipient got', async () => {
    const { txs, lastPage } = (await ask(ours.url, 'ots_searchTransactionsBefore', RECIPIENT, 0, 25)) as Page
    expect(txs).toHaveLength(3)
    expect(lastPage).toBe(true)
  })
})

/** In what the shapes differ beyond what the document says. */
function unlisted(wanted: unknown, actual: unknown): readonly string[] {
  return shapeDifferences(wanted, actual, {}).filter((difference) => {
    const field = /\.(\w+): missing$/.exec(difference)?.[1]
    if (field === undefined || !ABSENT.includes(field)) return true
    met.add(field)
    return false
  })
}

function absentFieldsOf(document: string): readonly string[] {
  const table = /<!-- missing beside anvil -->(.*)<!-- end of missing -->/s.exec(document)?.[1] ?? ''
  return [...table.matchAll(/^\| `(\w+)` \|/gm)].flatMap(([, field]) => field ?? [])
}

function startAnvil(): Promise<string> {
  anvil = spawn(ANVIL, ['--port', '0', '--chain-id', String(CHAIN_ID)], { stdio: ['ignore', 'pipe', 'ignore'] })
  return new Promise((resolve, reject) => {
    anvil.once('error', reject)
    if (anvil.stdout === null) throw new Error('the output of anvil is not piped')
    createInterface(anvil.stdout).on('line', (line) => {
      const address = /Listening on (\S+)/.exec(line)?.[1]
      if (address !== undefined) resolve(`http://${address}`)
    })
  })
}

/** A transfer of each type and a call that leaves a log, each in a block of its own. */
async function transfer(url: string): Promise<Sent> {
  const wallet = createWalletClient({ account, chain: chainOf(CHAIN_ID, url), transport: http(url) })
  const receipts = []
  for (const type of ['eip1559', 'eip2930', 'legacy'] as const) {
    receipts.push(await wallet.sendTransactionSync({ to: RECIPIENT, value: 1n, type }))
  }
  const [first] = receipts
  if (first === undefined) throw new Error('nothing was sent')
  const hashes = receipts.map(({ transactionHash }) => transactionHash)
  const log = await wallet.sendTransactionSync({ to: MODULE, data: PUT, gas: 200_000n })
  const { transactionHash: hash, blockNumber, blockHash } = first
  const [block, loggedBlock] = [blockNumber, log.blockNumber].map((number) => toHex(number)) as [string, string]
  return { url, hash, hashes, block, blockHash, logged: log.transactionHash, loggedBlock }
}
