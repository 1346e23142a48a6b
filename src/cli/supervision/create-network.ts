/** The first start of a devnet: keys, genesis and a directory for each process. */
import { createHash } from 'node:crypto'
import { copyFileSync, mkdirSync, readFileSync } from 'node:fs'
import { dirname, extname, join } from 'node:path'
import { toHex } from '../../base/bytes.ts'
import { buildGenesisBlock } from '../../ledger/genesis/genesis-block.ts'
import { parseGenesis } from '../../ledger/genesis/parse-genesis.ts'
import { LOOPBACK } from '../../node/config.ts'
import { EXIT } from '../../node/exit-codes.ts'
import { readGenesisFile } from '../../node/genesis-file.ts'
import { createConsensusKey, writeConsensusKey } from '../../node/keys/key-file.ts'
import { createNetworkKeyFile } from '../../node/keys/network-key-file.ts'
import { createSigningRecord } from '../../node/keys/signing-record-file.ts'
import { loadModuleFile } from '../../node/module-loader.ts'
import { systemReason } from '../../node/system-reason.ts'
import { fail, unwrap } from '../failure.ts'
import { replaceJson } from '../replace-file.ts'
import { BALANCE_COINS, devAccounts } from './dev-accounts.ts'
import type { DevnetLayout } from './layout.ts'
import type { DevnetSettings } from './settings.ts'

const TEMPLATE = new URL('../../../genesis/devnet.json', import.meta.url)
const WEI_PER_COIN = 10n ** 18n

export interface DevnetRequest {
  /** Undefined: that of the template. */
  readonly chainId: number | undefined
  readonly validators: number
  readonly observers: number
  readonly accounts: number
  readonly p2pPort: number
  readonly template: string | undefined
  readonly modules: readonly string[]
}

type Json = Record<string, unknown>

/** Makes everything below the directory; the settings come last and make it complete. */
export async function createNetwork(layout: DevnetLayout, request: DevnetRequest): Promise<DevnetSettings> {
  const text = readText(request.template ?? TEMPLATE)
  const name = request.template ?? 'the built-in genesis'
  const template = readTemplate(text, name)
  const modules = await copyModules(layout, request.modules)
  const chainId = request.chainId ?? Number(template['chainId'])
  const members = []
  for (let index = 0; index < request.validators + request.observers; index++)
    members.push(await createMember(layout, index, request.p2pPort + index))
  const document = {
    ...template,
    chainId,
    timestamp: Math.floor(Date.now() / 1000),
    validators: members.slice(0, request.validators),
    candidates: members.slice(request.validators),
    modules: [...listOf(template['modules']), ...modules.map((module) => module.entry)],
    alloc: { ...balances(request.accounts), ...(template['alloc'] as Json | undefined) },
  }
  const parsed = parseGenesis(document)
  if (!parsed.ok) fail(`${name}: ${parsed.error.message}`, EXIT.refused)
  replaceJson(layout.genesis, document)
  const genesis = unwrap(await readGenesisFile(layout.genesis, [], layout.modules))
  const genesisHash = buildGenesisBlock(genesis.genesis, genesis.registry).block.hash
  for (const index of members.keys()) unwrap(await createSigningRecord(layout.consensusKey(index), genesisHash))
  const settings = {
    chainId,
    validators: request.validators,
    observers: request.observers,
    accounts: request.accounts,
    p2pPort: request.p2pPort,
    template: request.template === undefined ? '' : sha256(text),
    modules: modules.map((module) => module.entry.sha256),
    genesisHash,
  }
  replaceJson(layout.settings, settings)
  return settings
}

export function fileHash(path: string): string {
  return sha256(readText(path))
}

function readText(path: string | URL): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    return fail(`cannot read ${String(path)}: ${systemReason(error)}`, EXIT.refused)
  }
}

/** Only as far as it is changed here: the whole is judged when it is complete. */
function readTemplate(text: string, name: string): Json {
  let document: unknown
  try {
    document = JSON.parse(text)
  } catch (error) {
    return fail(`${name} is damaged: ${systemReason(error)}`, EXIT.refused)
  }
  if (typeof document !== 'object' || document === null || Array.isArray(document))
    return fail(`${name} is no genesis: expected an object`, EXIT.refused)
  const { $schema, ...template } = document as Json
  for (const list of ['validators', 'candidates'])
    if (listOf(template[list]).length > 0)
      return fail(`${name} names ${list}: a devnet makes its own, leave the list empty`, EXIT.refused)
  return template
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

async function createMember(layout: DevnetLayout, index: number, port: number) {
  mkdirSync(layout.keys(index), { recursive: true, mode: 0o700 })
  const { address, consensusKey } = unwrap(writeConsensusKey(layout.consensusKey(index), createConsensusKey(), null))
  const peerId = unwrap(await createNetworkKeyFile(layout.networkKey(index)))
  const peer = `/ip4/${LOOPBACK}/tcp/${port}/p2p/${peerId}`
  return { name: `v${index}`, address, consensusKey: toHex(consensusKey), peer }
}

/** The sources are copied, so that a kept network goes on with the modules that it began with. */
async function copyModules(layout: DevnetLayout, paths: readonly string[]) {
  const modules = []
  mkdirSync(layout.modules, { recursive: true })
  for (const path of paths) {
    const { module, sha256 } = unwrap(await loadModuleFile(path, layout.modules))
    const source = `modules/${module.name}${extname(path)}`
    copyFileSync(path, join(dirname(layout.modules), source))
    modules.push({ entry: { name: module.name, address: module.address, source, sha256 } })
  }
  return modules
}

function balances(accounts: number): Json {
  const balance = (BALANCE_COINS * WEI_PER_COIN).toString()
  return Object.fromEntries(devAccounts(accounts).map(({ address }) => [address, { balance }]))
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
