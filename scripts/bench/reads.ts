/**
 * Reads a second over kept-alive HTTP, of a replica and of anvil by turns in one run: so many requests
 * in flight, each followed by the next one the moment it is answered.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { DEVNET_CHAIN_ID } from '../../src/cli/supervision/dev-accounts.ts'
import type { BenchOptions } from './options.ts'
import { RpcConnection } from './rpc-connection.ts'
import { median } from './statistics.ts'
import { startAnvil, startNetwork, type Target } from './target.ts'
import { benchAccounts, SigningDesk } from './workload.ts'

const IN_FLIGHT = 16
const METHODS = ['eth_getBalance', 'eth_getTransactionReceipt', 'eth_getBlockByNumber'] as const
/** Ports of the network: anvil's comes behind them. */
const PORT_SPAN = 200
const RECEIPT_ATTEMPTS = 100
const RECEIPT_PAUSE_MS = 100

export interface ReadFigure {
  readonly method: string
  /** A second, medians over the rounds. */
  readonly tertia: number
  readonly anvil: number
  readonly ratio: number
}

interface Reader {
  readonly connection: RpcConnection
  /** JSON, by method. */
  readonly params: ReadonlyMap<string, string>
}

export async function measureReads(options: BenchOptions): Promise<readonly ReadFigure[]> {
  const targets: Target[] = []
  const readers: Reader[] = []
  try {
    targets.push(await startNetwork(options))
    targets.push(await startAnvil(options.port + PORT_SPAN))
    for (const target of targets) readers.push(await prepare(target))
    const [tertia, anvil] = readers as [Reader, Reader]
    const figures: ReadFigure[] = []
    for (const method of METHODS) figures.push(await compare(method, tertia, anvil, options))
    return figures
  } finally {
    for (const { connection } of readers) connection.close()
    for (const target of targets) await target.stop()
  }
}

export function readsTable(figures: readonly ReadFigure[]): string {
  const rows = figures.map(({ method, tertia, anvil, ratio }) => [
    method.padEnd(26),
    tertia.toFixed(0).padStart(8),
    anvil.toFixed(0).padStart(8),
    ratio.toFixed(2).padStart(8),
  ])
  const head = ['requests a second'.padEnd(26), 'tertia'.padStart(8), 'anvil'.padStart(8), 'ratio'.padStart(8)]
  return [head, ...rows].map((cells) => cells.join('  ')).join('\n')
}

/** One transfer, so that there is a receipt and a block that holds something. */
async function prepare(target: Target): Promise<Reader> {
  const [url = ''] = target.rpcUrls
  const connection = new RpcConnection(url)
  const desk = new SigningDesk('transfer', DEVNET_CHAIN_ID, benchAccounts(2))
  const { hash, envelope } = desk.take(0)
  await connection.call('eth_sendRawTransaction', `["${envelope}"]`)
  const { blockNumber, from } = await receiptOf(connection, hash)
  const params = new Map([
    ['eth_getBalance', `["${from}","latest"]`],
    ['eth_getTransactionReceipt', `["${hash}"]`],
    ['eth_getBlockByNumber', `["${blockNumber}",true]`],
  ])
  return { connection, params }
}

async function receiptOf(connection: RpcConnection, hash: string) {
  for (let attempt = 0; attempt < RECEIPT_ATTEMPTS; attempt++) {
    const receipt = await connection.call('eth_getTransactionReceipt', `["${hash}"]`)
    if (receipt !== null) return receipt as { readonly blockNumber: string; readonly from: string }
    await sleep(RECEIPT_PAUSE_MS)
  }
  throw new Error(`${hash} has no receipt`)
}

/** Round by round, so that what else the machine does meets both. */
async function compare(method: string, tertia: Reader, anvil: Reader, options: BenchOptions): Promise<ReadFigure> {
  const { durationSeconds, rounds } = options
  const ours: number[] = []
  const theirs: number[] = []
  // The first warms up.
  for (let round = -1; round < rounds; round++) {
    const pair = [await perSecond(tertia, method, durationSeconds), await perSecond(anvil, method, durationSeconds)]
    if (round < 0) continue
    ours.push(pair[0] ?? Number.NaN)
    theirs.push(pair[1] ?? Number.NaN)
  }
  const ratios = ours.map((own, round) => own / (theirs[round] ?? Number.NaN))
  return { method, tertia: median(ours), anvil: median(theirs), ratio: median(ratios) }
}

async function perSecond({ connection, params }: Reader, method: string, seconds: number): Promise<number> {
  const json = params.get(method) ?? '[]'
  const startMs = performance.now()
  const endMs = startMs + seconds * 1000
  let answered = 0
  const ask = async () => {
    while (performance.now() < endMs) {
      await connection.call(method, json)
      answered += 1
    }
  }
  await Promise.all(Array.from({ length: IN_FLIGHT }, ask))
  return (answered * 1000) / (performance.now() - startMs)
}
