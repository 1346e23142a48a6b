/** Pool contents, filled transactions, raw encodings and histories, over a node in memory. */
import { Transaction } from 'ethers'
import { getAddress, hexToBytes, keccak256, parseTransaction } from 'viem'
import { describe, expect, it } from 'vitest'
import { METHODS } from '../../../src/rpc/methods/all.ts'
import { BASE_FEE, CHAIN_ID, decode, MODULE_ADDRESS } from './fake-node.ts'
import { account, ask, RECIPIENT, resultOf, SENDER, startServer } from './harness.ts'
import { signTransfer } from './transfers.ts'

type Json = Readonly<Record<string, unknown>>

describe('the pool', () => {
  it('shows transactions by checksummed sender and nonce, those behind a gap apart', async () => {
    const { node, url } = await startServer()
    node.holds = true
    const hashes = await Promise.all(
      [0, 2].map(async (nonce) => resultOf(url, 'eth_sendRawTransaction', [await signTransfer(nonce)])),
    )
    const sender = getAddress(SENDER)
    expect(await resultOf(url, 'txpool_content')).toMatchObject({
      pending: { [sender]: { 0: { hash: hashes[0], blockHash: null } } },
      queued: { [sender]: { 2: { hash: hashes[1] } } },
    })
    expect(await resultOf(url, 'txpool_contentFrom', [SENDER])).toMatchObject({ pending: { 0: {} }, queued: { 2: {} } })
    expect(await resultOf(url, 'txpool_contentFrom', [RECIPIENT])).toEqual({ pending: {}, queued: {} })
    expect(await resultOf(url, 'txpool_inspect')).toMatchObject({
      pending: { [sender]: { 0: `${getAddress(RECIPIENT)}: 1 wei + 50000 gas × ${2n * BASE_FEE} wei` } },
    })
  })
})

it('eth_feeHistory takes a percentile of the gas in whole units, as geth does', async () => {
  const { node, url } = await startServer()
  const fields = {
    type: 'eip1559',
    chainId: CHAIN_ID,
    to: RECIPIENT,
    gas: 21_000n,
    maxFeePerGas: 2n * BASE_FEE,
  } as const
  const envelopes = await Promise.all(
    [1n, 5n].map((tip, nonce) => account.signTransaction({ ...fields, nonce, maxPriorityFeePerGas: tip })),
  )
  node.seal(envelopes.map((envelope) => decode(hexToBytes(envelope))))
  // 21,000.42 units of 42,000 are what the first transaction has used.
  expect(await resultOf(url, 'eth_feeHistory', ['0x1', 'latest', [50, 50.001, 50.01]])).toMatchObject({
    reward: [['0x1', '0x1', '0x5']],
  })
})

describe('eth_fillTransaction', () => {
  it('gives what can be signed and sent as it is', async () => {
    const { url } = await startServer()
    const filled = (await resultOf(url, 'eth_fillTransaction', [{ from: SENDER, to: RECIPIENT, value: '0x1' }])) as {
      raw: `0x${string}`
      tx: Json
    }
    expect(filled.tx).toMatchObject({ type: '0x2', nonce: '0x0', gas: '0x5208', from: SENDER, to: RECIPIENT })
    const transaction = parseTransaction(filled.raw)
    expect(transaction).toMatchObject({ chainId: CHAIN_ID, gas: 21_000n, maxFeePerGas: 2n * BASE_FEE, value: 1n })
    const hash = await resultOf(url, 'eth_sendRawTransaction', [await account.signTransaction(transaction as never)])
    expect(hash).toMatch(/^0x[0-9a-f]{64}$/)
  })

  it.each([
    [{ gasPrice: '0x1' }, { type: '0x0', gasPrice: '0x1' }],
    [{ gasPrice: '0x1', accessList: [{ address: MODULE_ADDRESS, storageKeys: [] }] }, { type: '0x1' }],
    [{ type: '0x0' }, { type: '0x0', gasPrice: `0x${BASE_FEE.toString(16)}` }],
    [
      { maxFeePerGas: '0x5', maxPriorityFeePerGas: '0x5', nonce: '0x9', gas: '0x7' },
      { nonce: '0x9', gas: '0x7', maxFeePerGas: '0x5' },
    ],
  ])('keeps what is given: %o', async (given, wanted) => {
    const { url } = await startServer()
    const { tx } = (await resultOf(url, 'eth_fillTransaction', [{ from: SENDER, to: RECIPIENT, ...given }])) as {
      tx: Json
    }
    expect(tx).toMatchObject(wanted)
  })

  it.each([
    [{ gasPrice: '0x1', maxFeePerGas: '0x1' }],
    [{ maxFeePerGas: '0x1', maxPriorityFeePerGas: '0x2' }],
    [{ type: '0x3' }],
    [{ chainId: '0x1' }],
    [{ type: '0x0', accessList: [{ address: MODULE_ADDRESS }] }],
  ])('refuses what contradicts itself: %o', async (given) => {
    const { url } = await startServer()
    const { error } = await ask(url, 'eth_fillTransaction', [{ from: SENDER, to: RECIPIENT, ...given }])
    expect(error?.code).toBe(-32602)
  })
})

describe('raw encodings', () => {
  it('hash to what other methods state', async () => {
    const { node, url } = await startServer()
    const envelope = await signTransfer(0)
    const hash = await resultOf(url, 'eth_sendRawTransaction', [envelope])
    await expect.poll(() => node.head().header.height).toBe(1)
    const { hash: blockHash } = node.head()
    expect(keccak256((await resultOf(url, 'debug_getRawHeader', ['latest'])) as `0x${string}`)).toBe(blockHash)
    expect(await resultOf(url, 'debug_getRawTransaction', [hash])).toBe(envelope)
    expect(Transaction.from(envelope).hash).toBe(hash)
    expect(await resultOf(url, 'debug_getRawReceipts', ['0x0'])).toEqual([])
    expect(await resultOf(url, 'debug_getRawTransaction', [`0x${'00'.repeat(32)}`])).toBeNull()
    expect((await ask(url, 'debug_getRawBlock', ['0x99'])).error?.code).toBe(-32001)
  })
})

describe('the history of an address', () => {
  it('comes in pages that hold whole blocks, newest first', async () => {
    const { node, url } = await startServer()
    for (const nonce of [0, 1, 2]) {
      await resultOf(url, 'eth_sendRawTransaction', [await signTransfer(nonce)])
      await expect.poll(() => node.head().header.height).toBe(nonce + 1)
    }
    // Two transactions in one block.
    node.seal(node.blocks.slice(1, 3).flatMap((block) => block.transactions))
    const page = (await resultOf(url, 'ots_searchTransactionsBefore', [SENDER, 0, 1])) as {
      txs: Json[]
      lastPage: boolean
    }
    expect(page.txs.map(({ blockNumber }) => blockNumber)).toEqual(['0x4', '0x4'])
    expect(page.lastPage).toBe(false)
    const rest = (await resultOf(url, 'ots_searchTransactionsBefore', [SENDER, 4, 25])) as {
      txs: Json[]
      lastPage: boolean
    }
    expect(rest.txs.map(({ nonce }) => nonce)).toEqual(['0x2', '0x1', '0x0'])
    expect(rest.lastPage).toBe(true)
  })
})

it('describes parameters by name, need and form', async () => {
  const { url } = await startServer()
  const { methods } = (await resultOf(url, 'rpc.discover')) as { methods: { name: string; params: Json[] }[] }
  const [address, block] = methods.find(({ name }) => name === 'eth_getBalance')?.params ?? []
  expect(address).toEqual({
    name: 'address',
    required: true,
    schema: { type: 'string', pattern: '^0x[0-9a-fA-F]{40}$' },
  })
  expect(block).toMatchObject({ name: 'block', required: false })
})

it('counts the modules that there are methods of', async () => {
  const { url } = await startServer()
  const modules = (await resultOf(url, 'rpc_modules')) as Json
  const names = [...METHODS.keys()].map((name) => name.split(/[_.]/)[0])
  expect(new Set(Object.keys(modules))).toEqual(new Set(names))
})

describe('a node that began with a snapshot', () => {
  async function begunWithBlock3() {
    const started = await startServer()
    for (let height = 1; height <= 5; height++) started.node.seal([])
    started.node.historyFrom = 3
    return started
  }

  it('gives the fees of the blocks that it has: wallets ask for ten before they send', async () => {
    const { url } = await begunWithBlock3()
    const history = await resultOf(url, 'eth_feeHistory', ['0xa', 'latest', [20]])
    expect(history).toMatchObject({ oldestBlock: '0x3', gasUsedRatio: [0, 0, 0] })
    expect((await ask(url, 'eth_feeHistory', ['0x1', '0x2'])).error?.message).toContain('history pruned before #3')
  })

  it('says from which block on it has blocks and states', async () => {
    const { url } = await begunWithBlock3()
    const begins = { oldestBlock: '0x3' }
    expect(await resultOf(url, 'eth_capabilities')).toMatchObject({ blocks: begins, logs: begins, state: begins })
  })
})
