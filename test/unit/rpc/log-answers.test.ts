/** What eth_getLogs answers over the search of a real node: no more than an answer may weigh is read, and it is read and written in slices. */
import { expect, it } from 'vitest'
import { bloomOf } from '../../../src/ledger/receipt-codec.ts'
import { ReplicaApi, type ReplicaApiParts } from '../../../src/node/replica-api.ts'
import type { Log } from '../../../src/types/receipt.ts'
import { MODULE_ADDRESS, MODULE_TOPIC } from './fake-node.ts'
import { ask, startServer } from './harness.ts'

const BLOCKS = 60
const LOGS_A_BLOCK = 8
const LOG: Log = { address: MODULE_ADDRESS, topics: [MODULE_TOPIC], data: new Uint8Array(1) }
/** More than a slice. */
const WRITE_MS = 6

async function serverOfLogs(log: Log) {
  const logsBloom = bloomOf([log])
  const header = (height: number) => ({ height, logsBloom, consensus: { timeMs: height } })
  const read: number[] = []
  const store = {
    historyFrom: 1,
    tip: { header: header(BLOCKS) },
    header,
    finalBlock: (height: number) => {
      read.push(height)
      const transactions = Array.from({ length: LOGS_A_BLOCK }, () => ({ hash: MODULE_TOPIC }))
      return {
        block: { hash: MODULE_TOPIC, header: header(height) },
        transactions,
        receipts: transactions.map(() => ({ logs: [log] })),
      }
    },
  }
  const api = new ReplicaApi({ store, config: { genesis: {} } } as unknown as ReplicaApiParts)
  const started = await startServer()
  for (let made = 0; made < BLOCKS; made++) started.node.seal([])
  Object.assign(started.node, { logs: api.logs.bind(api) })
  return { ...started, read }
}

it('reads no more blocks than fit into an answer, and refuses', async () => {
  const { url, read } = await serverOfLogs({ ...LOG, data: new Uint8Array(100_000) })
  const filter = { fromBlock: '0x1', address: MODULE_ADDRESS }
  const refused = { code: -32_602, message: 'query returned more than 16777216 bytes' }
  expect((await ask(url, 'eth_getLogs', [filter])).error).toEqual(refused)
  // In hex they are twice as many.
  expect(read.length).toBeLessThanOrEqual(11)
  const id = (await ask(url, 'eth_newFilter', [filter])).result
  expect((await ask(url, 'eth_getFilterLogs', [id])).error).toEqual(refused)
})

it('gives the loop back between the logs that it writes', async () => {
  let turns = 0
  let hasTurned = false
  const slow: Log = {
    ...LOG,
    get data() {
      if (hasTurned) turns += 1
      hasTurned = false
      setImmediate(() => {
        hasTurned = true
      })
      const startMs = performance.now()
      while (performance.now() - startMs < WRITE_MS);
      return LOG.data
    },
  }
  const { url } = await serverOfLogs(slow)
  const { result } = await ask(url, 'eth_getLogs', [{ fromBlock: '0x1', toBlock: '0x1' }])
  expect(result).toHaveLength(LOGS_A_BLOCK)
  expect(turns).toBeGreaterThanOrEqual(LOGS_A_BLOCK - 2)
})

it('selects no log with fewer topics than the filter has positions, as geth and the subscription do', async () => {
  const { url } = await serverOfLogs(LOG)
  const count = async (topics: unknown[]) => {
    const { result } = await ask(url, 'eth_getLogs', [{ fromBlock: '0x1', toBlock: '0x1', topics }])
    return (result as unknown[]).length
  }
  expect([await count([MODULE_TOPIC]), await count([null])]).toEqual([LOGS_A_BLOCK, LOGS_A_BLOCK])
  expect([await count([MODULE_TOPIC, null]), await count([null, null])]).toEqual([0, 0])
})
