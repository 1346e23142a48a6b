/**
 * The configuration of one node: a JSON file. Unknown keys are refused, since a misspelt safety
 * setting is one that is not there. Relative paths are meant from the directory of the file.
 */
import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { err, ok, type Result } from '../base/result.ts'
import {
  GenesisError,
  ObjectReader,
  readChoice,
  readList,
  readString,
  readUint,
  refuse,
} from '../ledger/genesis/reader.ts'
import { parseStrictJson } from '../ledger/genesis/strict-json.ts'
import { type Refusal, refusal } from './exit-codes.ts'
import { LOG_FORMATS, LOG_LEVELS, type LogOptions } from './logger.ts'
import { systemReason } from './system-reason.ts'

export const RPC_PORT_DEFAULT = 8545
export const P2P_PORT_DEFAULT = 30_600
export const LOOPBACK = '127.0.0.1'

/** Everything that is public. The operator's own methods are on the Unix socket and cannot be named here. */
const RPC_NAMESPACES: readonly string[] = ['eth', 'net', 'web3', 'txpool', 'debug', 'ots', 'bft']

export interface RpcConfig {
  readonly host: string
  readonly port: number
  /** Origins of web pages that may ask: 'http://localhost:*'. */
  readonly originsAllowed: readonly string[]
  /** Names under which the server is reached besides loopback. */
  readonly hostsAllowed: readonly string[]
  /** Namespaces of the methods that are offered. */
  readonly api: readonly string[]
}

export interface P2pConfig {
  /** Multiaddrs. */
  readonly listen: readonly string[]
  readonly announce: readonly string[]
  /** Multiaddrs with /p2p/ and a peer id, beside the validators that genesis names. */
  readonly peers: readonly string[]
  readonly keyPath: string
  /** Talk to validators and configured peers only. */
  readonly private: boolean
}

export interface NodeConfig {
  readonly dataDir: string
  readonly genesisPath: string
  /** Sources of modules that do not lie beside genesis. */
  readonly modules: readonly string[]
  /** Null = no RPC. */
  readonly rpc: RpcConfig | null
  readonly p2p: P2pConfig
  /** Null = observer. */
  readonly consensusKeyPath: string | null
  /** File with the passphrase of the consensus key; null = the variable TERTIA_PASSPHRASE, if the key has one. */
  readonly passphrasePath: string | null
  readonly log: LogOptions
  /** Where everything that comes into the replica is written down; null = nowhere. */
  readonly recordPath: string | null
}

const TEXT_MAX = 4096
const LIST_MAX = 256

const readText = readString(1, TEXT_MAX)
const readTexts = readList(readText, 0, LIST_MAX)

export function readConfig(path: string): Result<NodeConfig, Refusal> {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    return err(refusal(`cannot read the configuration ${path}: ${systemReason(error)}`))
  }
  const document = parseStrictJson(text)
  const config = document.ok ? parseConfig(document.value, dirname(resolve(path))) : document
  return config.ok ? config : err(refusal(`${path}: ${config.error.message}`))
}

/** @param base what relative paths are relative to. */
function parseConfig(document: unknown, base: string): Result<NodeConfig, Refusal> {
  try {
    return ok(readNode(document, base))
  } catch (error) {
    if (error instanceof GenesisError) return err(refusal(error.message))
    throw error
  }
}

function readNode(document: unknown, base: string): NodeConfig {
  const reader = new ObjectReader(document, '')
  const readPath = (value: unknown, path: string) => resolve(base, readText(value, path))
  const dataDir = reader.field('dataDir', readPath)
  const p2p = new ObjectReader(
    reader.field('p2p', (value) => value, {}),
    'p2p',
  )
  const config = {
    dataDir,
    genesisPath: reader.field('genesisPath', readPath, resolve(dataDir, 'genesis.json')),
    modules: reader.field('modules', readList(readPath, 0, LIST_MAX), []),
    rpc: reader.field('rpc', nullable(readRpc), readRpc({}, 'rpc')),
    p2p: {
      listen: p2p.field('listen', readTexts, [`/ip4/0.0.0.0/tcp/${P2P_PORT_DEFAULT}`]),
      announce: p2p.field('announce', readTexts, []),
      peers: p2p.field('peers', readTexts, []),
      keyPath: p2p.field('keyPath', readPath, resolve(dataDir, 'network.key')),
      private: p2p.field('private', readFlag, false),
    },
    consensusKeyPath: reader.field('consensusKeyPath', nullable(readPath), null),
    passphrasePath: reader.field('passphrasePath', nullable(readPath), null),
    log: reader.field('log', readLog, readLog({}, 'log')),
    recordPath: reader.field('recordPath', nullable(readPath), null),
  }
  p2p.finish()
  reader.finish()
  return config
}

function readRpc(value: unknown, path: string): RpcConfig {
  const reader = new ObjectReader(value, path)
  const rpc = {
    host: reader.field('host', readText, LOOPBACK),
    port: reader.field('port', readUint(65_535), RPC_PORT_DEFAULT),
    originsAllowed: reader.field('originsAllowed', readTexts, []),
    hostsAllowed: reader.field('hostsAllowed', readTexts, []),
    api: reader.field('api', readList(readChoice(...RPC_NAMESPACES), 0, RPC_NAMESPACES.length), RPC_NAMESPACES),
  }
  reader.finish()
  return rpc
}

function readLog(value: unknown, path: string): LogOptions {
  const reader = new ObjectReader(value, path)
  const log = {
    level: reader.field('level', readChoice(...LOG_LEVELS), 'info'),
    format: reader.field('format', readChoice(...LOG_FORMATS), 'text'),
  }
  reader.finish()
  return log
}

function readFlag(value: unknown, path: string): boolean {
  return typeof value === 'boolean' ? value : refuse(path, 'expected true or false')
}

function nullable<T>(read: (value: unknown, path: string) => T): (value: unknown, path: string) => T | null {
  return (value, path) => (value === null ? null : read(value, path))
}
