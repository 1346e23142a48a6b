/** `tertia replay`: a recorded node again, every block executed anew. */
import type { Command } from 'commander'
import { EXIT } from '../../node/exit-codes.ts'
import type { ReplayedBlock } from '../../node/recording/replay.ts'
import { CliFailure, unwrap } from '../failure.ts'
import { type CliIo, show } from '../io.ts'

interface ReplayOptions {
  readonly genesis?: string
  readonly json?: true
}

export function registerReplay(program: Command, io: CliIo): void {
  program
    .command('replay')
    .description('run a recorded node again and compare what it made final')
    .argument('<file>', 'what "tertia start --record" has written')
    .option('--genesis <file>', 'genesis file beside the modules of the network, if it has its own')
    .option('--json', 'print a line of JSON for each block')
    .action((file: string, options: ReplayOptions) => replay(file, options, io))
}

async function replay(file: string, options: ReplayOptions, io: CliIo): Promise<void> {
  const { replayRecording } = await import('../../node/recording/replay.ts')
  const onBlock = (block: ReplayedBlock): void =>
    show(io, options.json, block, () => `#${block.height}  block ${block.hash}  state ${block.stateRoot}`)
  const replayed = unwrap(await replayRecording(file, { genesisPath: options.genesis ?? null, onBlock }))
  const { sessions, records, difference } = replayed
  if (difference !== null) throw new CliFailure(`the replay differs: ${difference}`, EXIT.failed)
  show(io, options.json, replayed, () => `the same in ${records} records of ${sessions} runs`)
}
