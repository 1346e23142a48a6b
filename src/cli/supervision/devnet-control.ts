/** What can be done to the processes of a running devnet, and what has been done to them. */
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { defined } from '../../base/invariant.ts'
import { peerIdOfKey } from '../../network/libp2p/network-key.ts'
import type { PeerId } from '../../network/port.ts'
import { readNetworkKey } from '../../node/keys/network-key-file.ts'
import type { NodeInfo } from '../../node/node-api.ts'
import { METHOD_NOT_FOUND } from '../../rpc/errors.ts'
import { callAdmin } from '../admin-client.ts'
import { CliFailure, fail, unwrap } from '../failure.ts'
import { RefusedCall } from '../socket-client.ts'
import type { DevnetLayout } from './layout.ts'
import { LOG_NAME, type ReplicaPlan } from './replica-process.ts'
import type { ProcessState, Supervisor } from './supervisor.ts'

const START_TIMEOUT_MS = 30_000
const ASK_INTERVAL_MS = 50

export interface ProcessView {
  readonly index: number
  readonly role: ReplicaPlan['role']
  readonly state: ProcessState
  readonly pid: number
  readonly address: string
  readonly rpcUrl: string
  readonly dataDir: string
  /** Whom it cannot talk to. */
  readonly cutOff: readonly number[]
  readonly delayMs: number
}

export class DevnetControl {
  readonly #plans: readonly ReplicaPlan[]
  readonly #supervisor: Supervisor
  readonly #peerIds: readonly PeerId[]
  readonly #delaysMs: number[]
  readonly #starting = new Set<number>()
  /** Group of each process. */
  #groups: readonly number[]

  constructor(plans: readonly ReplicaPlan[], supervisor: Supervisor, layout: DevnetLayout) {
    this.#plans = plans
    this.#supervisor = supervisor
    this.#peerIds = plans.map(({ index }) => peerIdOfKey(unwrap(readNetworkKey(layout.networkKey(index)))))
    this.#delaysMs = plans.map(() => 0)
    this.#groups = plans.map(() => 0)
  }

  processes(): readonly ProcessView[] {
    return this.#plans.map((plan) => {
      const { index, role, address, rpcUrl, dataDir } = plan
      const { state, pid } = this.#supervisor.stateOf(plan)
      const cutOff = this.#cutOff(index)
      return { index, role, state, pid, address, rpcUrl, dataDir, cutOff, delayMs: this.#delaysMs[index] ?? 0 }
    })
  }

  /** Without a chance to say anything: SIGKILL. */
  async kill(index: number): Promise<void> {
    const plan = this.#plan(index)
    if (this.#supervisor.stateOf(plan).state === 'down') fail(`v${index} is down already`)
    await this.#supervisor.kill(plan)
  }

  /** Resolves when it answers, with what it says of itself. What was done to the network is done to it, too. */
  async start(index: number): Promise<NodeInfo> {
    const plan = this.#plan(index)
    if (this.#supervisor.stateOf(plan).state !== 'down') fail(`v${index} runs already`)
    this.#supervisor.start(plan)
    this.#starting.add(index)
    try {
      return await this.#answering(plan)
    } finally {
      this.#starting.delete(index)
      await this.#apply(index)
    }
  }

  async #answering(plan: ReplicaPlan): Promise<NodeInfo> {
    const deadline = Date.now() + START_TIMEOUT_MS
    while (this.#supervisor.stateOf(plan).state !== 'down' && Date.now() < deadline) {
      const info = await callAdmin<NodeInfo>(plan.dataDir, 'admin_nodeInfo').catch(() => undefined)
      if (info?.pid === this.#supervisor.stateOf(plan).pid) return info
      await sleep(ASK_INTERVAL_MS)
    }
    return fail(`v${plan.index} does not start; ${join(plan.dataDir, LOG_NAME)} says why`)
  }

  /** SIGSTOP: it keeps its connections and says nothing. */
  pause(index: number): void {
    this.#signal(index, 'running', 'SIGSTOP')
  }

  async resume(index: number): Promise<void> {
    this.#signal(index, 'paused', 'SIGCONT')
    await this.#apply(index)
  }

  /** Those who are not named stay with the first group. */
  async partition(groups: readonly (readonly number[])[]): Promise<void> {
    const named = groups.flat()
    for (const index of named) this.#plan(index)
    if (groups.length < 2) fail('a partition has two groups or more, as in "0,1 2,3"')
    if (new Set(named).size < named.length) fail('a process is in one group only')
    this.#groups = this.#plans.map(({ index }) =>
      Math.max(
        0,
        groups.findIndex((group) => group.includes(index)),
      ),
    )
    await this.#applyAll()
  }

  async heal(): Promise<void> {
    this.#groups = this.#plans.map(() => 0)
    this.#delaysMs.fill(0)
    await this.#applyAll()
  }

  /** Of everything that it sends. */
  async delay(index: number, delayMs: number): Promise<void> {
    this.#plan(index)
    this.#delaysMs[index] = delayMs
    await this.#apply(index)
  }

  /** One that is paused would answer too late, and do it all the same. */
  async equivocate(index: number, views: number): Promise<unknown> {
    return await this.#tell(this.#planIn(index, 'running'), 'devnet_equivocate', [views])
  }

  #cutOff(index: number): readonly number[] {
    return this.#groups.flatMap((group, other) => (group === this.#groups[index] ? [] : [other]))
  }

  async #applyAll(): Promise<void> {
    await Promise.all(this.#plans.map(({ index }) => this.#apply(index)))
  }

  /** One that is down, paused or on its way up learns of it when it is back. */
  async #apply(index: number): Promise<void> {
    const plan = this.#plan(index)
    if (this.#supervisor.stateOf(plan).state !== 'running' || this.#starting.has(index)) return
    const cutOff = this.#cutOff(index).map((other) => this.#peerIds[other])
    const delayMs = this.#delaysMs[index] ?? 0
    const isWell = cutOff.length === 0 && delayMs === 0
    await this.#tell(plan, 'devnet_setFaults', [cutOff, delayMs]).catch((error: unknown) => {
      if (!isWell || !(error instanceof CliFailure)) throw error
    })
  }

  /** What "tertia start" runs cannot be hurt. */
  async #tell(plan: ReplicaPlan, method: string, params: readonly unknown[]): Promise<unknown> {
    try {
      return await callAdmin(plan.dataDir, method, params)
    } catch (error) {
      if (!(error instanceof RefusedCall) || error.error.code !== METHOD_NOT_FOUND) throw error
      const v = `v${plan.index}`
      return fail(`${v} was started by "tertia start", which does no harm to itself: kill it and use "devnet start"`)
    }
  }

  #signal(index: number, from: ProcessState, signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.#supervisor.signal(this.#planIn(index, from), signal)
  }

  #planIn(index: number, wanted: ProcessState): ReplicaPlan {
    const plan = this.#plan(index)
    const { state } = this.#supervisor.stateOf(plan)
    if (state !== wanted) fail(`v${index} is ${state}, not ${wanted}`)
    return plan
  }

  #plan(index: number): ReplicaPlan {
    if (this.#plans[index] === undefined) fail(`there is no v${index}: the devnet has v0 to v${this.#plans.length - 1}`)
    return defined(this.#plans[index], 'a process of the devnet')
  }
}
