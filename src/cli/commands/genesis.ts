/** `tertia genesis`: composing and reading the file that a network begins with. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Command } from 'commander'
import { buildGenesisBlock } from '../../ledger/genesis/genesis-block.ts'
import { parseGenesis } from '../../ledger/genesis/parse-genesis.ts'
import { EXIT } from '../../node/exit-codes.ts'
import { type GenesisFile, readGenesisFile } from '../../node/genesis-file.ts'
import { systemReason } from '../../node/system-reason.ts'
import { faultsTolerated, quorum } from '../../types/fault-model.ts'
import { readAllocFile } from '../alloc-file.ts'
import { formatCoins } from '../coins.ts'
import { fail, unwrap } from '../failure.ts'
import { type CliIo, show } from '../io.ts'
import { collect, integer } from '../options.ts'

interface BuildOptions {
  readonly chainId: number
  readonly name?: string
  readonly validators: readonly string[]
  readonly alloc?: string
  readonly faultModel: string
  readonly timestamp?: number
}

interface ShowOptions {
  readonly module?: readonly string[]
  readonly json?: true
}

export function registerGenesis(program: Command, io: CliIo): void {
  const genesis = program.command('genesis').description('compose and read genesis files')
  genesis
    .command('build')
    .description('compose a genesis from the public keys of its validators and print it')
    .requiredOption('--chain-id <id>', 'EIP-155 chain id', integer(1, Number.MAX_SAFE_INTEGER))
    .requiredOption('--validators <files...>', 'what each operator got from "tertia keys export-public"')
    .option('--alloc <file>', 'first balances: JSON as in a genesis of geth, or lines of ADDRESS,COINS')
    .option('--name <name>', 'for people (default: tertia-CHAINID)')
    .option('--fault-model <model>', 'byzantine or crash', 'byzantine')
    .option('--timestamp <seconds>', 'time of block 0 (default: now)', integer(0, Number.MAX_SAFE_INTEGER))
    .option('--json', 'accepted for symmetry: the output is always JSON')
    .action((options: BuildOptions) => buildGenesis(options, io))
  genesis
    .command('show <file>')
    .description('print the hash of a genesis, its validators and their quorum')
    .option('--module <file>', 'source of a module that genesis names; may be repeated', collect)
    .option('--json', 'print JSON')
    .action((path: string, options: ShowOptions) => showGenesis(path, options, io))
}

function buildGenesis(options: BuildOptions, io: CliIo): void {
  const document = {
    chainId: options.chainId,
    name: options.name ?? `tertia-${options.chainId}`,
    timestamp: options.timestamp ?? Math.floor(Date.now() / 1000),
    faultModel: options.faultModel,
    validators: options.validators.map(readJson),
    alloc: options.alloc === undefined ? {} : unwrap(readAllocFile(options.alloc)),
  }
  const genesis = parseGenesis(document)
  if (!genesis.ok) return fail(`these make no genesis: ${genesis.error.message}`)
  io.out(`${JSON.stringify(document, null, 2)}\n`)
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    return fail(`cannot read ${path}: ${systemReason(error)}`, EXIT.failed)
  }
}

async function showGenesis(path: string, { module, json }: ShowOptions, io: CliIo): Promise<void> {
  const scratch = mkdtempSync(join(tmpdir(), 'tertia-'))
  try {
    const summary = summaryOf(unwrap(await readGenesisFile(path, module ?? [], scratch)))
    show(io, json, summary, () => describe(summary))
  } finally {
    rmSync(scratch, { recursive: true })
  }
}

function summaryOf({ genesis, registry }: GenesisFile) {
  const { chainId, name, faultModel, validators, alloc, modules } = genesis
  const n = validators.length
  return {
    hash: buildGenesisBlock(genesis, registry).block.hash,
    chainId,
    name,
    faultModel,
    n,
    faultsTolerated: faultsTolerated(n, faultModel),
    quorum: quorum(n, faultModel),
    validators: validators.map(({ name, address, peer }) => ({ name, address, peer })),
    modules: modules.map(({ name, address }) => ({ name, address })),
    accounts: alloc.size,
    supply: [...alloc.values()].reduce((sum, { balance }) => sum + balance, 0n),
  }
}

function describe(summary: ReturnType<typeof summaryOf>): string {
  const { hash, chainId, name, faultModel, n, faultsTolerated, quorum, accounts, supply } = summary
  return [
    `genesis   ${hash}`,
    `network   ${name}, chain ${chainId}`,
    `model     ${faultModel}: n = ${n}, tolerates ${faultsTolerated}, quorum ${quorum}`,
    `supply    ${formatCoins(supply)} in ${accounts} accounts`,
    ...summary.modules.map(({ name, address }) => `module    ${address}  ${name}`),
    ...summary.validators.map(({ name, address, peer }) => `validator ${address}  ${name}  ${peer}`),
  ].join('\n')
}
