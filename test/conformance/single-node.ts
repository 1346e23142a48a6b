/** A network of one validator in a process of its own, as `tertia start` runs it, and requests to it. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { defineChain } from 'viem'
import { buildIfStale } from '../../scripts/build.js'
import { toHex } from '../../src/base/bytes.ts'
import { buildGenesisBlock } from '../../src/ledger/genesis/genesis-block.ts'
import { readGenesisFile } from '../../src/node/genesis-file.ts'
import { createConsensusKey, writeConsensusKey } from '../../src/node/keys/key-file.ts'
import { createNetworkKeyFile } from '../../src/node/keys/network-key-file.ts'
import { createSigningRecord } from '../../src/node/keys/signing-record-file.ts'
import type { Hash } from '../../src/types/ids.ts'

const PROGRAM = fileURLToPath(new URL('../../bin/tertia.js', import.meta.url))
const START_TIMEOUT_MS = 60_000

export interface SingleNode {
  readonly url: string
  readonly webSocketUrl: string
  readonly genesisHash: Hash
  /** With its keys, which are in the open: `consensus.json` is the validator's. */
  readonly dataDir: string
  /** The same node with another configuration; this object is of no use then. */
  restart(changes: Readonly<Record<string, unknown>>): Promise<SingleNode>
  stop(): Promise<void>
}

/** @param document a genesis without validators, the rest as it stands in a file. */
export async function startSingleNode(document: Readonly<Record<string, unknown>>): Promise<SingleNode> {
  await buildIfStale()
  const directory = mkdtempSync(join(tmpdir(), 'tertia-node-'))
  return runNode(directory, await writeNode(directory, document))
}

async function runNode(directory: string, genesisHash: Hash): Promise<SingleNode> {
  const child = spawn(process.execPath, [PROGRAM, 'start', '--config', join(directory, 'node.json'), '--json'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const url = await servedUrl(child)
  const end = async () => {
    const exited = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGTERM')
    await exited
  }
  return {
    url,
    webSocketUrl: url.replace('http', 'ws'),
    genesisHash,
    dataDir: directory,
    restart: async (changes) => {
      await end()
      const configPath = join(directory, 'node.json')
      const config = JSON.parse(readFileSync(configPath, 'utf8')) as Readonly<Record<string, unknown>>
      writeFileSync(configPath, JSON.stringify({ ...config, ...changes }))
      return runNode(directory, genesisHash)
    },
    stop: async () => {
      await end()
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

export interface JsonRpcAnswer {
  readonly result?: unknown
  readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown }
}

export async function post(url: string, body: unknown): Promise<JsonRpcAnswer> {
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })
  return (await response.json()) as JsonRpcAnswer
}

/** The result of one method, which has to have one. */
export async function ask(url: string, method: string, ...params: unknown[]): Promise<unknown> {
  const { result, error } = await post(url, { jsonrpc: '2.0', id: 1, method, params })
  if (error !== undefined) throw new Error(`${method}: ${error.code} ${error.message}`)
  return result
}

export function chainOf(id: number, url: string) {
  const rpcUrls = { default: { http: [url] } }
  return defineChain({ id, name: 'test', nativeCurrency: { name: 'coin', symbol: 'COIN', decimals: 18 }, rpcUrls })
}

async function writeNode(directory: string, document: Readonly<Record<string, unknown>>): Promise<Hash> {
  const keyPath = join(directory, 'consensus.json')
  const key = writeConsensusKey(keyPath, createConsensusKey(), null)
  const peerId = await createNetworkKeyFile(join(directory, 'network.key'))
  if (!key.ok || !peerId.ok) throw new Error('cannot write the keys')
  const peer = `/ip4/127.0.0.1/tcp/1/p2p/${peerId.value}`
  const validators = [{ name: 'v0', consensusKey: toHex(key.value.consensusKey), peer }]
  const genesisPath = join(directory, 'genesis.json')
  writeFileSync(genesisPath, JSON.stringify({ name: 'test', timestamp: 1_700_000_000, ...document, validators }))
  const genesis = await readGenesisFile(genesisPath, [], join(directory, 'modules'))
  if (!genesis.ok) throw new Error(genesis.error.message)
  const genesisHash = buildGenesisBlock(genesis.value.genesis, genesis.value.registry).block.hash
  const record = await createSigningRecord(keyPath, genesisHash)
  if (!record.ok) throw new Error(record.error.message)
  const config = {
    dataDir: '.',
    rpc: { port: 0 },
    p2p: { listen: ['/ip4/127.0.0.1/tcp/0'], keyPath: 'network.key' },
    consensusKeyPath: 'consensus.json',
  }
  writeFileSync(join(directory, 'node.json'), JSON.stringify(config))
  return genesisHash
}

function servedUrl(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    const lines: string[] = []
    const give = (reason: string) => reject(new Error(`the node ${reason}:\n${lines.join('\n')}`))
    const timer = setTimeout(() => give('does not serve'), START_TIMEOUT_MS)
    child.once('exit', (code) => give(`ended with ${code}`))
    child.stderr?.on('data', (chunk: Buffer) => lines.push(chunk.toString()))
    if (child.stdout === null) throw new Error('the output of the node is not piped')
    createInterface(child.stdout).on('line', (line) => {
      lines.push(line)
      const url = /http:\/\/127\.0\.0\.1:\d+/.exec(line)?.[0]
      if (url === undefined) return
      clearTimeout(timer)
      resolve(url)
    })
  })
}
