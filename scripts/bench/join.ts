/**
 * How a newcomer gets level with a chain of many accounts: with a snapshot from its peers, and by executing
 * all blocks: npm run bench -- --join. The chain is made first, one new account a transfer.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { DEVNET_CHAIN_ID } from '../../src/cli/supervision/dev-accounts.ts'
import type { Address } from '../../src/types/ids.ts'
import { ClosedLoop } from './closed-loop.ts'
import type { BenchOptions } from './options.ts'
import { cpuSeconds, peakMebibytes } from './process-usage.ts'
import { RpcConnection } from './rpc-connection.ts'
import { ACCOUNTS, startNetwork, type Target } from './target.ts'
import { benchAccounts, SigningDesk } from './workload.ts'

export interface JoinFigure {
  readonly way: 'snapshot' | 'replay'
  readonly blocks: number
  readonly accounts: number
  /** Until it is level. */
  readonly seconds: number
  readonly cpuSeconds: number
  readonly mebibytesFetched: number
  readonly peakMebibytes: number
}

interface ChainSize {
  readonly height: number
  /** Beside those of genesis. */
  readonly accounts: number
}

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const TERTIA = join(ROOT, 'bin/tertia.js')
/** A server takes 256 connections. */
const IN_FLIGHT = 200
const ROUND_MS = 5_000
/** Behind those of the network. */
const PORT_OFFSET = 200
const POLL_MS = 100

export async function measureJoin(options: BenchOptions): Promise<readonly JoinFigure[]> {
  const directory = options.data ?? mkdtempSync(join(tmpdir(), 'tertia-join-'))
  const genesis = join(directory, 'template.json')
  writeFileSync(genesis, JSON.stringify(template(options)))
  const target = await startNetwork({ ...options, genesis, data: join(directory, 'network') })
  try {
    const { height, accounts } = await makeChain(target, options)
    return [
      { way: 'snapshot', blocks: height, accounts, ...(await newcomer(directory, 'snapshot', height, options)) },
      { way: 'replay', blocks: height, accounts, ...(await newcomer(directory, 'replay', height, options)) },
    ]
  } finally {
    await target.stop()
    if (options.data === undefined) rmSync(directory, { recursive: true, force: true })
  }
}

function transfersABlock({ joinAccounts, joinBlocks }: BenchOptions): number {
  return Math.ceil(joinAccounts / joinBlocks)
}

/** Blocks hold no more transfers than lets the wanted numbers of blocks and accounts come out together. */
function template(options: BenchOptions): object {
  const devnet = JSON.parse(readFileSync(join(ROOT, 'genesis/devnet.json'), 'utf8')) as { readonly consensus: object }
  const consensus = {
    ...devnet.consensus,
    blockTransactionsMax: transfersABlock(options),
    epochBlocksMax: Math.max(2, Math.floor(options.joinBlocks / 10)),
    epochMsMin: 0,
  }
  return { ...devnet, $schema: undefined, consensus }
}

/** Until it has both: how full blocks get is up to the machine, so accounts are counted and not reckoned. */
async function makeChain(target: Target, options: BenchOptions): Promise<ChainSize> {
  const recipient = (sender: number, nonce: number): Address =>
    `0x${(sender + 1).toString(16).padStart(8, '0')}${(nonce + 1).toString(16).padStart(32, '0')}` as Address
  const desk = new SigningDesk('transfer', DEVNET_CHAIN_ID, benchAccounts(ACCOUNTS), recipient)
  const loop = await ClosedLoop.open(target, desk)
  try {
    let size: ChainSize = { height: 0, accounts: 0 }
    while (size.height < options.joinBlocks || size.accounts < options.joinAccounts) {
      await loop.run(IN_FLIGHT, 0, ROUND_MS, 1)
      size = await grown(size, target.rpcUrls[0])
      console.error(
        `${size.height} of ${options.joinBlocks} blocks, ${size.accounts} of ${options.joinAccounts} accounts`,
      )
    }
    return size
  } finally {
    loop.close()
  }
}

/** Each transfer of the chain goes to an account of its own. */
async function grown(before: ChainSize, url: string | undefined): Promise<ChainSize> {
  const height = await heightOf(url)
  const connection = new RpcConnection(url ?? '')
  let { accounts } = before
  try {
    for (let each = before.height + 1; each <= height; each++)
      accounts += Number(await connection.call('eth_getBlockTransactionCountByNumber', `["0x${each.toString(16)}"]`))
  } finally {
    connection.close()
  }
  return { height, accounts }
}

async function heightOf(url: string | undefined): Promise<number> {
  const connection = new RpcConnection(url ?? '')
  try {
    return Number(await connection.call('eth_blockNumber', '[]'))
  } finally {
    connection.close()
  }
}

async function newcomer(directory: string, way: JoinFigure['way'], height: number, { port }: BenchOptions) {
  const data = join(directory, way)
  execFileSync(process.execPath, [
    ...[TERTIA, 'init', '--genesis', join(directory, 'network/genesis.json'), '--data', data],
  ])
  const path = join(data, 'node.json')
  const config = JSON.parse(readFileSync(path, 'utf8')) as { readonly p2p: object }
  const rpcPort = port + PORT_OFFSET
  const p2p = { ...config.p2p, listen: [`/ip4/127.0.0.1/tcp/${rpcPort + 1}`] }
  writeFileSync(path, JSON.stringify({ ...config, p2p, rpc: { port: rpcPort } }))
  const startMs = performance.now()
  const used = { cpuSeconds: 0, peakMebibytes: 0 }
  let fetched = ''
  if (way === 'snapshot') fetched = await ended(tertia('snapshot', 'fetch', '--data', data), used)
  const node = tertia('start', '--data', data)
  try {
    await level(`http://127.0.0.1:${rpcPort}`, height, node)
    note(used, node, { cpuSeconds: used.cpuSeconds })
    const seconds = (performance.now() - startMs) / 1000
    const parts = Number(/([\d.]+) MiB from/.exec(fetched.split('accounts in').at(-1) ?? '')?.[1] ?? 0)
    return { seconds, ...used, mebibytesFetched: parts + directoryMebibytes(join(data, 'journal')) }
  } finally {
    node.kill('SIGTERM')
    await once(node, 'exit')
  }
}

function tertia(...args: readonly string[]): ChildProcess {
  return spawn(process.execPath, [TERTIA, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
}

/** Resolves to what it printed. */
async function ended(child: ChildProcess, used: { cpuSeconds: number; peakMebibytes: number }): Promise<string> {
  let output = ''
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    output += chunk
  })
  const polling = setInterval(() => note(used, child, { cpuSeconds: 0 }), POLL_MS)
  const [code] = (await once(child, 'exit')) as [number | null]
  clearInterval(polling)
  if (code !== 0) throw new Error(`a newcomer ended with ${code}:\n${output}`)
  return output
}

function note(
  used: { cpuSeconds: number; peakMebibytes: number },
  { pid }: ChildProcess,
  before: { readonly cpuSeconds: number },
): void {
  const [seconds, mebibytes] = [cpuSeconds(pid ?? 0), peakMebibytes(pid ?? 0)]
  // Nothing can be read of a process that has just ended.
  if (!Number.isNaN(seconds)) used.cpuSeconds = before.cpuSeconds + seconds
  if (!Number.isNaN(mebibytes)) used.peakMebibytes = Math.max(used.peakMebibytes, mebibytes)
}

async function level(url: string, height: number, node: ChildProcess): Promise<void> {
  node.stdout?.resume()
  for (;;) {
    if (node.exitCode !== null) throw new Error(`a newcomer ended with ${node.exitCode}`)
    const own = await heightOf(url).catch(() => -1)
    if (own >= height) return
    await sleep(POLL_MS)
  }
}

function directoryMebibytes(path: string): number {
  return readdirSync(path).reduce((sum, name) => sum + statSync(join(path, name)).size, 0) / 1024 ** 2
}
