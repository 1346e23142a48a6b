/** What is measured: a network of ours on this machine, or another program that speaks the same protocol. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { DEVNET_CHAIN_ID, MNEMONIC } from '../../src/cli/supervision/dev-accounts.ts'
import type { BenchOptions } from './options.ts'

export interface Target {
  readonly name: string
  readonly rpcUrls: readonly string[]
  /** In the order of the URLs. */
  readonly pids: readonly number[]
  stop(): Promise<void>
}

/** As many as the devnet has: with 512 in flight each has an account of its own. */
export const ACCOUNTS = 1_000
const READY_TIMEOUT_MS = 60_000
const ROOT = fileURLToPath(new URL('../..', import.meta.url))
/** Between the first RPC port and the first port between the replicas. */
const PORT_SPAN = 100

export async function startNetwork(options: BenchOptions): Promise<Target> {
  const data = options.data ?? mkdtempSync(join(tmpdir(), 'tertia-bench-'))
  const child = spawn(
    process.execPath,
    [
      join(ROOT, 'bin/tertia.js'),
      'devnet',
      '--reset',
      '--data',
      data,
      '--rpc-port',
      String(options.port),
      '--p2p-port',
      String(options.port + PORT_SPAN),
      '--validators',
      String(options.replicas),
      '--observers',
      '0',
      '--accounts',
      String(ACCOUNTS),
      ...(options.genesis === undefined ? [] : ['--genesis', options.genesis]),
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  await untilLine(child, /^READY /)
  const { processes } = JSON.parse(readFileSync(join(data, 'devnet.json'), 'utf8')) as {
    processes: { readonly pid: number; readonly rpcUrl: string }[]
  }
  return {
    name: `tertia, ${options.replicas} replicas`,
    rpcUrls: processes.map(({ rpcUrl }) => rpcUrl),
    pids: processes.map(({ pid }) => pid),
    stop: async () => {
      await end(child)
      if (options.data === undefined) rmSync(data, { recursive: true, force: true })
    },
  }
}

/** Without a block time it makes a block for each transaction as it comes. */
export async function startAnvil(port: number, blockSeconds?: number): Promise<Target> {
  const args = ['--port', String(port), '--chain-id', String(DEVNET_CHAIN_ID), '--accounts', String(ACCOUNTS)]
  args.push('--mnemonic', MNEMONIC, '--gas-limit', '30000000')
  if (blockSeconds !== undefined) args.push('--block-time', String(blockSeconds))
  const child = spawn(anvilPath(), args, { stdio: ['ignore', 'pipe', 'inherit'] })
  await untilLine(child, /^Listening on /)
  return {
    name: blockSeconds === undefined ? 'anvil, a block for each' : `anvil, a block every ${blockSeconds} s`,
    rpcUrls: [`http://127.0.0.1:${port}`],
    pids: [child.pid ?? 0],
    stop: () => end(child),
  }
}

/** The program itself, not the script in front of it: that would hide what it uses. */
function anvilPath(): string {
  const require = createRequire(import.meta.url)
  const installed = createRequire(require.resolve('@foundry-rs/anvil/package.json'))
  const { platform, arch } = process
  const binary = `@foundry-rs/anvil-${platform}-${arch === 'x64' ? 'amd64' : arch}`
  return join(dirname(installed.resolve(`${binary}/package.json`)), 'bin', 'anvil')
}

async function untilLine(child: ChildProcess, wanted: RegExp): Promise<void> {
  let output = ''
  const seen = new Promise<void>((resolve, reject) => {
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      if (output.length < 1_000_000) output += chunk
      if (output.split('\n').some((line) => wanted.test(line))) resolve()
    })
    child.once('error', reject)
    child.once('exit', (code) =>
      reject(new Error(`${child.spawnfile} ended with ${code} before it was ready:\n${output}`)),
    )
  })
  const late = sleep(READY_TIMEOUT_MS, 'late', { ref: false })
  if ((await Promise.race([seen, late])) === 'late') {
    child.kill('SIGKILL')
    throw new Error(`${child.spawnfile} was not ready in time:\n${output}`)
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGTERM')
  await once(child, 'exit')
}
