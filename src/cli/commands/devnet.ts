/** `tertia devnet`: a network of several processes on this machine. */
import type { Command } from 'commander'
import { LOOPBACK, RPC_PORT_DEFAULT } from '../../node/config.ts'
import { VALIDATORS_MAX } from '../../types/limits.ts'
import type { CliIo } from '../io.ts'
import { npmEnd } from '../npm-end.ts'
import { collect, integer, port } from '../options.ts'
import { stopSignal } from '../stop-signal.ts'
import { ACCOUNTS_MAX, DEVNET_CHAIN_ID } from '../supervision/dev-accounts.ts'
import { DEFAULTS, type DevnetOptions, openDevnet } from '../supervision/open-devnet.ts'
import { jsonReporter, textReporter } from '../supervision/reporter.ts'
import { runDevnet } from '../supervision/run-devnet.ts'
import { OBSERVERS_MAX } from '../supervision/settings.ts'
import { registerDevnetVerbs } from './devnet-verbs.ts'

export function registerDevnet(program: Command, io: CliIo): void {
  const devnet = program
    .command('devnet')
    // Options behind a verb are the verb's.
    .enablePositionalOptions()
    .description('run a network of several processes on this machine, with accounts to try it')
    .option('--data <dir>', 'directory that keeps the network', './devnet')
    .option('--rpc-port <port>', `RPC of process i is at ${LOOPBACK}:PORT+i`, port, RPC_PORT_DEFAULT)
    .option('--p2p-port <port>', `first port between the processes (default: ${DEFAULTS.p2pPort})`, port)
    .option('--validators <n>', `default: ${DEFAULTS.validators}`, integer(1, VALIDATORS_MAX))
    .option('--observers <n>', `default: ${DEFAULTS.observers}`, integer(0, OBSERVERS_MAX))
    .option('--accounts <n>', `accounts of the test mnemonic (default: ${DEFAULTS.accounts})`, integer(0, ACCOUNTS_MAX))
    .option('--chain-id <id>', `default: ${DEVNET_CHAIN_ID}`, integer(1, Number.MAX_SAFE_INTEGER))
    .option('--genesis <file>', 'genesis to begin with, its list of validators empty')
    .option('--module <file>', 'TypeScript or JavaScript module to add; may be repeated', collect)
    .option('--reset', 'remove the network that is kept and begin a new one')
    .option('--json', 'print events as JSON lines')
    .action(async ({ json, ...options }: DevnetOptions & { readonly json?: true }) => {
      const stopped = Promise.race([stopSignal(), npmEnd()])
      const devnet = await openDevnet(options)
      try {
        await runDevnet(devnet, json === true ? jsonReporter(io) : textReporter(io), stopped)
      } finally {
        devnet.close()
      }
    })
  registerDevnetVerbs(devnet, io)
}
