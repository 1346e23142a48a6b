/** `tertia account`: what the ledger holds for an address. */
import type { Command } from 'commander'
import type { Address } from '../../types/ids.ts'
import { formatCoins } from '../coins.ts'
import { type CliIo, show } from '../io.ts'
import { address, httpUrl } from '../options.ts'
import { RPC_URL_DEFAULT, RpcClient } from '../rpc-client.ts'

interface ShowOptions {
  readonly rpc: string
  readonly json?: true
}

export function registerAccount(program: Command, io: CliIo): void {
  const account = program.command('account').description('look at accounts')
  account
    .command('show')
    .description('print balance and nonce')
    .argument('<address>', 'address of the account', address)
    .option('--rpc <url>', 'node to ask', httpUrl, RPC_URL_DEFAULT)
    .option('--json', 'print JSON')
    .action((owner: Address, options: ShowOptions) => showAccount(owner, options, io))
}

async function showAccount(owner: Address, options: ShowOptions, io: CliIo): Promise<void> {
  const rpc = new RpcClient(options.rpc)
  const [balance, nonce, pendingNonce, code] = await Promise.all([
    rpc.call<string>('eth_getBalance', [owner, 'latest']),
    rpc.call<string>('eth_getTransactionCount', [owner, 'latest']),
    rpc.call<string>('eth_getTransactionCount', [owner, 'pending']),
    rpc.call<string>('eth_getCode', [owner, 'latest']),
  ])
  const pending = Number(pendingNonce) - Number(nonce)
  const account = { address: owner, balance: BigInt(balance), nonce: Number(nonce), pending, hasCode: code !== '0x' }
  show(io, options.json, account, () =>
    [
      `address  ${owner}${account.hasCode ? '   (has code)' : ''}`,
      `balance  ${formatCoins(account.balance)}`,
      `nonce    ${account.nonce}${pending > 0 ? `   and ${pending} pending` : ''}`,
    ].join('\n'),
  )
}
