/** `tertia block`: final blocks. */
import { type Command, InvalidArgumentError } from 'commander'
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

/** Method and first parameter of the call that finds the block. */
type BlockName = readonly [method: string, name: string]

const LATEST: BlockName = ['eth_getBlockByNumber', 'latest']

export function registerBlock(program: Command, io: CliIo): void {
  const block = program.command('block').description('look at blocks')
  block
    .command('show')
    .description('print a block')
    .argument('[block]', 'height, hash or latest', blockName, LATEST)
    .option('--rpc <url>', 'node to ask', httpUrl, RPC_URL_DEFAULT)
    .option('--json', 'print JSON')
    .action((name: BlockName, options: ShowOptions) => showBlock(name, options, io))
}

function blockName(text: string): BlockName {
  if (text === 'latest') return LATEST
  const hash = parseHash(text)
  if (hash !== undefined) return ['eth_getBlockByHash', hash]
  if (/^\d{1,15}$/.test(text)) return ['eth_getBlockByNumber', `0x${Number(text).toString(16)}`]
  throw new InvalidArgumentError('Expected a height, a hash or latest.')
}

async function showBlock([method, name]: BlockName, options: ShowOptions, io: CliIo): Promise<void> {
  const block = await new RpcClient(options.rpc).call<RpcBlock | null>(method, [name, false])
  if (block === null) return fail(`the node has no block ${name}`)
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
