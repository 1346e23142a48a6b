/** One node from its start to its end, with a log, a file of its process id and an exit code. */
import type { Logger } from '../base/logger.ts'
import type { Result } from '../base/result.ts'
import type { NodeConfig } from '../node/config.ts'
import { damageOf } from '../node/damage.ts'
import { EXIT, type Refusal } from '../node/exit-codes.ts'
import { createLogger } from '../node/logger.ts'
import { removePidFile, writePidFile } from '../node/pid-file.ts'
import { StorageFailure } from '../storage/storage-failure.ts'
import { fail, unwrap } from './failure.ts'
import { inputEnd } from './input-end.ts'
import type { CliIo } from './io.ts'
import type { RunningNode } from './start-node.ts'
import { limitStop } from './stop-limit.ts'
import { stopSignal } from './stop-signal.ts'

export interface Surroundings {
  readonly io: CliIo
  /** Ends with standard input. */
  readonly withParent: boolean
}

export async function runNode(
  config: NodeConfig,
  { io, withParent }: Surroundings,
  open: (config: NodeConfig, logger: Logger) => Promise<Result<RunningNode, Refusal>>,
): Promise<void> {
  const logger = createLogger(config.log, io.out)
  const crash = (reason: unknown) => {
    const damage = damageOf(reason, config.dataDir)
    if (damage !== null) logger.error(damage.message)
    else if (reason instanceof StorageFailure) logger.error('storage failed', { reason: reason.message })
    else
      logger.error('stopped by a bug of this program; what is on disk is intact', {
        error: reason instanceof Error ? (reason.stack ?? reason.message) : String(reason),
      })
    process.exit(damage?.exitCode ?? EXIT.crashed)
  }
  process.on('uncaughtException', crash)
  process.on('unhandledRejection', crash)
  const node = unwrap(await open(config, logger))
  // Not before: opening reads a whole journal without a pause, in which no handler would run. Until here a signal ends
  // the process by itself and at once, as safely as a crash.
  const stopped = withParent ? Promise.race([stopSignal(), inputEnd()]) : stopSignal()
  try {
    writePidFile(config.dataDir)
  } catch (error) {
    await node.stop()
    throw error
  }
  if (node.rpcUrl !== null) logger.info('JSON-RPC is served', { url: node.rpcUrl })
  const ending = await Promise.race([stopped, node.ended])
  removePidFile(config.dataDir)
  if (typeof ending !== 'string') fail(ending.message, ending.exitCode)
  logger.info('stopping', { reason: ending })
  limitStop(logger)
  await node.stop()
}
