/**
 * Transactions that clients of this node brought and that are not final, kept across a restart.
 * Each is admitted anew, so a file that is old, or not there, costs nothing but waiting.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import type { Logger } from '../base/logger.ts'
import { decodeEnvelopes, encodeEnvelopes, TRANSACTIONS_PER_MESSAGE_MAX } from '../network/messages.ts'
import type { Replica } from '../replica/replica.ts'

const WRITE_EVERY_MS = 1_000

export class PoolFile {
  readonly #path: string
  readonly #replica: Replica
  readonly #logger: Logger
  #written = ''
  #timer: NodeJS.Timeout | undefined

  constructor(path: string, replica: Replica, logger: Logger) {
    this.#path = path
    this.#replica = replica
    this.#logger = logger
  }

  /** Submits what the last run left, and from then on keeps the file up to date. */
  start(): void {
    for (const envelope of this.#read())
      this.#replica.submit(envelope, (verdict) => {
        if (!verdict.ok)
          this.#logger.debug('a transaction of the last run was not taken', { reason: verdict.error.message })
      })
    this.#timer = setInterval(() => this.#write(), WRITE_EVERY_MS)
  }

  stop(): void {
    clearInterval(this.#timer)
    this.#write()
  }

  #read(): readonly Uint8Array[] {
    let bytes: Uint8Array
    try {
      bytes = readFileSync(this.#path)
    } catch {
      return []
    }
    const envelopes = decodeEnvelopes(bytes)
    if (envelopes.ok) return envelopes.value
    this.#logger.warn('the transactions of the last run cannot be read', { reason: envelopes.error.message })
    return []
  }

  #write(): void {
    const local = this.#replica.pool.localPending().slice(0, TRANSACTIONS_PER_MESSAGE_MAX)
    const content = local.map(({ hash }) => hash).join()
    if (content === this.#written) return
    const fresh = `${this.#path}.new`
    try {
      writeFileSync(fresh, encodeEnvelopes(local.map(({ envelope }) => envelope)), { mode: 0o600 })
      renameSync(fresh, this.#path)
      this.#written = content
    } catch (error) {
      this.#logger.warn('waiting transactions could not be written down', { reason: String(error) })
    }
  }
}
