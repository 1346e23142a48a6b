/**
 * From options to a network on disk that is ready to be started: locked, complete, its ports free.
 * A refusal leaves things as they were.
 */
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { buildGenesisBlock } from '../../ledger/genesis/genesis-block.ts'
import { blockedPort, isBlockedPort } from '../../node/blocked-ports.ts'
import { LOOPBACK, P2P_PORT_DEFAULT } from '../../node/config.ts'
import { EXIT } from '../../node/exit-codes.ts'
import { readGenesisFile } from '../../node/genesis-file.ts'
import { LockFile } from '../../storage/node-files/lock-file.ts'
import { makeDirectory } from '../../storage/node-files/sync-names.ts'
import type { Genesis } from '../../types/genesis.ts'
import { fail, unwrap } from '../failure.ts'
import { createNetwork, fileHash } from './create-network.ts'
import { DevnetLayout, OWN_ENTRY, STAGING_NAME } from './layout.ts'
import { planReplicas } from './node-configs.ts'
import { portConflict } from './port-check.ts'
import type { ReplicaPlan } from './replica-process.ts'
import { contradiction, type DevnetSettings, PORT_MAX, readSettings } from './settings.ts'

/** As given on the command line; undefined leaves a kept network as it is and means the default for a new one. */
export interface DevnetOptions {
  readonly data: string
  readonly rpcPort: number
  readonly p2pPort?: number
  readonly validators?: number
  readonly observers?: number
  readonly accounts?: number
  readonly chainId?: number
  readonly genesis?: string
  readonly module?: readonly string[]
  readonly reset?: true
}

export interface OpenDevnet {
  readonly layout: DevnetLayout
  readonly settings: DevnetSettings
  readonly genesis: Genesis
  readonly plans: readonly ReplicaPlan[]
  readonly isNew: boolean
  close(): void
}

export const DEFAULTS = { p2pPort: P2P_PORT_DEFAULT, validators: 4, observers: 1, accounts: 10 } as const

export async function openDevnet(options: DevnetOptions): Promise<OpenDevnet> {
  const layout = new DevnetLayout(resolve(options.data))
  const isOurs = existsSync(layout.lock)
  if (!isOurs) requireEmpty(layout)
  // What is there is locked before it is read; what is not there is not made before the ports are known to be free.
  let lock = isOurs ? lockOf(layout) : undefined
  try {
    const kept = options.reset === true ? undefined : keptSettings(layout, options)
    await requireFreePorts(options, kept)
    const wasThere = existsSync(layout.directory)
    makeDirectory(layout.directory)
    lock ??= lockOf(layout)
    const settings = kept ?? (await createOrTidy(layout, options, wasThere))
    const genesis = await readKeptGenesis(layout, settings)
    const plans = planReplicas(layout, settings, options.rpcPort)
    const held = lock
    return { layout, settings, genesis, plans, isNew: kept === undefined, close: () => held.release() }
  } catch (error) {
    lock?.release()
    throw error
  }
}

function requireEmpty({ directory }: DevnetLayout): void {
  if (existsSync(directory) && readdirSync(directory).length > 0)
    fail(`${directory} holds files that are no devnet's: choose another directory with --data`, EXIT.refused)
}

function lockOf(layout: DevnetLayout): LockFile {
  const lock = LockFile.acquire(layout.lock)
  return lock.ok ? lock.value : fail(`a devnet runs in ${layout.directory}: ${lock.error.message}`, EXIT.retry)
}

function keptSettings(layout: DevnetLayout, options: DevnetOptions): DevnetSettings | undefined {
  if (!existsSync(layout.settings)) {
    if (existsSync(layout.directory) && ownEntries(layout).length > 0)
      fail(`the network in ${layout.directory} is not complete: begin anew with --reset`, EXIT.refused)
    return undefined
  }
  const kept = unwrap(readSettings(layout.settings))
  const { chainId, validators, observers, accounts, p2pPort } = options
  const template = options.genesis === undefined ? undefined : fileHash(options.genesis)
  const modules = options.module?.map(fileHash)
  const conflict = contradiction(kept, { chainId, validators, observers, accounts, p2pPort, template, modules })
  if (conflict !== undefined) fail(`${conflict}; leave the option out, or begin anew with --reset`, EXIT.refused)
  return kept
}

async function requireFreePorts(options: DevnetOptions, kept: DevnetSettings | undefined): Promise<void> {
  const { validators, observers, p2pPort } = { ...DEFAULTS, ...options, ...kept }
  const count = validators + observers
  const range = (first: number) => Array.from({ length: count }, (_, index) => first + index)
  const ports = [...range(options.rpcPort), ...range(p2pPort)]
  const blocked = range(options.rpcPort).find(isBlockedPort)
  if (blocked !== undefined) fail(`--rpc-port: ${blockedPort(blocked)}: choose another`, EXIT.usage)
  if (Math.max(...ports) > PORT_MAX) fail(`${count} processes need ports beyond ${PORT_MAX}`, EXIT.usage)
  if (new Set(ports).size < ports.length) fail('--rpc-port and --p2p-port overlap: keep them further apart', EXIT.usage)
  const conflict = await portConflict(LOOPBACK, ports)
  if (conflict === undefined) return
  fail(`${conflict}: stop it, or choose others with --rpc-port and --p2p-port`, EXIT.retry)
}

async function createOrTidy(layout: DevnetLayout, options: DevnetOptions, wasThere: boolean): Promise<DevnetSettings> {
  try {
    return await createBeside(layout, options)
  } catch (error) {
    if (!wasThere) rmSync(layout.directory, { recursive: true })
    throw error
  }
}

/** Made complete first and put in place then, so that a mistake in the options costs nobody an old network. */
async function createBeside(layout: DevnetLayout, options: DevnetOptions): Promise<DevnetSettings> {
  const staging = new DevnetLayout(join(layout.directory, STAGING_NAME))
  rmSync(staging.directory, { recursive: true, force: true })
  mkdirSync(staging.directory)
  try {
    const { chainId, genesis, module } = options
    const numbers = { ...DEFAULTS, ...options }
    const settings = await createNetwork(staging, { ...numbers, chainId, template: genesis, modules: module ?? [] })
    rmSync(layout.settings, { force: true })
    for (const name of ownEntries(layout)) rmSync(join(layout.directory, name), { recursive: true })
    for (const name of ownEntries(staging)) {
      const from = join(staging.directory, name)
      if (from !== staging.settings) renameSync(from, join(layout.directory, name))
    }
    renameSync(staging.settings, layout.settings)
    return settings
  } finally {
    rmSync(staging.directory, { recursive: true, force: true })
  }
}

function ownEntries({ directory }: DevnetLayout): readonly string[] {
  return readdirSync(directory).filter((name) => OWN_ENTRY.test(name))
}

async function readKeptGenesis(layout: DevnetLayout, settings: DevnetSettings): Promise<Genesis> {
  const file = await readGenesisFile(layout.genesis, [], layout.modules)
  if (!file.ok) return fail(`${file.error.message}; restore it, or begin anew with --reset`, file.error.exitCode)
  const { genesis, registry } = file.value
  const { hash } = buildGenesisBlock(genesis, registry).block
  if (hash === settings.genesisHash) return genesis
  return fail(
    `${layout.genesis} was changed: its hash is ${hash}, the network's is ${settings.genesisHash}; undo the change, or begin anew with --reset (so too where another version of Tertia made the network)`,
    EXIT.refused,
  )
}
