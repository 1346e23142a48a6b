/** `tertia block`: final blocks. */
import { Argument, type Command, InvalidArgumentError } from 'commander'
import type { Hash } from '../../types/ids.ts'
import { parseHash } from '../../types/ids.ts'
import { fail } from '../failure.ts'
import { type CliIo, show } from '../io.ts'
import { httpUrl } from '../options.ts'
import { RPC_URL_DEFAULT, RpcClient } from '../rpc-client.ts'

interface ShowOptions {
  readonly rpc: string
  readonly json?: true
}

interface RpcBlock {
  readonly number: string
  readonly hash: Hash
  readonly parentHash: Hash
  readonly stateRoot: Hash
  readonly miner: string
  readonly timestamp: string
  readonly gasUsed: string
  readonly gasLimit: string
  readonly transactions: readonly Hash[]
}

interface BlockName {
  /** As it was given. */
  readonly text: string
  /** The call that finds it, with its first parameter. */
  readonly method: 'eth_getBlockByNumber' | 'eth_getBlockByHash'
  readonly id: string
}

const LATEST: BlockName = { text: 'latest', method: 'eth_getBlockByNumber', id: 'latest' }

export function registerBlock(program: Command, io: CliIo): void {
  const block = program.command('block').description('look at blocks')
  block
    .command('show')
    .description('print a block')
    .addArgument(new Argument('[block]', 'height, hash or latest').argParser(blockName).default(LATEST, LATEST.text))
    .option('--rpc <url>', 'node to ask', httpUrl, RPC_URL_DEFAULT)
    .option('--json', 'print JSON')
    .action((name: BlockName, options: ShowOptions) => showBlock(name, options, io))
}

function blockName(text: string): BlockName {
  if (text === 'latest') return LATEST
  const hash = parseHash(text)
  if (hash !== undefined) return { text, method: 'eth_getBlockByHash', id: hash }
  if (/^\d{1,15}$/.test(text)) return { text, method: 'eth_getBlockByNumber', id: `0x${Number(text).toString(16)}` }
  throw new InvalidArgumentError('Expected a height, a hash or latest.')
}

async function showBlock({ text, method, id }: BlockName, options: ShowOptions, io: CliIo): Promise<void> {
  const block = await new RpcClient(options.rpc).call<RpcBlock | null>(method, [id, false])
  if (block === null) return fail(`the node has no block ${text}`)
  show(io, options.json, block, () => describe(block))
}

function describe(block: RpcBlock): string {
  return [
    `block       ${Number(block.number)}   ${block.hash}`,
    `parent      ${block.parentHash}`,
    `time        ${new Date(Number(block.timestamp) * 1000).toISOString()}`,
    `proposer    ${block.miner}`,
    `state root  ${block.stateRoot}`,
    `gas         ${Number(block.gasUsed)} of ${Number(block.gasLimit)}`,
    `contains    ${block.transactions.length} transactions`,
    ...block.transactions.map((hash) => `  ${hash}`),
  ].join('\n')
}
