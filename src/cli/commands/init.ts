/** `tertia init`: a data directory for a node of an existing network. */
import { copyFileSync, existsSync } from 'node:fs'
import { dirname, extname, join, resolve } from 'node:path'
import type { Command } from 'commander'
import { buildGenesisBlock } from '../../ledger/genesis/genesis-block.ts'
import { EXIT } from '../../node/exit-codes.ts'
import { readGenesisFile } from '../../node/genesis-file.ts'
import { readPublicKey } from '../../node/keys/key-file.ts'
import { createNetworkKeyFile } from '../../node/keys/network-key-file.ts'
import { createSigningRecord } from '../../node/keys/signing-record-file.ts'
import { hashOfFile } from '../../node/module-loader.ts'
import { makeDirectory } from '../../storage/node-files/sync-names.ts'
import type { GenesisModule } from '../../types/genesis.ts'
import { fail, unwrap } from '../failure.ts'
import { type CliIo, show } from '../io.ts'
import { NETWORK_KEY_FILE } from '../key-directory.ts'
import { collect } from '../options.ts'
import { replaceJson } from '../replace-file.ts'

interface InitOptions {
  readonly genesis: string
  readonly data: string
  readonly key?: string
  readonly module?: readonly string[]
  readonly json?: true
}

export function registerInit(program: Command, io: CliIo): void {
  program
    .command('init')
    .description('make the data directory of a node')
    .requiredOption('--genesis <file>', 'genesis of the network')
    .requiredOption('--data <dir>', 'directory to make')
    .option('--key <file>', 'consensus key of a validator; without one the node is an observer')
    .option('--module <file>', 'source of a module that genesis names; may be repeated', collect)
    .option('--json', 'print JSON')
    .action((options: InitOptions) => init(options, io))
}

async function init(options: InitOptions, io: CliIo): Promise<void> {
  const data = resolve(options.data)
  const configPath = join(data, 'node.json')
  if (existsSync(configPath))
    fail(`${data} is a data directory already: start it with --data ${options.data}`, EXIT.refused)
  makeDirectory(data)
  const { genesis, registry } = unwrap(
    await readGenesisFile(options.genesis, options.module ?? [], join(data, 'modules')),
  )
  const sources = namedSources(options, genesis.modules)
  const genesisHash = buildGenesisBlock(genesis, registry).block.hash
  const address = options.key === undefined ? null : unwrap(readPublicKey(options.key)).address
  if (options.key !== undefined) unwrap(await createSigningRecord(options.key, genesisHash))
  copyFileSync(options.genesis, join(data, 'genesis.json'))
  const modules = copyModules(sources, data)
  replaceJson(configPath, {
    dataDir: '.',
    genesisPath: 'genesis.json',
    modules,
    consensusKeyPath: options.key === undefined ? null : resolve(options.key),
    p2p: { keyPath: await networkKey(options.key, data) },
  })
  const isValidator = genesis.validators.some((validator) => validator.address === address)
  const role = address === null ? 'observer' : isValidator ? 'validator' : 'candidate'
  show(io, options.json, { genesisHash, role, address, dataDir: data, config: configPath }, () =>
    [
      `genesis  ${genesisHash}`,
      `role     ${role}${address === null ? '' : ` ${address}`}`,
      `config   ${configPath}`,
      `next     tertia start --config ${configPath}`,
    ].join('\n'),
  )
}

interface ModuleSource {
  readonly path: string
  /** Of the module, as genesis has it. */
  readonly name: string
}

function namedSources({ genesis, module = [] }: InitOptions, listed: readonly GenesisModule[]): ModuleSource[] {
  return module.map((path) => {
    const hash = hashOfFile(path)
    const entry = listed.find(({ sha256 }) => sha256 !== undefined && sha256 === hash)
    if (entry === undefined)
      return fail(`${genesis} names no module with the source of ${path}: it would never run`, EXIT.refused)
    return { path, name: entry.name }
  })
}

/** Named after their modules: files in two directories may have one name. */
function copyModules(sources: readonly ModuleSource[], data: string): readonly string[] {
  return sources.map(({ path, name }) => {
    const copy = join('modules', `${name}${extname(path)}`)
    copyFileSync(path, join(data, copy))
    return copy
  })
}

/** The one that "tertia keys new" put beside the consensus key and into the public part, or a new one. */
async function networkKey(consensusKeyPath: string | undefined, data: string): Promise<string> {
  if (consensusKeyPath !== undefined) {
    const beside = join(dirname(resolve(consensusKeyPath)), NETWORK_KEY_FILE)
    if (existsSync(beside)) return beside
  }
  const own = join(data, NETWORK_KEY_FILE)
  if (!existsSync(own)) unwrap(await createNetworkKeyFile(own))
  return NETWORK_KEY_FILE
}
