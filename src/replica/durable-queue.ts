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

/** What has to be on disk before a signature: the record, in the file of the key that is to sign. */
export interface Pledge {
  readonly signingRecord: SigningRecord
  readonly record: SafetyRecord
}

export class DurableQueue {
  readonly #journal: Journal
  readonly #onFailure: (error: Error) => void
  #waiting: (() => void)[] = []
  /** The newest of each key. BOUND: of the keys of one node. */
  #pledged = new Map<SigningRecord, SafetyRecord>()
  readonly #persisted = new Map<SigningRecord, SafetyRecord>()
  #isSyncing = false
  #isStopped = false

  constructor(journal: Journal, onFailure: (error: Error) => void) {
    this.#journal = journal
    this.#onFailure = onFailure
  }

  /** Runs `action` when everything appended before, and what is pledged, is durable. */
  after(action: () => void, pledge: Pledge | null = null): void {
    if (pledge !== null) this.#pledged.set(pledge.signingRecord, pledge.record)
    if (__CANARIES__ && isPlanted('sent-before-synced') && pledge !== null) action()
    else this.#waiting.push(action)
  }

  /** Starts a sync for what waits, unless one is under way: that one is followed by another. */
  flush(): void {
    if (this.#isSyncing || this.#isStopped || this.#waiting.length === 0) return
    const actions = this.#waiting
    const isForgetful = __CANARIES__ && isPlanted('record-not-persisted')
    const pledged = [...this.#pledged].filter(([file, record]) => this.#persisted.get(file) !== record && !isForgetful)
    this.#waiting = []
    this.#pledged = new Map()
    this.#isSyncing = true
    let outstanding = 1 + pledged.length
    const done = (failure?: Error): void => {
      if (failure !== undefined) {
        this.#fail(failure)
        return
      }
      outstanding -= 1
      if (outstanding > 0 || this.#isStopped) return
      for (const [file, record] of pledged) this.#persisted.set(file, record)
      // Actions bring forth new ones; those wait for the next sync, however fast it is.
      this.#runAll(actions)
      this.#isSyncing = false
      this.flush()
    }
    if (__CANARIES__ && isPlanted('journal-not-synced')) done()
    else this.#journal.sync(done)
    for (const [file, record] of pledged) file.write(encodeSafetyRecord(record), done)
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
