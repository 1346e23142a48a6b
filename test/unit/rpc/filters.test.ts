import { setTimeout as sleep } from 'node:timers/promises'
import { createPublicClient, hexToBytes, http } from 'viem'
import { describe, expect, it } from 'vitest'
import { rejection } from '../../../src/base/rejection.ts'
import { err } from '../../../src/base/result.ts'
import type { SignedTransaction } from '../../../src/types/transaction.ts'
import { decode, type FakeNode, MODULE_ADDRESS } from './fake-node.ts'
import { ask, post, RECIPIENT, resultOf, SENDER, startServer } from './harness.ts'
import { signTransfer } from './transfers.ts'

/** In blocks of three, each with a log. */
async function sealLogs(node: FakeNode, count = 10): Promise<readonly SignedTransaction[]> {
  const first = node.pendingNonce(SENDER)
  const envelopes = Array.from({ length: count }, (_, at) => signTransfer(first + at, MODULE_ADDRESS, '0x01'))
  const transactions = (await Promise.all(envelopes)).map((envelope) => decode(hexToBytes(envelope)))
  for (let at = 0; at < count; at += 3) node.seal(transactions.slice(at, at + 3))
  return transactions
}

async function changesOf(url: string, filter: unknown): Promise<readonly unknown[]> {
  return (await resultOf(url, 'eth_getFilterChanges', [filter])) as unknown[]
}

describe('filters', () => {
  it('tell viem each block, pending transaction and matching log once', async () => {
    const { node, url } = await startServer()
    const client = createPublicClient({ transport: http(url) })
    const blocks = await client.createBlockFilter()
    const pending = await client.createPendingTransactionFilter()
    const logs = await client.createEventFilter({ address: MODULE_ADDRESS })
    const others = await client.createEventFilter({ address: RECIPIENT })
    const all = () =>
      Promise.all([
        client.getFilterChanges({ filter: blocks }),
        client.getFilterChanges({ filter: pending }),
        client.getFilterChanges({ filter: logs }),
        client.getFilterChanges({ filter: others }),
      ])
    expect(await all()).toEqual([[], [], [], []])
    node.seal([])
    const envelope = await signTransfer(0, MODULE_ADDRESS, '0x01')
    const { transactionHash } = (await resultOf(url, 'eth_sendRawTransactionSync', [envelope])) as {
      transactionHash: string
    }
    const hashes = node.blocks.slice(1).map((block) => block.hash)
    expect(await all()).toMatchObject([hashes, [transactionHash], [{ transactionHash }], []])
    expect(await all()).toEqual([[], [], [], []])
    expect(await client.uninstallFilter({ filter: blocks })).toBe(true)
    await expect(client.getFilterChanges({ filter: blocks })).rejects.toThrow('filter not found')
  })

  it('give all logs of their range again', async () => {
    const { url } = await startServer()
    const id = await resultOf(url, 'eth_newFilter', [{ fromBlock: '0x0', address: MODULE_ADDRESS }])
    await resultOf(url, 'eth_sendRawTransactionSync', [await signTransfer(0, MODULE_ADDRESS, '0x01')])
    for (let i = 0; i < 2; i++) expect(await resultOf(url, 'eth_getFilterLogs', [id])).toHaveLength(1)
    const blocks = await resultOf(url, 'eth_newBlockFilter')
    expect((await ask(url, 'eth_getFilterLogs', [blocks])).error?.code).toBe(-32602)
  })

  it('take a bound that is null for one that was left out', async () => {
    const { node, url } = await startServer()
    const { hash } = node.head()
    const filter = { blockHash: hash, fromBlock: null, toBlock: null }
    expect(await resultOf(url, 'eth_getLogs', [filter])).toEqual([])
    expect((await ask(url, 'eth_getLogs', [{ ...filter, toBlock: 'latest' }])).error?.code).toBe(-32602)
  })

  it('lose nothing to a poll that failed', async () => {
    const { node, url } = await startServer()
    const id = await resultOf(url, 'eth_newFilter', [{ address: MODULE_ADDRESS }])
    await resultOf(url, 'eth_sendRawTransactionSync', [await signTransfer(0, MODULE_ADDRESS, '0x01')])
    const logs = node.logs.bind(node)
    Object.assign(node, { logs: () => err(rejection('historyPruned', 'history pruned')) })
    for (let i = 0; i < 2; i++) expect((await ask(url, 'eth_getFilterChanges', [id])).error?.code).toBe(-32000)
    Object.assign(node, { logs })
    expect(await resultOf(url, 'eth_getFilterChanges', [id])).toHaveLength(1)
  })

  it.each([
    ['logs', { logsMax: 2 }],
    ['bytes', { responseBytesMax: 8_192 }],
  ])('hand out in parts what has more %s than an answer: each log once, in order', async (_, limits) => {
    const { node, url } = await startServer(limits)
    const id = await resultOf(url, 'eth_newFilter', [{ address: MODULE_ADDRESS }])
    const transactions = await sealLogs(node)
    const told: unknown[] = []
    for (let part = await changesOf(url, id); part.length > 0; part = await changesOf(url, id)) {
      expect(part.length).toBeLessThan(transactions.length)
      told.push(...part)
    }
    expect(told).toEqual(transactions.map(({ hash }) => expect.objectContaining({ transactionHash: hash }) as unknown))
    const [next] = await sealLogs(node, 1)
    expect(await changesOf(url, id)).toMatchObject([{ transactionHash: next?.hash }])
  })

  it('lose nothing to a batch in which there was no room for them', async () => {
    // Less than 40 bytes are left when errors have theirs.
    const { node, url } = await startServer({ responseBytesMax: 2 * 2_048 + 40 })
    const logs = await resultOf(url, 'eth_newFilter', [{ address: MODULE_ADDRESS }])
    const blocks = await resultOf(url, 'eth_newBlockFilter')
    const pending = await resultOf(url, 'eth_newPendingTransactionFilter')
    const [transaction] = await sealLogs(node, 1)
    node.holds = true
    const hash = await resultOf(url, 'eth_sendRawTransaction', [await signTransfer(1)])
    for (const id of [logs, blocks, pending]) {
      const poll = { jsonrpc: '2.0', id: 1, method: 'eth_getFilterChanges', params: [id] }
      const { json } = await post(url, JSON.stringify([poll, { ...poll, method: 'eth_chainId', params: [] }]))
      expect(json).toMatchObject([{ error: { message: 'response too large' } }, {}])
    }
    expect(await changesOf(url, logs)).toMatchObject([{ transactionHash: transaction?.hash }])
    expect(await changesOf(url, blocks)).toEqual([node.head().hash])
    expect(await changesOf(url, pending)).toEqual([hash])
  })

  it('are as many as the limit: the one polled longest ago goes', async () => {
    const { url } = await startServer({ filtersMax: 2 })
    const first = await resultOf(url, 'eth_newBlockFilter')
    const second = await resultOf(url, 'eth_newBlockFilter')
    await resultOf(url, 'eth_getFilterChanges', [first])
    await resultOf(url, 'eth_newBlockFilter')
    expect((await ask(url, 'eth_getFilterChanges', [first])).result).toEqual([])
    expect((await ask(url, 'eth_getFilterChanges', [second])).error?.message).toBe('filter not found')
  })

  it('are forgotten when nobody polls them', async () => {
    const { url } = await startServer({ filterTtlMs: 20 })
    const id = await resultOf(url, 'eth_newPendingTransactionFilter')
    await sleep(50)
    expect((await ask(url, 'eth_getFilterChanges', [id])).error?.message).toBe('filter not found')
  })

  it('keep no more pending transactions between two polls than the limit', async () => {
    const { node, url } = await startServer({ filterPendingMax: 1 })
    node.holds = true
    const id = await resultOf(url, 'eth_newPendingTransactionFilter')
    for (const nonce of [0, 1]) await resultOf(url, 'eth_sendRawTransaction', [await signTransfer(nonce)])
    expect(await resultOf(url, 'eth_getFilterChanges', [id])).toHaveLength(1)
  })
})
