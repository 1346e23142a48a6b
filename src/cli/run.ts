/** The command line as a function: from arguments to an exit code. */
import { Command, CommanderError } from 'commander'
import { EXIT } from '../node/exit-codes.ts'
import { VERSION } from '../node/version.ts'
import { registerAccount } from './commands/account.ts'
import { registerBlock } from './commands/block.ts'
import { registerDevnet } from './commands/devnet.ts'
import { registerEvidence } from './commands/evidence.ts'
import { registerGenesis } from './commands/genesis.ts'
import { registerInit } from './commands/init.ts'
import { registerKeys } from './commands/keys.ts'
import { registerPeers } from './commands/peers.ts'
import { registerReplay } from './commands/replay.ts'
import { registerSnapshot } from './commands/snapshot.ts'
import { registerStart } from './commands/start.ts'
import { registerStatus } from './commands/status.ts'
import { registerTx } from './commands/tx.ts'
import { registerValidator } from './commands/validator.ts'
import { registerVerify } from './commands/verify.ts'
import { CliFailure } from './failure.ts'
import type { CliIo } from './io.ts'

/** In the order of the help. */
const COMMANDS = [
  ...[registerDevnet, registerStart, registerReplay, registerInit, registerKeys, registerGenesis],
  ...[registerTx, registerAccount, registerBlock, registerStatus, registerVerify, registerPeers],
  ...[registerValidator, registerEvidence, registerSnapshot],
]

export async function runCli(args: readonly string[], io: CliIo): Promise<number> {
  const program = new Command('tertia')
    .description('A Byzantine-fault-tolerant ledger node')
    .version(VERSION)
    .enablePositionalOptions()
    .configureOutput({ writeOut: io.out, writeErr: io.err, outputError: () => undefined })
    .showSuggestionAfterError()
  for (const register of COMMANDS) register(program, io)
  let refusedBy = program
  onRefusal(program, (command) => {
    refusedBy = command
  })
  try {
    await program.parseAsync(args, { from: 'user' })
    return EXIT.ok
  } catch (error) {
    if (error instanceof CommanderError) return usage(error, refusedBy, io)
    if (!(error instanceof CliFailure)) throw error
    io.err(`tertia: ${oneLine(error.message)}\n`)
    return error.exitCode
  }
}

/** commander's error does not say which command refused: each one tells it itself. */
function onRefusal(command: Command, tell: (command: Command) => void): void {
  command.exitOverride((error) => {
    tell(command)
    throw error
  })
  for (const verb of command.commands) onRefusal(verb, tell)
}

function usage(error: CommanderError, command: Command, io: CliIo): number {
  if (error.exitCode === 0) return EXIT.ok
  // A group without a verb has shown its help already.
  if (error.code === 'commander.help') return EXIT.usage
  io.err(`tertia: ${reason(error, command)}: see "${fullName(command)} --help"\n`)
  return EXIT.usage
}

function reason(error: CommanderError, command: Command): string {
  // To commander, a verb that a group with an action of its own does not have is an argument too many.
  const isUnknownVerb = error.code === 'commander.excessArguments' && command.commands.length > 0
  if (isUnknownVerb) return `unknown command '${oneLine(command.args[0] ?? '')}'`
  return oneLine(error.message.replace(/^error: /, '')).replace(/\.$/, '')
}

function fullName(command: Command): string {
  return command.parent === null ? command.name() : `${fullName(command.parent)} ${command.name()}`
}

function oneLine(text: string): string {
  return text.trim().replace(/\s*\n\s*/g, ' ')
}
