/**
 * Ends the process when its stop in order does not come to an end, or who asked for it asks again. Nothing
 * is lost by that: what was promised is on disk.
 */
import type { Logger } from '../base/logger.ts'
import { EXIT } from '../node/exit-codes.ts'
import { onStopSignal } from './stop-signal.ts'

/** A service manager that waits for 30 s finds the reason in the log. */
const STOP_MS_MAX = 20_000
/** Ctrl-C reaches a program that npm runs twice: from the terminal and from npm. That is no second wish. */
const ECHO_MS_MAX = 1_000

/** For a stop that begins now. */
export function limitStop(logger: Logger, stopMsMax = STOP_MS_MAX): void {
  const begunMs = performance.now()
  const end = (message: string) => {
    logger.error(`${message}; what was promised is on disk`)
    process.exit(EXIT.failed)
  }
  // Neither keeps alive what is done.
  setTimeout(() => end(`the stop was not done after ${stopMsMax / 1_000} s and is given up`), stopMsMax).unref()
  onStopSignal((signal) => {
    if (performance.now() - begunMs > ECHO_MS_MAX) end(`ended at once by a second signal, ${signal}`)
  })
}
