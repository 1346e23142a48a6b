/** Real answers of each method have exactly the fields that the document of the interface describes. */
import { once } from 'node:events'
import { Ajv } from 'ajv'
import { createWalletClient, encodeFunctionData, http, parseAbi } from 'viem'
import { mnemonicToAccount } from 'viem/accounts'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { METHODS } from '../../src/rpc/methods/all.ts'
import { cli } from '../unit/cli/cli-harness.ts'
import { doubleVote } from './double-vote.ts'
import { ask, chainOf, type SingleNode, startSingleNode } from './single-node.ts'

const CHAIN_ID = 13_371
const MODULE = '0x0000000000000000000000000000000000001001'
const VALIDATORS = '0x0000000000000000000000000000000000001000'
const KEY = `0x${'ab'.repeat(32)}` as const
const account = mnemonicToAccount('test test test test test test test test test test test junk')
const from = account.address
const abi = parseAbi(['function put(bytes32 key, bytes value)'])
const PUT = encodeFunctionData({ abi, functionName: 'put', args: [KEY, '0x01'] })

interface Document {
  readonly methods: readonly { readonly name: string; readonly result: { readonly schema: object } }[]
  readonly components: object
}

let node: SingleNode
let document: Document
let hash: string
let blockHash: string
let block: string
const asked = new Map<string, unknown[]>()

/** Asks, and keeps the answer to be judged. */
async function hear(method: string, ...params: unknown[]): Promise<unknown> {
  const answer = await ask(node.url, method, ...params)
  asked.set(method, [...(asked.get(method) ?? []), answer])
  return answer
}

beforeAll(async () => {
  node = await startSingleNode({
    chainId: CHAIN_ID,
    consensus: { epochBlocksMax: 2, epochMsMin: 0 },
    alloc: { [from]: { balance: '0xc097ce7bc90715b34b9f' } },
  })
  const wallet = createWalletClient({ account, chain: chainOf(CHAIN_ID, node.url), transport: http(node.url) })
  const sent = await wallet.sendTransactionSync({ to: MODULE, data: PUT, gas: 200_000n })
  hash = sent.transactionHash
  blockHash = sent.blockHash
  block = `0x${sent.blockNumber.toString(16)}`
  const sign = (nonce: number) =>
    account.signTransaction({
      type: 'legacy',
      chainId: CHAIN_ID,
      nonce,
      to: from,
      gas: 21_000n,
      gasPrice: 9_000_000_000n,
    })
  await hear('eth_sendRawTransactionSync', await sign(1))
  await cli('validator', 'propose', 'param', 'gasLimit', '40000000', '--data', node.dataDir)
  document = (await hear('rpc.discover')) as Document
  const [blocks, pending, logs] = [
    await hear('eth_newBlockFilter'),
    await hear('eth_newPendingTransactionFilter'),
    await hear('eth_newFilter', { fromBlock: '0x0' }),
  ]
  // Behind a gap, so that the pool has something to show.
  const queued = await hear('eth_sendRawTransaction', await sign(5))
  for (const [method, ...params] of [
    ...readsOfState(),
    ...readsOfBlocks(queued),
    ...readsOfFilters(blocks, pending, logs),
  ]) {
    await hear(method, ...params)
  }
  expect(asked.get('eth_getLogs')).toMatchObject([[{ address: MODULE }, { address: VALIDATORS }]])
  expect(asked.get('bft_getProposals')).toMatchObject([[{ kind: 'parameter', status: 'open' }]])
  expect(asked.get('bft_getEvidence')).toMatchObject([[{ kind: 'doubleVote' }]])
  await subscribe()
}, 120_000)

type Request = [method: string, ...params: unknown[]]

function readsOfState(): Request[] {
  const call = { from, to: from, value: '0x1' }
  return [
    ...['eth_chainId', 'eth_blockNumber', 'eth_accounts', 'eth_syncing', 'eth_gasPrice', 'eth_baseFee'].map(
      (name): [string] => [name],
    ),
    ...[
      'eth_blobBaseFee',
      'eth_maxPriorityFeePerGas',
      'eth_config',
      'eth_capabilities',
      'net_version',
      'net_listening',
    ].map((name): [string] => [name]),
    ...['net_peerCount', 'web3_clientVersion', 'txpool_status', 'txpool_content', 'txpool_inspect'].map(
      (name): [string] => [name],
    ),
    ...['bft_status', 'bft_getValidators', 'bft_getCandidates', 'rpc_modules', 'ots_getApiLevel'].map(
      (name): [string] => [name],
    ),
    ...['eth_getBalance', 'eth_getAccount', 'eth_getTransactionCount', 'eth_getCode'].map(
      (name): [string, ...unknown[]] => [name, from, 'latest'],
    ),
    ['eth_getAccount', MODULE],
    ['eth_getAccount', KEY.slice(0, 42)],
    ['eth_getStorageAt', MODULE, '0x0', 'latest'],
    ['eth_getStorageValues', { [MODULE]: [KEY] }, 'latest'],
    ['eth_getProof', MODULE, [KEY, '0x1'], 'latest'],
    ['eth_call', call],
    ['eth_estimateGas', call],
    ['eth_createAccessList', call],
    ['eth_fillTransaction', call],
    ['eth_fillTransaction', { ...call, gasPrice: '0x3b9aca00' }],
    ['eth_feeHistory', '0x2', 'latest', [10]],
    ['eth_feeHistory', '0x2', 'latest'],
  ]
}

function readsOfBlocks(queued: unknown): Request[] {
  return [
    ...['eth_getBlockByNumber', 'eth_getBlockByNumber'].map((name, at): [string, ...unknown[]] => [
      name,
      block,
      at === 0,
    ]),
    ['eth_getBlockByHash', blockHash, true],
    ['eth_getBlockByHash', KEY, true],
    ['eth_getHeaderByNumber', block],
    ['eth_getHeaderByHash', blockHash],
    ['eth_getHeaderByHash', KEY],
    ['eth_getBlockReceipts', block],
    ['eth_getBlockTransactionCountByNumber', block],
    ['eth_getBlockTransactionCountByHash', blockHash],
    ['eth_getUncleCountByBlockNumber', block],
    ['eth_getUncleCountByBlockHash', blockHash],
    ['eth_getTransactionByHash', hash],
    ['eth_getTransactionByHash', queued],
    ['eth_getTransactionByBlockNumberAndIndex', block, '0x0'],
    ['eth_getTransactionByBlockHashAndIndex', blockHash, '0x0'],
    ['eth_getTransactionBySenderAndNonce', from, '0x0'],
    ['eth_getTransactionBySenderAndNonce', from, '0x5'],
    ['eth_getTransactionReceipt', hash],
    ['eth_getLogs', { fromBlock: '0x0' }],
    ['web3_sha3', '0x01'],
    ['txpool_contentFrom', from],
    ...['debug_getRawHeader', 'debug_getRawBlock', 'debug_getRawReceipts'].map((name): [string, string] => [
      name,
      block,
    ]),
    ['debug_getRawTransaction', hash],
    ['erigon_getHeaderByNumber', block],
    ['ots_getBlockDetails', block],
    ['ots_getBlockDetailsByHash', blockHash],
    ['ots_getBlockTransactions', block, 0, 10],
    ['ots_searchTransactionsBefore', from, 0, 10],
    ['ots_searchTransactionsAfter', from, 0, 10],
    ['ots_getTransactionBySenderAndNonce', from, 0],
    ['ots_hasCode', MODULE],
    ...['ots_traceTransaction', 'ots_getTransactionError', 'ots_getInternalOperations'].map(
      (name): [string, string] => [name, hash],
    ),
    ['ots_getContractCreator', MODULE],
    ['bft_getFinalityProof', block],
    ['bft_getFinalityProof', '0x0'],
    ['bft_getValidatorSetProof', 0],
    ['bft_getProposals'],
    ['bft_submitEvidence', doubleVote(node)],
    ['bft_getEvidence'],
    ['bft_getHeads', 0],
    ['bft_getSignerStats', { fromBlock: 1, toBlock: 2 }],
  ]
}

function readsOfFilters(blocks: unknown, pending: unknown, logs: unknown): Request[] {
  return [
    ...[blocks, pending, logs].map((id): [string, unknown] => ['eth_getFilterChanges', id]),
    ['eth_getFilterLogs', logs],
    ['eth_uninstallFilter', logs],
  ]
}

/** Over a WebSocket, which these methods need. */
async function subscribe(): Promise<void> {
  const socket = new WebSocket(node.webSocketUrl)
  await once(socket, 'open')
  for (const namespace of ['eth', 'bft']) {
    let param: unknown = namespace === 'eth' ? 'newHeads' : 'views'
    for (const method of [`${namespace}_subscribe`, `${namespace}_unsubscribe`]) {
      socket.send(JSON.stringify({ jsonrpc: '2.0', id: 1, method, params: [param] }))
      for (;;) {
        const [text] = (await once(socket, 'message')) as [Buffer]
        const message = JSON.parse(text.toString()) as { readonly id?: number; readonly result?: unknown }
        if (message.id !== 1) continue
        param = message.result
        asked.set(method, [param])
        break
      }
    }
  }
  socket.close()
}

afterAll(() => node.stop())

it.each([...METHODS.keys()])('%s', (method) => {
  const schema = document.methods.find(({ name }) => name === method)?.result.schema
  expect(schema).not.toEqual({})
  const judge = new Ajv({ strict: false }).compile({ ...schema, components: document.components })
  const answers = asked.get(method) ?? []
  expect(answers.length).toBeGreaterThan(0)
  for (const answer of answers) {
    expect(judge(answer), `${JSON.stringify(judge.errors)} ${JSON.stringify(answer)}`.slice(0, 2_000)).toBe(true)
    if (Array.isArray(answer) || answer === null || typeof answer !== 'object' || method === 'rpc.discover') continue
    expect(judge({ ...answer, undescribed: 1 }), 'a field that is not described').toBe(false)
  }
})
