/**
 * The public conformance suite of ethereum/execution-apis against a network of one validator whose
 * genesis has the suite's values.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createWalletClient, encodeFunctionData, http, parseAbi, type TransactionReceipt, toHex } from 'viem'
import { mnemonicToAccount } from 'viem/accounts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Allowance, shapeDifferences } from './shape.ts'
import { ask, chainOf, type JsonRpcAnswer, post, type SingleNode, startSingleNode } from './single-node.ts'

const FOLDER = fileURLToPath(new URL('execution-apis', import.meta.url))
const DOCUMENT = fileURLToPath(new URL('../../docs/json-rpc.md', import.meta.url))
const MODULE = '0x0000000000000000000000000000000000001001'
const TOPIC = `0x${'ab'.repeat(32)}` as const
const account = mnemonicToAccount('test test test test test test test test test test test junk')
const abi = parseAbi(['function put(bytes32 key, bytes value)'])

/** Of headers later than London, whose fields a London block does not have. */
const LATER_FIELDS = ['withdrawals', 'withdrawalsRoot', 'blobGasUsed', 'excessBlobGas', 'parentBeaconBlockRoot']
const ALLOWANCE: Allowance = {
  absent: [...LATER_FIELDS, 'requestsHash', 'blobGasPrice', 'maxFeePerBlobGas', 'blobVersionedHashes'],
  extra: ['totalDifficulty', 'chainId', 'baseFeePerGas'],
  // The suite creates contracts in these transactions, ours call a module.
  nullable: ['to', 'contractAddress'],
  instead: { root: 'status' },
  emptied: ['precompiles', 'systemContracts'],
}

interface Case {
  readonly name: string
  readonly request: { readonly method: string; readonly params?: readonly unknown[] }
  readonly answer: JsonRpcAnswer
}

interface Block {
  readonly hash: string
  readonly transactions: unknown
  readonly size: unknown
  readonly uncles: unknown
}

interface GenesisValues {
  readonly chainId: number
  readonly alloc: Readonly<Record<string, unknown>>
}

/** Our own blocks and transactions in the place of the suite's. */
interface Landmarks {
  readonly transfer: TransactionReceipt
  readonly input: TransactionReceipt
  readonly accessList: TransactionReceipt
  readonly dynamicFee: TransactionReceipt
}

function casesIn(kind: string): readonly Case[] {
  const root = join(FOLDER, kind)
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.io'))
    .map((path) => {
      const lines = readFileSync(join(root, path), 'utf8').split('\n')
      const after = (mark: string) => lines.find((line) => line.startsWith(mark))?.slice(mark.length) ?? 'null'
      const request = JSON.parse(after('>>')) as Case['request']
      return { name: path.replace('.io', ''), request, answer: JSON.parse(after('<<')) as JsonRpcAnswer }
    })
}

/** Parameters for our chain; those of cases that are not listed hold here too. */
function retargeted(name: string, marks: Landmarks): readonly unknown[] | undefined {
  const { transfer, input, accessList, dynamicFee } = marks
  const range = { fromBlock: toHex(transfer.blockNumber), toBlock: toHex(input.blockNumber) }
  const params: Record<string, readonly unknown[]> = {
    'debug_getRawBlock/get-block-n': [toHex(input.blockNumber)],
    'debug_getRawReceipts/get-block-n': [toHex(input.blockNumber)],
    'debug_getRawTransaction/get-tx': [input.transactionHash],
    'eth_getBlockByNumber/get-block-london-fork': [toHex(accessList.blockNumber), false],
    'eth_getBlockByNumber/get-block-merge-fork': [toHex(dynamicFee.blockNumber), false],
    'eth_getBlockReceipts/get-block-receipts-n': [toHex(input.blockNumber)],
    'eth_getLogs/topic-null-wildcard': [{ ...range, topics: [null, null, [TOPIC]] }],
    'eth_getLogs/topic-wildcard': [{ ...range, topics: [[], [], [TOPIC]] }],
    'eth_getProof/get-account-proof-blockhash': [MODULE, [], dynamicFee.blockHash],
    'eth_getProof/get-account-proof-with-storage': [MODULE, ['0x00'], 'latest'],
    'eth_getTransactionByBlockHashAndIndex/get-block-n': [input.blockHash, '0x0'],
    'eth_getTransactionByBlockNumberAndIndex/get-block-n': [toHex(input.blockNumber), '0x0'],
  }
  const byHash: Record<string, TransactionReceipt> = {
    'get-access-list': accessList,
    'get-dynamic-fee': dynamicFee,
    'get-legacy-input': input,
    'get-legacy-tx': transfer,
    'get-legacy-receipt': transfer,
  }
  const [method = '', which = ''] = name.split('/')
  const hash = method.startsWith('eth_getTransaction') ? byHash[which]?.transactionHash : undefined
  return params[name] ?? (hash === undefined ? undefined : [hash])
}

/** As docs/json-rpc.md lists them. */
function notOffered(): readonly string[] {
  const table = /<!-- not offered -->(.*)<!-- end of not offered -->/s.exec(readFileSync(DOCUMENT, 'utf8'))?.[1] ?? ''
  const methods = [...table.matchAll(/^\| ([^|]+) \|/gm)].flatMap(([, names = '']) => names.match(/\w+_\w+/g) ?? [])
  if (methods.length === 0) throw new Error('the document lists no methods that are not offered')
  return methods
}

function withoutMessage({ result, error }: JsonRpcAnswer) {
  return error === undefined ? { result } : { code: error.code }
}

describe('execution-apis', () => {
  let node: SingleNode
  let marks: Landmarks

  beforeAll(async () => {
    const values = JSON.parse(readFileSync(join(FOLDER, 'genesis-values.json'), 'utf8')) as GenesisValues
    const alloc = { ...values.alloc, [account.address]: { balance: '0xc097ce7bc90715b34b9f1000000000' } }
    node = await startSingleNode({ ...values, alloc, consensus: { heartbeatMs: 0 } })
    marks = await scriptChain(node.url, values.chainId)
  })

  afterAll(() => node.stop())

  describe('verbatim', () => {
    it.each(casesIn('verbatim'))('$name', async ({ request, answer }) => {
      expect(withoutMessage(await post(node.url, request))).toEqual(withoutMessage(answer))
    })
  })

  describe('retargeted to our own chain', () => {
    it.each(casesIn('retarget'))('$name', async ({ name, request, answer }) => {
      const params = retargeted(name, marks) ?? request.params
      const own = await post(node.url, { ...request, ...(params !== undefined && { params }) })
      expect(own.error).toBeUndefined()
      expect(shapeDifferences(answer.result, own.result, ALLOWANCE)).toEqual([])
    })
  })

  describe('by schema', () => {
    it.each(casesIn('schema'))('$name', async ({ name, request, answer }) => {
      const params = name === 'eth_feeHistory/fee-history' ? ['0x1', '0x1', [95, 99]] : request.params
      const own = await post(node.url, { ...request, ...(params !== undefined && { params }) })
      expect(own.error).toBeUndefined()
      const allowance = { ...ALLOWANCE, extra: ['deleteStrategy'], absent: ['deleteStrategy'], emptied: ['pending'] }
      expect(shapeDifferences(answer.result, own.result, allowance)).toEqual([])
    })
  })

  describe('more of the suite', () => {
    const nobody = { from: `0x${'a1'.repeat(20)}`, to: `0x${'b1'.repeat(20)}` }
    const unknown = `0x${'00'.repeat(31)}01`
    /** Of genesis-values.json. */
    const plainAccount = {
      balance: '0xc097ce7bc90715b34b9f1000000000',
      nonce: '0x1',
      codeHash: '0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470',
      storageRoot: '0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421',
    }
    const noWord = `0x${'00'.repeat(32)}`
    const transferred = { accessList: [], gasUsed: '0x5208' }

    it.each([
      ['a call by somebody who could not pay for it', 'eth_call', [nobody, 'latest'], '0x'],
      ['a call without a block', 'eth_call', [nobody], '0x'],
      ['a call of an unknown type', 'eth_call', [{ ...nobody, type: '0x7f' }, 'latest'], '0x'],
      ['a call of type 0 with an access list', 'eth_call', [{ ...nobody, type: '0x0', accessList: [] }], '0x'],
      ['a call with a fee for blobs', 'eth_call', [{ ...nobody, maxFeePerBlobGas: '0x1' }, 'latest'], '0x'],
      ['a call at a block by its number', 'eth_call', [nobody, { blockNumber: '0x0' }], '0x'],
      ['an estimate for somebody who could not pay', 'eth_estimateGas', [nobody, 'latest'], '0x5208'],
      ['an access list for somebody who could not pay', 'eth_createAccessList', [nobody, 'latest'], transferred],
      ['an access list without a block', 'eth_createAccessList', [nobody], transferred],
      ['a balance at a block by its number', 'eth_getBalance', [nobody.from, { blockNumber: '0x0' }], '0x0'],
      ['the code of nobody', 'eth_getCode', [nobody.from], '0x'],
      ['the storage of nobody', 'eth_getStorageAt', [nobody.from, '0x0'], noWord],
      ['the account of nobody', 'eth_getAccount', [nobody.from, 'latest'], null],
      ['an account', 'eth_getAccount', ['0x0300100f529a704d19736a8714837adbc934db7f'], plainAccount],
      ['the fee of blobs', 'eth_blobBaseFee', [], '0x0'],
      ['the nonce of nobody', 'eth_getTransactionCount', [nobody.from, 'latest'], '0x0'],
      ['receipts of a block to come', 'eth_getBlockReceipts', ['0x3e8'], null],
      ['a header to come', 'eth_getHeaderByNumber', ['0x3e8'], null],
      ['an unknown header', 'eth_getHeaderByHash', [unknown], null],
      ['the block of no hash', 'eth_getBlockByHash', [noWord, true], null],
      ['receipts of the block of no hash', 'eth_getBlockReceipts', [noWord], null],
      ['the storage of nobody at a whole slot', 'eth_getStorageAt', [nobody.from, unknown, 'latest'], noWord],
      ['an unknown transaction in its encoding', 'debug_getRawTransaction', [unknown], null],
      ['the count of a block to come', 'eth_getBlockTransactionCountByNumber', ['0x3e8'], null],
    ])('%s', async (_, method, params, result) => {
      expect(await ask(node.url, method, ...params)).toEqual(result)
    })

    it.each([
      ['logs from a block to come', 'eth_getLogs', [{ fromBlock: '0x38', toBlock: 'latest' }], -32602],
      ['logs of blocks to come', 'eth_getLogs', [{ fromBlock: '0x38', toBlock: '0x3a' }], -32602],
      ['the storage of no account at all', 'eth_getStorageValues', [{}, 'latest'], -32602],
      ['a header by a number that is none', 'debug_getRawHeader', ['2'], -32602],
      ['a block by a number that is none', 'debug_getRawBlock', ['2'], -32602],
      ['a balance at an unknown block', 'eth_getBalance', [nobody.from, { blockHash: unknown }], -32001],
      ['a proof at an unknown block', 'eth_getProof', [nobody.from, [], { blockHash: unknown }], -32001],
    ])('%s', async (_, method, params, code) => {
      expect((await post(node.url, { jsonrpc: '2.0', id: 1, method, params })).error?.code).toBe(code)
    })

    it('a block by its hash in an object is that of its number', async () => {
      const { blockHash, blockNumber } = marks.transfer
      for (const block of [blockHash, { blockHash }, { blockHash, requireCanonical: true }]) {
        const balance = await ask(node.url, 'eth_getBalance', account.address, block)
        expect(balance).toBe(await ask(node.url, 'eth_getBalance', account.address, toHex(blockNumber)))
      }
    })

    it('a header is its block without what is in it', async () => {
      for (const tag of ['earliest', 'latest', 'safe', 'finalized', toHex(marks.input.blockNumber)]) {
        const { transactions, size, uncles, ...header } = (await ask(
          node.url,
          'eth_getBlockByNumber',
          tag,
          true,
        )) as Block
        expect([transactions, size, uncles]).not.toContain(undefined)
        expect(await ask(node.url, 'eth_getHeaderByNumber', tag)).toEqual(header)
        expect(await ask(node.url, 'eth_getHeaderByHash', header.hash)).toEqual(header)
      }
    })

    it.each(notOffered())('%s is refused as a method that there is not', async (method) => {
      const { error } = await post(node.url, { jsonrpc: '2.0', id: 1, method, params: [] })
      expect(error).toMatchObject({ code: -32601, message: expect.stringContaining('does not exist') as string })
    })
  })

  it('stays below the block that the suite takes for unknown', async () => {
    expect(Number(await ask(node.url, 'eth_blockNumber'))).toBeLessThan(0x37)
  })
})

/** One transaction of each kind, each in a block of its own; all but the transfer leave a log. */
async function scriptChain(url: string, chainId: number): Promise<Landmarks> {
  const wallet = createWalletClient({ account, chain: chainOf(chainId, url), transport: http(url) })
  const data = encodeFunctionData({ abi, functionName: 'put', args: [TOPIC, '0x01'] })
  const put = { to: MODULE, data } as const
  const accessList = [{ address: MODULE, storageKeys: [TOPIC] }] as const
  const transfer = await wallet.sendTransactionSync({
    to: TOPIC.slice(0, 42) as `0x${string}`,
    value: 1n,
    type: 'legacy',
  })
  const listed = await wallet.sendTransactionSync({ ...put, type: 'eip2930', accessList })
  const dynamic = await wallet.sendTransactionSync({ ...put, type: 'eip1559', accessList })
  // The last, because the suite's head has transactions of this type.
  const input = await wallet.sendTransactionSync({ ...put, type: 'legacy' })
  return { transfer, input, accessList: listed, dynamicFee: dynamic }
}
