/**
 * Persist, then sign, then send (docs/consensus.md, "What is on disk before what"). The one place that
 * calls the signer.
 *
 * DURABILITY: what was appended to the journal and the newest safety record are synced together,
 * one sync for everything that gathered while the last was under way; only then do the actions
 * that wait for them run, in the order in which they were asked for.
 */
import { isPlanted } from '../base/planted-bug.ts'
import type { Journal } from '../storage/journal/journal.ts'
import type { SigningRecord } from '../storage/signing-record.ts'
import { encodeSafetyRecord, type SafetyRecord } from '../types/safety-record.ts'

export class DurableQueue {
  readonly #journal: Journal
  readonly #signingRecord: SigningRecord | null
  readonly #onFailure: (error: Error) => void
  #waiting: (() => void)[] = []
  #record: SafetyRecord | null = null
  #persisted: SafetyRecord | null = null
  #isSyncing = false
  #isStopped = false

  constructor(journal: Journal, signingRecord: SigningRecord | null, onFailure: (error: Error) => void) {
    this.#journal = journal
    this.#signingRecord = signingRecord
    this.#onFailure = onFailure
  }

  /** Runs `action` when everything appended before, and `record` if given, is durable. */
  after(action: () => void, record: SafetyRecord | null = null): void {
    if (record !== null) this.#record = record
    if (__CANARIES__ && isPlanted('sent-before-synced') && record !== null) action()
    else this.#waiting.push(action)
  }

  /** Starts a sync for what waits, unless one is under way: that one is followed by another. */
  flush(): void {
    if (this.#isSyncing || this.#isStopped || this.#waiting.length === 0) return
    const actions = this.#waiting
    const record = this.#record
    const isForgetful = __CANARIES__ && isPlanted('record-not-persisted')
    const signingRecord = record === this.#persisted || isForgetful ? null : this.#signingRecord
    this.#waiting = []
    this.#isSyncing = true
    let outstanding = signingRecord === null ? 1 : 2
    const done = (failure?: Error): void => {
      if (failure !== undefined) {
        this.#fail(failure)
        return
      }
      outstanding -= 1
      if (outstanding > 0 || this.#isStopped) return
      this.#persisted = record
      // Actions bring forth new ones; those wait for the next sync, however fast it is.
      this.#runAll(actions)
      this.#isSyncing = false
      this.flush()
    }
    if (__CANARIES__ && isPlanted('journal-not-synced')) done()
    else this.#journal.sync(done)
    if (record !== null && signingRecord !== null) signingRecord.write(encodeSafetyRecord(record), done)
  }

  /** An action may be what stops this queue: then none of those behind it runs. */
  #runAll(actions: readonly (() => void)[]): void {
    for (const action of actions) if (!this.#isStopped) action()
  }

  stop(): void {
    this.#isStopped = true
  }

  #fail(error: Error): void {
    if (this.#isStopped) return
    this.#isStopped = true
    this.#onFailure(error)
  }
}
