/** The entry point of the `tertia` command. */
import '../network/libp2p/node20-compat.ts'
import { EXIT } from '../node/exit-codes.ts'
import { processIo } from './io.ts'
import { runCli } from './run.ts'

// What reads our output may go away first, as in `tertia block show | head -1`.
process.stdout.on('error', () => process.exit(EXIT.failed))

const exitCode = await runCli(process.argv.slice(2), processIo)
process.stdout.write('', () => process.exit(exitCode))
