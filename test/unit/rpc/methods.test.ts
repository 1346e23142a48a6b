import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { encodeErrorResult, getAddress, hexToBytes, keccak256, parseAbi, toHex } from 'viem'
import { describe, expect, it } from 'vitest'
import { rejection } from '../../../src/base/rejection.ts'
import { METHODS } from '../../../src/rpc/methods/all.ts'
import { BASE_FEE, decode, MODULE_ADDRESS, MODULE_TOPIC } from './fake-node.ts'
import { ask, openWebSocket, RECIPIENT, resultOf, SENDER, startServer } from './harness.ts'
import { signTransfer } from './transfers.ts'

const ZERO_32 = `0x${'00'.repeat(32)}`

describe('block ids', () => {
  it('accepts tags, numbers, hashes and EIP-1898 objects, and latest when absent', async () => {
    const { node, url } = await startServer()
    const first = node.seal([]).hash
    node.seal([decode(hexToBytes(await signTransfer(0)))])
    const nonceAt = (...block: unknown[]) => resultOf(url, 'eth_getTransactionCount', [SENDER, ...block])
    for (const block of ['latest', 'safe', 'finalized', 'pending', '0x2', null, { blockNumber: '0x2' }]) {
      expect(await nonceAt(block)).toBe('0x1')
    }
    expect(await nonceAt()).toBe('0x1')
    const objects = [
      { blockHash: first, requireCanonical: true },
      { blockHash: first, blockNumber: null },
      { blockHash: null, blockNumber: '0x1', requireCanonical: null },
    ]
    for (const block of ['earliest', '0x1', first, ...objects]) {
      expect(await nonceAt(block)).toBe('0x0')
    }
  })

  it.each([
    ['0x01', -32602, 'leading zero'],
    ['1', -32602, '0x prefix'],
    ['0x', -32602, 'not a number'],
    ['newest', -32602, 'expected latest, safe, finalized, pending, earliest, or hex with 0x prefix'],
    ['0x20000000000000', -32602, 'above 2^53'],
    [1, -32602, 'expected a hex number, a tag or a hash, got a number'],
    [{ blockHash: ZERO_32, blockNumber: '0x1' }, -32602, 'both'],
    [{}, -32602, 'expected blockNumber or blockHash'],
    [{ blockHash: null, blockNumber: null }, -32602, 'expected blockNumber or blockHash'],
    ['0x99', -32001, 'unknown block'],
    [ZERO_32, -32001, 'unknown block'],
  ])('refuses %j', async (block, code, message) => {
    const { url } = await startServer()
    const { error } = await ask(url, 'eth_getBalance', [SENDER, block])
    expect(error).toMatchObject({ code, message: expect.stringContaining(message) as string })
  })

  it.each([
    ['eth_getTransactionByBlockNumberAndIndex', ['latest', 1]],
    ['eth_call', [{ to: SENDER, gas: 21_000 }]],
  ])('says to who sends %s a plain number that it has to be hex', async (method, params) => {
    const { url } = await startServer()
    const { error } = await ask(url, method, params)
    expect(error).toMatchObject({
      code: -32602,
      message: expect.stringContaining('such as "0x1", got a number') as string,
    })
  })

  it('says of a state outside the window that it is pruned', async () => {
    const { node, url } = await startServer()
    node.seal([])
    node.prunedBelow = 1
    const { error } = await ask(url, 'eth_getBalance', [SENDER, '0x0'])
    expect(error?.code).toBe(-32000)
    expect(error?.message).toMatch(/missing trie node.*state pruned/)
  })
})

describe('parameters', () => {
  it('takes checksummed and lower-case addresses', async () => {
    const { url } = await startServer()
    for (const address of [SENDER, getAddress(SENDER), SENDER.toUpperCase().replace('0X', '0x')]) {
      expect(await resultOf(url, 'eth_getBalance', [address])).toBe('0x21e19e0c9bab2400000')
    }
  })

  it.each([
    ['eth_getBalance', [], 'missing value for required argument 0'],
    ['eth_getBalance', [SENDER, 'latest', 1], 'too many arguments, want at most 2'],
    ['eth_getBalance', ['0x12'], 'digits'],
    ['eth_getBalance', [`0x${'zz'.repeat(20)}`], 'invalid hex'],
    ['eth_getTransactionByHash', [ZERO_32.slice(2)], '0x prefix'],
    ['eth_sendRawTransaction', ['0x123'], 'odd length'],
    ['eth_sendRawTransaction', ['0xzz'], 'invalid hex'],
    ['eth_getBlockByNumber', ['latest', 'yes'], 'expected true or false'],
    ['eth_call', [{ to: SENDER, data: '0x01', input: '0x02' }], 'not equal'],
    ['eth_feeHistory', ['0x1', 'latest', [50, 20]], 'ascending'],
    ['eth_feeHistory', ['0x1', 'latest', [101]], 'between 0 and 100'],
    ['eth_getLogs', [{ topics: [ZERO_32, null, null, null, null] }], 'at most 4'],
  ])('refuses %s %j: %s', async (method, params, message) => {
    const { url } = await startServer()
    expect((await ask(url, method, params)).error).toMatchObject({
      code: -32602,
      message: expect.stringContaining(message) as string,
    })
  })

  it('writes quantities without leading zeros and data with an even number of digits', async () => {
    const { node, url } = await startServer()
    const hash = await resultOf(url, 'eth_sendRawTransaction', [await signTransfer(0)])
    while (node.head().header.height === 0) await new Promise((resolve) => setImmediate(resolve))
    const results = [
      await resultOf(url, 'eth_getBlockByNumber', ['latest', true]),
      await resultOf(url, 'eth_getTransactionReceipt', [hash]),
      await resultOf(url, 'eth_feeHistory', ['0x2', 'latest', [10]]),
    ]
    const isData = /^(hash|.*Hash|.*Root|sha3Uncles|extraData|logsBloom|nonce|miner|from|to|input|uncles|transactions)$/
    const walk = (value: unknown, key: string): void => {
      if (typeof value === 'string') {
        const isQuantity = !isData.test(key) || (key === 'nonce' && value.length < 18)
        expect(value, key).toMatch(isQuantity ? /^0x(0|[1-9a-f][0-9a-f]*)$/ : /^0x([0-9a-f]{2})*$/)
      } else if (typeof value === 'object' && value !== null) {
        for (const [name, inner] of Object.entries(value)) walk(inner, Array.isArray(value) ? key : name)
      }
    }
    for (const result of results) walk(result, '')
  })
})

describe('objects', () => {
  const BLOCK_FIELDS =
    'hash parentHash sha3Uncles miner stateRoot transactionsRoot receiptsRoot logsBloom difficulty number extraData ' +
    'timestamp gasLimit gasUsed transactions mixHash nonce size uncles totalDifficulty baseFeePerGas'
  const TRANSACTION_FIELDS =
    'type hash from nonce gas value input r s v yParity chainId gasPrice maxFeePerGas maxPriorityFeePerGas accessList ' +
    'to blockHash blockNumber transactionIndex blockTimestamp'
  const RECEIPT_FIELDS =
    'type status cumulativeGasUsed gasUsed effectiveGasPrice logs logsBloom transactionHash transactionIndex ' +
    'blockHash blockNumber from to contractAddress'
  const LOG_FIELDS =
    'address topics data blockNumber transactionHash transactionIndex blockHash blockTimestamp logIndex removed'
  const PROOF_FIELDS = 'address balance codeHash nonce storageHash accountProof storageProof'
  const fields = (value: unknown) => new Set(Object.keys(value as object))
  const listed = (text: string) => new Set(text.split(' '))

  it('have every field that some client cannot do without', async () => {
    const { url } = await startServer()
    const receipt = (await resultOf(url, 'eth_sendRawTransactionSync', [
      await signTransfer(0, MODULE_ADDRESS, '0xabcd'),
    ])) as { logs: unknown[]; transactionHash: string; blockHash: string }
    const block = (await resultOf(url, 'eth_getBlockByHash', [receipt.blockHash, true])) as { transactions: unknown[] }
    expect(fields(block)).toEqual(listed(BLOCK_FIELDS))
    expect(fields(block.transactions[0])).toEqual(listed(TRANSACTION_FIELDS))
    expect(fields(receipt)).toEqual(listed(RECEIPT_FIELDS))
    expect(fields(receipt.logs[0])).toEqual(listed(LOG_FIELDS))
    const proof = await resultOf(url, 'eth_getProof', [SENDER, ['0x0', ZERO_32], 'latest'])
    expect(fields(proof)).toEqual(listed(PROOF_FIELDS))
    expect(proof).toMatchObject({ storageProof: [{ key: '0x0', value: '0x0' }, { key: ZERO_32 }] })
    const byIndex = await resultOf(url, 'eth_getTransactionByBlockNumberAndIndex', ['0x1', '0x0'])
    expect(byIndex).toEqual(block.transactions[0])
    expect(await resultOf(url, 'eth_getTransactionByBlockHashAndIndex', [receipt.blockHash, '0x0'])).toEqual(byIndex)
    expect(await resultOf(url, 'eth_getTransactionByHash', [receipt.transactionHash])).toEqual(byIndex)
    expect(await resultOf(url, 'eth_getBlockReceipts', [receipt.blockHash])).toEqual([receipt])
    expect(await resultOf(url, 'eth_getBlockTransactionCountByNumber', ['latest'])).toBe('0x1')
    expect(await resultOf(url, 'eth_getBlockTransactionCountByHash', [receipt.blockHash])).toBe('0x1')
  })

  it('are null when unknown, never an error', async () => {
    const { url } = await startServer()
    for (const [method, ...params] of [
      ['eth_getBlockByNumber', '0x9', false],
      ['eth_getBlockByHash', ZERO_32, false],
      ['eth_getBlockReceipts', ZERO_32],
      ['eth_getTransactionByHash', ZERO_32],
      ['eth_getTransactionReceipt', ZERO_32],
      ['eth_getTransactionByBlockNumberAndIndex', 'latest', '0x0'],
      ['eth_getBlockTransactionCountByHash', ZERO_32],
    ] as const) {
      expect(await resultOf(url, method, params), method).toBeNull()
    }
  })

  it('of a pending transaction have null for their place and count for the pending nonce', async () => {
    const { node, url } = await startServer()
    node.holds = true
    const hash = await resultOf(url, 'eth_sendRawTransaction', [await signTransfer(0)])
    const place = { blockHash: null, blockNumber: null, transactionIndex: null, gasPrice: toHex(2n * BASE_FEE) }
    expect(await resultOf(url, 'eth_getTransactionByHash', [hash])).toMatchObject(place)
    expect(await resultOf(url, 'eth_getTransactionCount', [SENDER, 'pending'])).toBe('0x1')
    expect(await resultOf(url, 'eth_getTransactionCount', [SENDER, 'latest'])).toBe('0x0')
    expect(await resultOf(url, 'txpool_status')).toEqual({ pending: '0x1', queued: '0x0' })
  })
})

describe('sending', () => {
  it.each([
    ['nonceTooLow', 'nonce too low', -32000, { code: 1 }],
    ['insufficientFunds', 'insufficient funds for gas * price + value', -32000, { code: 809 }],
    ['feeTooLow', 'max fee per gas less than block base fee', -32000, { code: 806 }],
    ['replacement', 'replacement transaction underpriced', -32000, { code: 1002 }],
    ['contractCreation', 'transaction rejected: contract creation not supported', -32003, undefined],
    ['malformed', 'RLP: an item is missing', -32602, undefined],
    ['somethingNew', 'whatever it says', -32000, undefined],
  ])('answers the rejection %s in its own words', async (code, message, rpcCode, data) => {
    const { node, url } = await startServer()
    node.refusal = rejection(code, message)
    const { error } = await ask(url, 'eth_sendRawTransaction', [await signTransfer(0)])
    expect(error).toEqual({ code: rpcCode, message, ...(data && { data }) })
  })

  it('answers the hash of a known transaction, pooled or final', async () => {
    const { node, url } = await startServer()
    const envelope = await signTransfer(0)
    const { transactionHash } = (await resultOf(url, 'eth_sendRawTransactionSync', [envelope])) as {
      transactionHash: string
    }
    node.refusal = rejection('nonceTooLow', 'nonce too low')
    expect(await resultOf(url, 'eth_sendRawTransaction', [envelope])).toBe(transactionHash)
    expect(transactionHash).toBe(keccak256(envelope))
  })

  it('gives the receipt of a pooled transaction to who asked just before it became final', async () => {
    const { node, url } = await startServer({ receiptHoldMs: 60_000 })
    node.holds = true
    const hash = await resultOf(url, 'eth_sendRawTransaction', [await signTransfer(0)])
    const asked = resultOf(url, 'eth_getTransactionReceipt', [hash])
    // Another answer on its way back shows that the question has arrived.
    await resultOf(url, 'eth_chainId', [])
    node.seal(node.pooledTransactions())
    expect(await asked).toMatchObject({ transactionHash: hash, blockNumber: '0x1' })
  })

  it('says that a pooled transaction has no receipt yet when it stays in the pool', async () => {
    const { node, url } = await startServer({ receiptHoldMs: 1 })
    node.holds = true
    const hash = await resultOf(url, 'eth_sendRawTransaction', [await signTransfer(0)])
    expect(await resultOf(url, 'eth_getTransactionReceipt', [hash])).toBeNull()
  })

  it('does not wait for the receipt of what cannot become final in a moment: it may be replaced meanwhile', async () => {
    const { node, url } = await startServer({ receiptHoldMs: 3_600_000 })
    node.holds = true
    const behindGap = await resultOf(url, 'eth_sendRawTransaction', [await signTransfer(1)])
    expect(await resultOf(url, 'eth_getTransactionReceipt', [behindGap])).toBeNull()
    node.live = false
    const executable = await resultOf(url, 'eth_sendRawTransaction', [await signTransfer(0)])
    expect(await resultOf(url, 'eth_getTransactionReceipt', [executable])).toBeNull()
  })

  it('finds what holds the place of a nonce, in the pool and in a block', async () => {
    const { node, url } = await startServer()
    node.holds = true
    const hash = await resultOf(url, 'eth_sendRawTransaction', [await signTransfer(0)])
    const find = () => resultOf(url, 'eth_getTransactionBySenderAndNonce', [SENDER, '0x0'])
    expect(await find()).toMatchObject({ hash, blockNumber: null })
    node.seal(node.pooledTransactions())
    expect(await find()).toMatchObject({ hash, blockNumber: '0x1' })
    expect(await resultOf(url, 'eth_getTransactionBySenderAndNonce', [SENDER, '0x1'])).toBeNull()
  })

  it('tells who waits too long that the transaction is on its way', async () => {
    const { node, url } = await startServer()
    node.holds = true
    const envelope = await signTransfer(0)
    const { error } = await ask(url, 'eth_sendRawTransactionSync', [envelope, 10])
    expect(error).toMatchObject({ code: 4, data: keccak256(envelope) })
  })
})

describe('calls', () => {
  const abi = parseAbi(['error Error(string)', 'error AlreadyVoted()'])

  it('answer a revert with code 3, its reason and its data', async () => {
    const { node, url } = await startServer()
    const named = encodeErrorResult({ abi, errorName: 'Error', args: ['no – über'] })
    const custom = encodeErrorResult({ abi, errorName: 'AlreadyVoted' })
    for (const [data, message] of [
      [named, 'execution reverted: no – über'],
      [custom, 'execution reverted'],
      [named.slice(0, -42), 'execution reverted'],
    ] as const) {
      node.callOutcome = { status: 'reverted', data: hexToBytes(data as `0x${string}`), gasUsed: 30_000 }
      for (const method of ['eth_call', 'eth_estimateGas']) {
        expect((await ask(url, method, [{ to: MODULE_ADDRESS }])).error).toEqual({ code: 3, message, data })
      }
    }
  })

  it('keep the access list that they are given, since no other saves gas', async () => {
    const { node, url } = await startServer()
    const accessList = [{ address: MODULE_ADDRESS, storageKeys: [`0x${'0f'.repeat(32)}`] }]
    expect(await resultOf(url, 'eth_createAccessList', [{ to: RECIPIENT, accessList }, 'latest'])).toEqual({
      accessList,
      gasUsed: '0x5208',
    })
    expect(node.lastCall).toMatchObject({ accessList })
    expect(await resultOf(url, 'eth_createAccessList', [{ to: RECIPIENT }])).toMatchObject({ accessList: [] })
  })

  it('take data or input, and never more gas than may be used without giving the loop back', async () => {
    const { node, url } = await startServer()
    expect(await resultOf(url, 'eth_estimateGas', [{ to: RECIPIENT, value: '0x1' }])).toBe('0x5208')
    expect(node.lastCall).toMatchObject({ to: RECIPIENT, value: 1n, gasLimit: 10_000_000 })
    await resultOf(url, 'eth_call', [{ to: RECIPIENT, input: '0x0102', gas: '0xffffffffff' }, 'latest'])
    expect(node.lastCall).toMatchObject({ data: Uint8Array.of(1, 2), gasLimit: 10_000_000 })
    await resultOf(url, 'eth_call', [{ to: RECIPIENT, gas: '0x5208' }])
    expect(node.lastCall).toMatchObject({ gasLimit: 21_000 })
  })

  it('say so when their gas does not suffice: that is no revert', async () => {
    const { node, url } = await startServer()
    node.callOutcome = { status: 'outOfGas', gasUsed: 10_000_000 }
    for (const method of ['eth_call', 'eth_estimateGas', 'eth_createAccessList', 'eth_fillTransaction']) {
      expect((await ask(url, method, [{ to: MODULE_ADDRESS }])).error).toEqual({
        code: -32000,
        message: 'out of gas: gas required exceeds allowance (10000000)',
      })
    }
  })
})

describe('logs', () => {
  it('are selected by range, block hash, address and topics', async () => {
    const { url } = await startServer()
    const receipt = (await resultOf(url, 'eth_sendRawTransactionSync', [
      await signTransfer(0, MODULE_ADDRESS, '0x01'),
    ])) as { blockHash: string }
    const count = async (filter: object) => ((await resultOf(url, 'eth_getLogs', [filter])) as unknown[]).length
    expect(await count({ fromBlock: 'earliest' })).toBe(1)
    expect(await count({ fromBlock: '0x0', toBlock: '0x0' })).toBe(0)
    expect(await count({ blockHash: receipt.blockHash, address: [MODULE_ADDRESS, RECIPIENT] })).toBe(1)
    expect(await count({ address: RECIPIENT })).toBe(0)
    expect(await count({ topics: [[], null].slice(0, 1) })).toBe(1)
    expect(await count({ topics: [[MODULE_TOPIC, ZERO_32]] })).toBe(1)
    expect(await count({ topics: [ZERO_32] })).toBe(0)
  })
})

describe('subscriptions', () => {
  it('bring heads without transactions, matching logs, pending transactions and the end of syncing', async () => {
    const { node, url, webSocketUrl } = await startServer()
    node.syncing = { startingHeight: 0, currentHeight: 1, highestHeight: 9 }
    const webSocket = await openWebSocket(webSocketUrl)
    const results = new Map<string, unknown[]>()
    const ids: string[] = []
    webSocket.on('message', (text: Buffer) => {
      const message = JSON.parse(text.toString()) as {
        result?: string
        params?: { subscription: string; result: unknown }
      }
      if (message.params === undefined) ids.push(message.result ?? '')
      else
        results.set(message.params.subscription, [
          ...(results.get(message.params.subscription) ?? []),
          message.params.result,
        ])
    })
    const kinds = [
      ['newHeads'],
      ['logs', { address: MODULE_ADDRESS, topics: [MODULE_TOPIC] }],
      ['logs', { address: RECIPIENT }],
      ['newPendingTransactions'],
      ['newPendingTransactions', true],
      ['syncing'],
    ]
    for (const params of kinds)
      webSocket.send(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'eth_subscribe', params }))
    await expect.poll(() => ids.length).toBe(kinds.length)
    const hash = await resultOf(url, 'eth_sendRawTransaction', [await signTransfer(0, MODULE_ADDRESS, '0x01')])
    await expect.poll(() => results.size).toBe(5)
    const [heads, logs, noLogs, hashes, full, syncing] = ids.map((id) => results.get(id))
    expect(heads).toMatchObject([{ hash: node.head().hash, number: '0x1' }])
    expect(heads?.[0]).not.toHaveProperty('transactions')
    expect(logs).toMatchObject([{ transactionHash: hash, data: '0x01', logIndex: '0x0' }])
    expect(noLogs).toBeUndefined()
    expect(hashes).toEqual([hash])
    expect(full).toMatchObject([{ hash, blockHash: null }])
    expect(syncing).toMatchObject([{ syncing: true, status: { highestBlock: '0x9' } }])
    webSocket.send(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'eth_unsubscribe', params: [ids[0]] }))
    await expect.poll(() => ids.length).toBe(kinds.length + 1)
    expect(ids.at(-1)).toBe(true)
    webSocket.terminate()
  })
})

describe('the surface', () => {
  it('has what viem, ethers and cast ask for, and nothing that reads keys', () => {
    const must =
      'eth_chainId eth_blockNumber eth_syncing eth_accounts eth_gasPrice eth_maxPriorityFeePerGas eth_baseFee ' +
      'eth_feeHistory eth_getBalance eth_getTransactionCount eth_getCode eth_getStorageAt eth_getProof eth_call ' +
      'eth_estimateGas eth_sendRawTransaction eth_sendRawTransactionSync eth_getTransactionByHash ' +
      'eth_getTransactionReceipt eth_getBlockReceipts eth_getBlockByNumber eth_getBlockByHash ' +
      'eth_getTransactionByBlockHashAndIndex eth_getTransactionByBlockNumberAndIndex ' +
      'eth_getBlockTransactionCountByHash eth_getBlockTransactionCountByNumber eth_getLogs eth_subscribe ' +
      'eth_unsubscribe net_version web3_clientVersion'
    for (const name of must.split(' ')) expect(METHODS.has(name), name).toBe(true)
    expect([...METHODS.keys()].filter((name) => /sign|personal|eth_sendTransaction$/.test(name))).toEqual([])
  })

  it('answers simple questions simply', async () => {
    const { url } = await startServer()
    expect(await resultOf(url, 'net_version')).toBe('13371')
    expect(await resultOf(url, 'net_peerCount', [])).toBe('0x3')
    expect(await resultOf(url, 'eth_accounts')).toEqual([])
    expect(await resultOf(url, 'eth_syncing')).toBe(false)
    expect(await resultOf(url, 'eth_gasPrice')).toBe(toHex(BASE_FEE))
    expect(await resultOf(url, 'web3_sha3', ['0x1234'])).toBe(keccak256('0x1234'))
    expect(await resultOf(url, 'bft_status')).toMatchObject({ n: 4, quorum: 3, live: true })
  })
})

const casesFolder = fileURLToPath(new URL('../../conformance/execution-apis/verbatim/', import.meta.url))

describe('cases of execution-apis that end in an error or in null', () => {
  const cases = readdirSync(casesFolder).flatMap((method) =>
    readdirSync(casesFolder + method).map((file) => [method, file] as const),
  )
  const stateless = cases.filter(
    ([method, file]) => METHODS.has(method) && /error|invalid|notfound|not-found|empty-tx/.test(file),
  )

  it.each(stateless)('%s/%s', async (method, file) => {
    const lines = readFileSync(`${casesFolder}${method}/${file}`, 'utf8').split('\n')
    const part = (mark: string) => JSON.parse(lines.find((line) => line.startsWith(mark))?.slice(3) ?? '{}') as Case
    const { node, url } = await startServer()
    while (node.head().header.height < 0x36) node.seal([])
    const request = part('>> ')
    const expected = part('<< ')
    const answer = await ask(url, request.method, request.params)
    expect(answer.error?.code).toBe(expected.error?.code)
    expect(answer.result).toEqual(expected.result)
  })
})

interface Case {
  readonly method: string
  readonly params?: unknown
  readonly result?: unknown
  readonly error?: { readonly code: number }
}
