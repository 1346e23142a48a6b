/** `tertia start`: one node, until it is told to stop. */
import { resolve } from 'node:path'
import type { Command } from 'commander'
import { type NodeConfig, readConfig } from '../../node/config.ts'
import { EXIT } from '../../node/exit-codes.ts'
import { LOG_FORMATS, LOG_LEVELS } from '../../node/logger.ts'
import { fail, unwrap } from '../failure.ts'
import type { CliIo } from '../io.ts'
import { choice, port } from '../options.ts'
import { runNode } from '../run-node.ts'

interface StartOptions {
  readonly config?: string
  readonly data?: string
  readonly rpcPort?: number
  readonly passphraseFile?: string
  readonly logLevel?: NodeConfig['log']['level']
  readonly logFormat?: NodeConfig['log']['format']
  readonly observe?: true
  readonly record?: string
  readonly withParent?: true
  readonly json?: true
}

export function registerStart(program: Command, io: CliIo): void {
  program
    .command('start')
    .description('run a node')
    .option('--config <file>', 'configuration, as "tertia init" makes it')
    .option('--data <dir>', 'data directory of "tertia init", whose node.json is the configuration')
    .option('--rpc-port <port>', 'port of the JSON-RPC server', port)
    .option('--passphrase-file <file>', 'file whose first line unlocks the consensus key')
    .option('--log-level <level>', LOG_LEVELS.join(', '), choice(LOG_LEVELS))
    .option('--log-format <format>', LOG_FORMATS.join(', '), choice(LOG_FORMATS))
    .option('--observe', 'follow the chain and sign nothing, whatever key the configuration names')
    .option('--record <file>', 'write down all that comes in, for "tertia replay"')
    .option('--with-parent', 'stop when standard input ends')
    .option('--json', 'the same as --log-format json')
    .action((options: StartOptions) => start(options, io))
}

async function start(options: StartOptions, io: CliIo): Promise<void> {
  const config = configOf(options)
  // The network and storage stacks are loaded by who runs a node, not by every command.
  const { startNode } = await import('../start-node.ts')
  await runNode(config, { io, withParent: options.withParent === true }, startNode)
}

function served({ rpc }: NodeConfig, path: string): NonNullable<NodeConfig['rpc']> {
  return rpc ?? fail(`--rpc-port: ${path} has "rpc": null, so no JSON-RPC is served; remove that entry`, EXIT.usage)
}

function configOf(options: StartOptions): NodeConfig {
  const path = options.config ?? (options.data === undefined ? undefined : `${options.data}/node.json`)
  if (path === undefined) return fail('say what to start with --config FILE or --data DIR', EXIT.usage)
  const config = unwrap(readConfig(path))
  const { rpcPort, passphraseFile, logLevel } = options
  const logFormat = options.json === true ? 'json' : options.logFormat
  return {
    ...config,
    rpc: rpcPort === undefined ? config.rpc : { ...served(config, path), port: rpcPort },
    consensusKeyPath: options.observe === true ? null : config.consensusKeyPath,
    recordPath: options.record === undefined ? config.recordPath : resolve(options.record),
    passphrasePath: passphraseFile ?? config.passphrasePath,
    log: { level: logLevel ?? config.log.level, format: logFormat ?? config.log.format },
  }
}
