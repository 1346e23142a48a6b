/** Waits for a process of the devnet to say in its log that it holds proof against another. */
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { LogTail } from './log-tail.ts'
import { LOG_NAME } from './replica-process.ts'

const LOOK_INTERVAL_MS = 50
const PREFIX = /^\S+ \w+ +(?=EVIDENCE )/

export class EvidenceLogs {
  readonly #tails: readonly LogTail[]
  #found: string | undefined

  /** @param culprit by the name that logs have for it. */
  constructor(witnesses: readonly { readonly dataDir: string }[], culprit: string) {
    this.#tails = witnesses.map(
      ({ dataDir }) =>
        new LogTail(join(dataDir, LOG_NAME), (line) => {
          if (PREFIX.test(line) && line.includes(` by=${culprit} `)) this.#found ??= line.replace(PREFIX, '')
        }),
    )
  }

  /** The first line about it since this was made; undefined when none comes in time. */
  async first(timeoutMs: number): Promise<string | undefined> {
    const deadline = Date.now() + timeoutMs
    while (this.#found === undefined && Date.now() < deadline) await sleep(LOOK_INTERVAL_MS)
    for (const tail of this.#tails) tail.stop()
    return this.#found
  }
}
