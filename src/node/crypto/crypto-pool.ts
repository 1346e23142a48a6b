/**
 * Recovers signatures in worker threads, so that the event loop is free for agreement. Calls are
 * cut into slices, and slices of several calls travel together. So even single signatures go to
 * a worker: alone that takes 130 µs instead of 65 µs, in a crowd it takes the main thread 17 µs.
 */
import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { BoundedQueue } from '../../base/bounded.ts'
import { invariant } from '../../base/invariant.ts'
import type { Logger } from '../../base/logger.ts'
import { addressOfPublicKey, compressPublicKey, type RecoverItem } from '../../crypto/secp256k1.ts'
import type { Address } from '../../types/ids.ts'
import { joinRequests, packItems, unpackKey } from './crypto-job.ts'
import { CryptoPoolFailure } from './crypto-pool-failure.ts'

/** About four milliseconds of native recovery: short enough to share a worker fairly. */
const JOB_ITEMS_MAX = 64
/** BOUND: items accepted and not answered, some 10 MB. */
const PENDING_ITEMS_MAX = 32_768
/** How often a slice is given to a worker before it is taken for the cause of the deaths. */
const ATTEMPTS_MAX = 2
/** Deaths in a row, without a reply in between, after which no worker is started again. */
const DEATHS_MAX = 3

export interface CryptoPoolOptions {
  readonly logger: Logger
  /** Threads. */
  readonly size?: number
  readonly pendingItemsMax?: number
  /** The module that the threads run: crypto-worker.ts, built. */
  readonly workerUrl?: URL
}

interface Call {
  readonly keys: (Uint8Array | undefined)[]
  unanswered: number
  resolve(keys: (Uint8Array | undefined)[]): void
  reject(error: CryptoPoolFailure): void
}

interface Slice {
  readonly call: Call
  /** The first item of the call in this slice. */
  readonly start: number
  readonly count: number
  readonly request: Uint8Array
  attempts: number
}

interface Slot {
  readonly worker: Worker
  /** What the worker is at, or undefined when it is idle. */
  job: readonly Slice[] | undefined
}

export class CryptoPool {
  readonly #logger: Logger
  readonly #workerUrl: URL
  readonly #pendingItemsMax: number
  readonly #queue: BoundedQueue<Slice>
  readonly #calls = new Set<Call>()
  readonly #slots = new Set<Slot>()
  #pendingItems = 0
  #deathsInARow = 0
  /** Why nothing is accepted any more. */
  #end: CryptoPoolFailure | undefined

  constructor(options: CryptoPoolOptions) {
    this.#logger = options.logger
    this.#workerUrl = options.workerUrl ?? new URL('./crypto-worker.js', import.meta.url)
    this.#pendingItemsMax = options.pendingItemsMax ?? PENDING_ITEMS_MAX
    this.#queue = new BoundedQueue(this.#pendingItemsMax)
    const size = options.size ?? defaultSize()
    for (let i = 0; i < size; i++) this.#startWorker()
  }

  /**
   * For each item the 33-byte key that signed it, or undefined when the signature is not one.
   * @throws CryptoPoolFailure
   */
  async recoverBatch(items: readonly RecoverItem[]): Promise<(Uint8Array | undefined)[]> {
    const keys = await this.#recover(items)
    return keys.map((key) => key && compressPublicKey(key))
  }

  /**
   * For each item the address that signed it. Far cheaper than asking for the key and then for
   * its address, because recovery yields the uncompressed key that an address is the hash of.
   * @throws CryptoPoolFailure
   */
  async recoverAddresses(items: readonly RecoverItem[]): Promise<(Address | undefined)[]> {
    const keys = await this.#recover(items)
    return keys.map((key) => key && addressOfPublicKey(key))
  }

  /** Calls that are not answered yet are rejected with `closed`. */
  async close(): Promise<void> {
    this.#stop(new CryptoPoolFailure('closed', 'the crypto pool is closed'))
    await Promise.all([...this.#slots].map((slot) => slot.worker.terminate()))
  }

  /** The uncompressed keys. */
  async #recover(items: readonly RecoverItem[]): Promise<(Uint8Array | undefined)[]> {
    if (this.#end !== undefined) throw this.#end
    if (items.length === 0) return []
    if (this.#pendingItems + items.length > this.#pendingItemsMax) {
      throw new CryptoPoolFailure('busy', `${this.#pendingItems} signatures are waiting to be recovered`)
    }
    const requests: Uint8Array[] = []
    for (let start = 0; start < items.length; start += JOB_ITEMS_MAX) {
      requests.push(packItems(items.slice(start, start + JOB_ITEMS_MAX)))
    }
    return new Promise((resolve, reject) => {
      const call: Call = {
        keys: new Array<Uint8Array | undefined>(items.length),
        unanswered: items.length,
        resolve,
        reject,
      }
      this.#calls.add(call)
      this.#pendingItems += items.length
      for (const [index, request] of requests.entries()) {
        const start = index * JOB_ITEMS_MAX
        const count = Math.min(JOB_ITEMS_MAX, items.length - start)
        this.#enqueue({ call, start, count, request, attempts: 0 })
      }
      this.#dispatch()
    })
  }

  #enqueue(slice: Slice): void {
    // A slice has an item, and accepted items are counted, so there is always room.
    invariant(this.#queue.push(slice), 'the queue of the crypto pool overflowed')
  }

  /** Gives every idle worker something to do. */
  #dispatch(): void {
    for (const slot of this.#slots) {
      if (slot.job !== undefined) continue
      const job = this.#takeJob()
      if (job.length === 0) return
      slot.job = job
      const request = joinRequests(job.map((slice) => slice.request))
      slot.worker.postMessage(request, [request.buffer])
    }
  }

  #takeJob(): Slice[] {
    const job: Slice[] = []
    for (let count = 0; count < JOB_ITEMS_MAX; ) {
      const slice = this.#queue.shift()
      if (slice === undefined) break
      // The rest of a call that was rejected meanwhile.
      if (!this.#calls.has(slice.call)) {
        this.#pendingItems -= slice.count
        continue
      }
      slice.attempts += 1
      count += slice.count
      job.push(slice)
    }
    return job
  }

  #startWorker(): void {
    const slot: Slot = { worker: new Worker(this.#workerUrl), job: undefined }
    let cause: unknown
    slot.worker.on('message', (reply: Uint8Array) => this.#onReply(slot, reply))
    slot.worker.on('error', (error) => {
      cause = error
    })
    slot.worker.on('exit', (exitCode) => this.#onDeath(slot, exitCode, cause))
    this.#slots.add(slot)
  }

  #onReply(slot: Slot, reply: Uint8Array): void {
    this.#deathsInARow = 0
    let index = 0
    for (const { call, start, count } of slot.job ?? []) {
      for (let i = start; i < start + count; i++) call.keys[i] = unpackKey(reply, index++)
      this.#pendingItems -= count
      call.unanswered -= count
      if (call.unanswered === 0 && this.#calls.delete(call)) call.resolve(call.keys)
    }
    slot.job = undefined
    this.#dispatch()
  }

  #onDeath(slot: Slot, exitCode: number, cause: unknown): void {
    this.#slots.delete(slot)
    if (this.#end !== undefined) return
    this.#logger.error('a crypto worker died', { exitCode, cause: String(cause) })
    for (const slice of slot.job ?? []) {
      if (slice.attempts < ATTEMPTS_MAX) this.#enqueue(slice)
      else this.#abandon(slice, crashed('two workers died over these signatures', cause))
    }
    this.#deathsInARow += 1
    if (this.#deathsInARow >= DEATHS_MAX) {
      this.#stop(crashed(`${DEATHS_MAX} crypto workers died in a row`, cause))
      return
    }
    this.#startWorker()
    this.#dispatch()
  }

  /** From here on everything is rejected with `end`, also what is under way. */
  #stop(end: CryptoPoolFailure): void {
    this.#end ??= end
    for (const call of this.#calls) call.reject(end)
    this.#calls.clear()
    this.#queue.clear()
  }

  #abandon(slice: Slice, failure: CryptoPoolFailure): void {
    this.#pendingItems -= slice.count
    if (this.#calls.delete(slice.call)) slice.call.reject(failure)
  }
}

function crashed(message: string, cause: unknown): CryptoPoolFailure {
  return new CryptoPoolFailure('crashed', message, cause)
}

/** The main thread keeps a core, and more than four recover faster than a node can execute. */
function defaultSize(): number {
  return Math.max(1, Math.min(4, availableParallelism() - 1))
}
