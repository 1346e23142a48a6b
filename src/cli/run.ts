/** The command line as a function: from arguments to an exit code. */
import { Command, CommanderError } from 'commander'
import { defined } from '../base/invariant.ts'
import { EXIT } from '../node/exit-codes.ts'
import { systemReason } from '../node/system-reason.ts'
import { VERSION } from '../node/version.ts'
import { StorageFailure } from '../storage/storage-failure.ts'
import { CliFailure } from './failure.ts'
import type { CliIo } from './io.ts'

type Register = (program: Command, io: CliIo) => void

/** In the order of the help. Loading all of them takes longer than most take to answer. */
const COMMANDS: Readonly<Record<string, () => Promise<Register>>> = {
  devnet: async () => (await import('./commands/devnet.ts')).registerDevnet,
  start: async () => (await import('./commands/start.ts')).registerStart,
  replay: async () => (await import('./commands/replay.ts')).registerReplay,
  init: async () => (await import('./commands/init.ts')).registerInit,
  keys: async () => (await import('./commands/keys.ts')).registerKeys,
  genesis: async () => (await import('./commands/genesis.ts')).registerGenesis,
  tx: async () => (await import('./commands/tx.ts')).registerTx,
  account: async () => (await import('./commands/account.ts')).registerAccount,
  block: async () => (await import('./commands/block.ts')).registerBlock,
  status: async () => (await import('./commands/status.ts')).registerStatus,
  verify: async () => (await import('./commands/verify.ts')).registerVerify,
  peers: async () => (await import('./commands/peers.ts')).registerPeers,
  validator: async () => (await import('./commands/validator.ts')).registerValidator,
  evidence: async () => (await import('./commands/evidence.ts')).registerEvidence,
  snapshot: async () => (await import('./commands/snapshot.ts')).registerSnapshot,
}

/** Of the operating system, for a disk that is full or broken. */
const DISK_FAILS: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EIO'])

export async function runCli(args: readonly string[], io: CliIo): Promise<number> {
  const program = new Command('tertia')
    .description('A Byzantine-fault-tolerant ledger node')
    .version(VERSION)
    .enablePositionalOptions()
    .configureOutput({ writeOut: io.out, writeErr: io.err, outputError: () => undefined })
    .showSuggestionAfterError()
  for (const load of asked(args[0])) (await load())(program, io)
  let refusedBy = program
  onRefusal(program, (command) => {
    refusedBy = command
  })
  try {
    await program.parseAsync(args, { from: 'user' })
    return EXIT.ok
  } catch (error) {
    if (error instanceof CommanderError) return usage(error, refusedBy, io)
    const { message, exitCode } = failureOf(error)
    io.err(`tertia: ${oneLine(message)}\n`)
    return exitCode
  }
}

/** The command that is named, or all of them for their help and for what is close to a name. */
function asked(name = ''): readonly (() => Promise<Register>)[] {
  return Object.hasOwn(COMMANDS, name) ? [defined(COMMANDS[name], name)] : Object.values(COMMANDS)
}

/** What the operating system refuses is no bug: a directory of somebody else's, a full disk. */
function failureOf(error: unknown): CliFailure {
  if (error instanceof CliFailure) return error
  if (error instanceof StorageFailure) return new CliFailure(`storage failed: ${error.message}`, EXIT.crashed)
  if (!isSystemError(error)) throw error
  const { path, code = '' } = error
  const message = path === undefined ? systemReason(error) : `${path}: ${systemReason(error)}`
  return DISK_FAILS.has(code)
    ? new CliFailure(`storage failed: ${message}`, EXIT.crashed)
    : new CliFailure(message, EXIT.failed)
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error && 'errno' in error
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
