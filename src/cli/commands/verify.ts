/** `tertia verify`: what a node says, believed only as far as it is proven from the genesis hash on. */
import type { Command } from 'commander'
import { toHex } from '../../base/bytes.ts'
import { defined } from '../../base/invariant.ts'
import type { FinalHeader } from '../../client/finality.ts'
import { VerificationError } from '../../client/verification-error.ts'
import { VERIFIED_METHODS } from '../../client/verified-methods.ts'
import { type BlockId, type Send, VerifiedReader } from '../../client/verified-reader.ts'
import { EXIT } from '../../node/exit-codes.ts'
import type { FaultModel } from '../../types/fault-model.ts'
import { type Address, type Hash, parseHash } from '../../types/ids.ts'
import { formatCoins } from '../coins.ts'
import { CliFailure, fail } from '../failure.ts'
import { namedNetwork } from '../genesis-hash.ts'
import { type CliIo, show } from '../io.ts'
import { address, choice, hash, httpUrl } from '../options.ts'
import { RPC_URL_DEFAULT, RpcClient } from '../rpc-client.ts'

interface VerifyOptions {
  readonly genesis: string
  readonly faultModel?: FaultModel
  readonly rpc: string
  readonly json?: true
}

interface Verified {
  readonly reader: VerifiedReader
  readonly send: Send
}

export function registerVerify(program: Command, io: CliIo): void {
  const verify = program.command('verify').description('check what a node says against the genesis of its network')
  withOptions(
    verify.command('balance').description('verify a balance').argument('<address>', 'account', address),
  ).action((owner: Address, options: VerifyOptions) =>
    checked(options, (verified) => balance(verified, owner, options, io)),
  )
  withOptions(verify.command('tx').description('verify a receipt').argument('<hash>', 'transaction', hash)).action(
    (id: Hash, options: VerifyOptions) => checked(options, (verified) => transaction(verified, id, options, io)),
  )
  withOptions(
    verify.command('header').description('verify a header').argument('[block]', 'height, hash or latest', 'latest'),
  ).action((block: string, options: VerifyOptions) =>
    checked(options, (verified) => header(verified, block, options, io)),
  )
  withOptions(verify.command('set').description('verify who agrees: the validators of the running epoch')).action(
    (options: VerifyOptions) => checked(options, (verified) => validatorSet(verified, options, io)),
  )
}

function withOptions(command: Command): Command {
  return command
    .requiredOption('--genesis <hash>', 'hash of block 0, or a genesis file')
    .option(
      '--fault-model <model>',
      'byzantine or crash (default: what the genesis file says; byzantine with a hash)',
      choice(['byzantine', 'crash'] as const),
    )
    .option('--rpc <url>', 'node to ask', httpUrl, RPC_URL_DEFAULT)
    .option('--json', 'print JSON')
}

async function checked(options: VerifyOptions, work: (verified: Verified) => Promise<void>): Promise<void> {
  const network = await namedNetwork(options.genesis)
  const faultModel = options.faultModel ?? network.faultModel ?? 'byzantine'
  if (network.faultModel !== null && faultModel !== network.faultModel)
    return fail(`${options.genesis} is of the fault model ${network.faultModel}: leave out --fault-model`, EXIT.usage)
  const rpc = new RpcClient(options.rpc)
  const send: Send = (method, params) => rpc.call(method, params)
  try {
    await work({ reader: new VerifiedReader(send, { genesis: network.hash, faultModel }), send })
  } catch (error) {
    if (error instanceof VerificationError) throw new CliFailure(`NOT VERIFIED: ${error.message}`, EXIT.failed)
    throw error
  }
}

async function balance({ reader }: Verified, owner: Address, { json }: VerifyOptions, io: CliIo): Promise<void> {
  const block = await reader.header('latest')
  const account = await reader.account(owner, block.hash)
  const result = { address: owner, balance: account.balance, nonce: account.nonce, block: block.header.height }
  const steps = `${await finalitySteps(reader, block)}  header→state root ✓  proof ✓`
  show(io, json, result, () => `${steps}   ${formatCoins(account.balance)}`)
}

async function transaction({ reader, send }: Verified, id: Hash, { json }: VerifyOptions, io: CliIo): Promise<void> {
  const receipt = await VERIFIED_METHODS.get('eth_getTransactionReceipt')?.(reader, [id], send)
  if (receipt === undefined || receipt === null) return fail(`the node knows no final transaction ${id}`)
  const { status, blockNumber } = receipt as { readonly status: string; readonly blockNumber: string }
  const outcome = status === '0x1' ? 'succeeded' : 'failed'
  const steps = `${await finalitySteps(reader, await reader.header(Number(blockNumber)))}  header→receipts root ✓  receipt ✓`
  show(io, json, receipt, () => `${steps}   ${outcome} in block ${Number(blockNumber)}`)
}

async function header({ reader }: Verified, block: string, { json }: VerifyOptions, io: CliIo): Promise<void> {
  const final = await reader.header(blockIdOf(block))
  const { height, stateRoot, miner, consensus } = final.header
  const result = { height, hash: final.hash, stateRoot, proposer: miner, timeMs: consensus.timeMs }
  const steps = await finalitySteps(reader, final)
  show(io, json, result, () => `${steps}   block ${height} ${final.hash}`)
}

async function validatorSet({ reader }: Verified, { json }: VerifyOptions, io: CliIo): Promise<void> {
  const head = await reader.header('latest')
  const { epochs } = await reader.trust()
  const { root, validators } = defined(epochs.at(-1), 'a trusted epoch')
  const members = validators.members.map(({ address, consensusKey, leads }) => ({
    address,
    consensusKey: toHex(consensusKey),
    leads,
  }))
  const { epoch, quorum } = validators
  const result = { epoch, sinceBlock: root.height + 1, quorum, validators: members }
  const steps = await finalitySteps(reader, head)
  const lines = members.map(
    ({ address, consensusKey, leads }) => `${address}  ${consensusKey}${leads ? '' : '  leaving'}`,
  )
  show(io, json, result, () => [`${steps}   epoch ${epoch}, ${quorum} of ${validators.n} agree`, ...lines].join('\n'))
}

/** What led from the genesis hash to this header. Genesis needs no certificate. */
async function finalitySteps(reader: VerifiedReader, { header }: FinalHeader): Promise<string> {
  const { epoch } = header.consensus
  const { epochs } = await reader.trust()
  const validators = epochs[epoch - 1]?.validators
  const certificate = validators === undefined ? '' : `  certificate ${validators.quorum} of ${validators.n} ✓`
  return `genesis ✓  validator sets ${epochs.length} ✓${certificate}`
}

function blockIdOf(text: string): BlockId {
  if (text === 'latest') return text
  if (/^\d{1,15}$/.test(text)) return Number(text)
  return parseHash(text) ?? fail('expected a height, a hash or latest', EXIT.usage)
}
