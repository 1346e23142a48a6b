/** A program whose stop hangs: `node hanging-stop.ts MS_MAX`. It says when it stops. */

import { limitStop } from '../../../src/cli/stop-limit.ts'
import { stopSignal } from '../../../src/cli/stop-signal.ts'
import { createLogger } from '../../../src/node/logger.ts'

const HANGS_MS = 60_000

const logger = createLogger({ level: 'info', format: 'json' }, (line) => process.stdout.write(line))
setTimeout(() => undefined, HANGS_MS)
const stopped = stopSignal()
logger.info('ready')
await stopped
limitStop(logger, Number(process.argv[2]))
logger.info('stopping')
