/**
 * The closed loop: so many transactions in flight, each followed by the next one the moment it is
 * final. Account a talks to replica a mod n, as a wallet does to its own node, and final means
 * that this replica has shown a block with the transaction.
 */
import type { Hash } from '../../src/types/ids.ts'
import { cpuSeconds } from './process-usage.ts'
import { HeadWatch, RpcConnection } from './rpc-connection.ts'
import { percentile } from './statistics.ts'
import type { Target } from './target.ts'
import type { SigningDesk } from './workload.ts'

export interface Round {
  readonly seconds: number
  readonly committed: number
  readonly perSecond: number
  /** From the moment a transaction is sent until the block that holds it is known, milliseconds. */
  readonly p50Ms: number
  readonly p95Ms: number
  readonly p99Ms: number
  /** User and system seconds per second, one per process of the target. */
  readonly cores: readonly number[]
  readonly clientCores: number
}

/** A transaction that takes this long has been lost. */
const LOST_MS = 60_000

export class ClosedLoop {
  readonly #target: Target
  readonly #desk: SigningDesk
  readonly #connections: readonly RpcConnection[]
  /** By home: hash → when it was sent, and whom to tell. */
  readonly #waiting: readonly Map<Hash, () => void>[]
  #watches: readonly HeadWatch[] = []
  #latencies: number[] = []
  #isRunning = false
  #failure: Error | undefined

  private constructor(target: Target, desk: SigningDesk) {
    this.#target = target
    this.#desk = desk
    this.#connections = target.rpcUrls.map((url) => new RpcConnection(url))
    this.#waiting = target.rpcUrls.map(() => new Map())
  }

  static async open(target: Target, desk: SigningDesk): Promise<ClosedLoop> {
    const loop = new ClosedLoop(target, desk)
    loop.#watches = await Promise.all(
      target.rpcUrls.map((url, home) => {
        const waiting = loop.#waiting[home] ?? new Map<Hash, () => void>()
        return HeadWatch.open(
          url,
          () => waiting.size > 0,
          (hashes) => {
            for (const hash of hashes) waiting.get(hash)?.()
          },
        )
      }),
    )
    return loop
  }

  /** Rounds are cut out of one uninterrupted load. */
  async run(inFlight: number, warmUpMs: number, roundMs: number, rounds: number): Promise<readonly Round[]> {
    this.#isRunning = true
    const slots = Array.from({ length: inFlight }, (_, slot) => this.#runSlot(slot, inFlight))
    const measured: Round[] = []
    await pause(warmUpMs)
    for (let round = 0; round < rounds; round++) measured.push(await this.#measure(roundMs))
    this.#isRunning = false
    await Promise.all(slots)
    if (this.#failure !== undefined) throw this.#failure
    return measured
  }

  close(): void {
    for (const watch of this.#watches) watch.close()
    for (const connection of this.#connections) connection.close()
  }

  async #measure(roundMs: number): Promise<Round> {
    const cpuBefore = this.#target.pids.map(cpuSeconds)
    const clientBefore = cpuSeconds(process.pid)
    const startMs = performance.now()
    this.#latencies = []
    await pause(roundMs)
    const seconds = (performance.now() - startMs) / 1000
    const sorted = Float64Array.from(this.#latencies).sort()
    return {
      seconds,
      committed: sorted.length,
      perSecond: sorted.length / seconds,
      p50Ms: percentile(sorted, 0.5),
      p95Ms: percentile(sorted, 0.95),
      p99Ms: percentile(sorted, 0.99),
      cores: this.#target.pids.map((pid, i) => (cpuSeconds(pid) - (cpuBefore[i] ?? Number.NaN)) / seconds),
      clientCores: (cpuSeconds(process.pid) - clientBefore) / seconds,
    }
  }

  /** Accounts slot, slot + inFlight, … in turn. */
  async #runSlot(slot: number, inFlight: number): Promise<void> {
    for (let account = slot; this.#isRunning; account = next(account, slot, inFlight, this.#desk.accounts)) {
      try {
        await this.#send(account)
      } catch (error) {
        this.#failure ??= error instanceof Error ? error : new Error(String(error))
        this.#isRunning = false
      }
    }
  }

  async #send(account: number): Promise<void> {
    const home = account % this.#connections.length
    const connection = this.#connections[home]
    const waiting = this.#waiting[home]
    if (connection === undefined || waiting === undefined) throw new Error('a home without a replica')
    const { hash, envelope } = this.#desk.take(account)
    const sentMs = performance.now()
    const final = new Promise<void>((resolve, reject) => {
      const lost = setTimeout(() => reject(new Error(`${hash} was not final after ${LOST_MS} ms`)), LOST_MS)
      waiting.set(hash, () => {
        clearTimeout(lost)
        waiting.delete(hash)
        this.#latencies.push(performance.now() - sentMs)
        resolve()
      })
    })
    await Promise.all([connection.call('eth_sendRawTransaction', `["${envelope}"]`), final])
  }
}

function next(account: number, slot: number, inFlight: number, accounts: number): number {
  return account + inFlight < accounts ? account + inFlight : slot
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms)
  })
}
