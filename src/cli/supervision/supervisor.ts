/**
 * Looks after the processes of a devnet. One that ends is reported and left down, for that is
 * what people come to see; when somebody starts it again by hand, it is one of the devnet again.
 */
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { defined } from '../../base/invariant.ts'
import { livePid, removePidFile } from '../../node/pid-file.ts'
import { boundLog } from './bound-log.ts'
import { type Ending, LOG_NAME, type ReplicaPlan, ReplicaProcess } from './replica-process.ts'

const LOOK_INTERVAL_MS = 250
const STOP_TIMEOUT_MS_DEFAULT = 10_000

export type ProcessState = 'running' | 'paused' | 'down'

export interface SupervisorEvents {
  died(plan: ReplicaPlan, ending: Ending): void
  returned(plan: ReplicaPlan, pid: number): void
  /** Process ids changed. */
  changed(pids: ReadonlyMap<ReplicaPlan, number>): void
}

export class Supervisor {
  readonly #plans: readonly ReplicaPlan[]
  readonly #events: SupervisorEvents
  /** Of the latest process of each, alive or not. */
  readonly #pids = new Map<ReplicaPlan, number>()
  readonly #own = new Map<ReplicaPlan, ReplicaProcess>()
  /** Started by hand. */
  readonly #adopted = new Map<ReplicaPlan, number>()
  readonly #paused = new Set<number>()
  readonly #stopTimeoutMs: number
  #stopping = false
  #look: NodeJS.Timeout | undefined

  constructor(plans: readonly ReplicaPlan[], events: SupervisorEvents, stopTimeoutMs = STOP_TIMEOUT_MS_DEFAULT) {
    this.#plans = plans
    this.#stopTimeoutMs = stopTimeoutMs
    this.#events = events
  }

  startAll(): void {
    for (const plan of this.#plans) this.#launch(plan)
    this.#events.changed(this.#pids)
    this.#look = setInterval(() => {
      for (const { dataDir } of this.#plans) boundLog(join(dataDir, LOG_NAME))
      this.#lookForReturns()
    }, LOOK_INTERVAL_MS)
  }

  async stop(): Promise<void> {
    this.#stopping = true
    clearInterval(this.#look)
    // What is stopped cannot be asked to end.
    for (const plan of this.#plans) if (this.stateOf(plan).state === 'paused') this.signal(plan, 'SIGCONT')
    const own = [...this.#own.values()].map((replica) => replica.stop(this.#stopTimeoutMs))
    const adopted = [...this.#adopted].map(([plan, pid]) => stopAdopted(plan, pid, this.#stopTimeoutMs))
    await Promise.all([...own, ...adopted])
  }

  stateOf(plan: ReplicaPlan): { readonly state: ProcessState; readonly pid: number } {
    const pid = this.#livePid(plan)
    if (pid === undefined) return { state: 'down', pid: this.#pids.get(plan) ?? 0 }
    return { state: this.#paused.has(pid) ? 'paused' : 'running', pid }
  }

  /** One that is down. */
  start(plan: ReplicaPlan): void {
    this.#launch(plan)
    this.#events.changed(this.#pids)
  }

  signal(plan: ReplicaPlan, signal: 'SIGSTOP' | 'SIGCONT'): void {
    const pid = defined(this.#livePid(plan), 'a process to signal')
    process.kill(pid, signal)
    if (signal === 'SIGSTOP') this.#paused.add(pid)
    else this.#paused.delete(pid)
  }

  /** Resolves when it is gone. */
  async kill(plan: ReplicaPlan): Promise<void> {
    const pid = defined(this.#livePid(plan), 'a process to kill')
    const ended = this.#own.get(plan)?.ended
    process.kill(pid, 'SIGKILL')
    this.#paused.delete(pid)
    if (ended !== undefined) await ended
    while (ended === undefined && livePid(plan.dataDir) === pid) await sleep(LOOK_INTERVAL_MS)
  }

  #livePid(plan: ReplicaPlan): number | undefined {
    return this.#own.get(plan)?.pid ?? livePid(plan.dataDir)
  }

  #launch(plan: ReplicaPlan): void {
    // What a process that was killed has left behind may be another program's id by now, which nobody here may end.
    removePidFile(plan.dataDir)
    const replica = new ReplicaProcess(plan)
    this.#own.set(plan, replica)
    this.#pids.set(plan, replica.pid)
    const onEnd = (ending: Ending) => {
      this.#own.delete(plan)
      this.#paused.delete(replica.pid)
      if (livePid(plan.dataDir) === undefined) removePidFile(plan.dataDir)
      if (!this.#stopping) this.#events.died(plan, ending)
    }
    replica.ended.then(onEnd, onBug)
  }

  #lookForReturns(): void {
    for (const plan of this.#plans) {
      if (this.#own.has(plan)) continue
      const before = this.#adopted.get(plan)
      const pid = livePid(plan.dataDir)
      if (pid === before) continue
      if (before !== undefined) {
        this.#adopted.delete(plan)
        this.#paused.delete(before)
        this.#events.died(plan, { how: 'the process started by hand is gone', exitCode: null })
      }
      if (pid === undefined) continue
      this.#adopted.set(plan, pid)
      this.#pids.set(plan, pid)
      this.#events.returned(plan, pid)
      this.#events.changed(this.#pids)
    }
  }
}

function onBug(error: unknown): never {
  throw error
}

async function stopAdopted({ dataDir }: ReplicaPlan, pid: number, timeoutMs: number): Promise<void> {
  const isAlive = () => livePid(dataDir) === pid
  const deadline = Date.now() + timeoutMs
  if (isAlive()) process.kill(pid, 'SIGTERM')
  while (isAlive() && Date.now() < deadline) await sleep(LOOK_INTERVAL_MS)
  if (isAlive()) process.kill(pid, 'SIGKILL')
}
