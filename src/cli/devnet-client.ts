/** A running devnet, seen and steered from another terminal: its socket and the RPC of its processes. */
import { resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { EXIT } from '../node/exit-codes.ts'
import type { BftStatus } from '../node/node-api.ts'
import { fail } from './failure.ts'
import { RpcClient } from './rpc-client.ts'
import { callSocket, RefusedCall } from './socket-client.ts'
import { controlPlace } from './supervision/control-socket.ts'
import type { ProcessView } from './supervision/devnet-control.ts'
import { DevnetLayout } from './supervision/layout.ts'

const ASK_INTERVAL_MS = 50
/** Longer than a process takes to start and answer. */
const CONTROL_TIMEOUT_MS = 60_000

export class DevnetClient {
  readonly #path: string

  /** @throws CliFailure with code 75 when no devnet runs there. */
  constructor(directory: string) {
    const path = controlPlace(new DevnetLayout(resolve(directory))).find()
    if (path === undefined)
      fail(
        `no devnet runs in ${directory}: start one with "tertia devnet", or name its directory with --data`,
        EXIT.retry,
      )
    this.#path = path
  }

  async call<T>(verb: string, params: readonly unknown[] = []): Promise<T> {
    try {
      return await callSocket<T>(this.#path, verb, params, CONTROL_TIMEOUT_MS)
    } catch (error) {
      if (error instanceof RefusedCall) fail(error.message)
      throw error
    }
  }

  processes(): Promise<readonly ProcessView[]> {
    return this.call<readonly ProcessView[]>('processes')
  }

  /** As it sees itself; undefined when it does not answer. */
  async statusOf({ state, rpcUrl }: ProcessView): Promise<BftStatus | undefined> {
    if (state !== 'running') return undefined
    return await new RpcClient(rpcUrl).call<BftStatus>('bft_status').catch(() => undefined)
  }

  /** As a validator sees the network that can still talk to the most others. */
  async bestView(): Promise<BftStatus | undefined> {
    const processes = await this.processes()
    const views = await Promise.all(processes.map((each) => this.statusOf(each)))
    const validators = views.filter((view) => view?.role === 'validator')
    return validators.toSorted((a, b) => connectedIn(b) - connectedIn(a))[0]
  }

  /** Of the highest that answers. */
  async bestHeight(): Promise<number> {
    const views = await Promise.all((await this.processes()).map((each) => this.statusOf(each)))
    return Math.max(0, ...views.map((view) => view?.height ?? 0))
  }

  /** Looks again and again until it is so; answers with the last view either way. */
  async bestViewWhen(isSo: (view: BftStatus) => boolean, timeoutMs: number): Promise<BftStatus | undefined> {
    const deadline = Date.now() + timeoutMs
    for (;;) {
      const view = await this.bestView()
      if ((view !== undefined && isSo(view)) || Date.now() >= deadline) return view
      await sleep(ASK_INTERVAL_MS)
    }
  }
}

function connectedIn(view: BftStatus | undefined): number {
  return view?.validators.filter(({ connected }) => connected).length ?? 0
}

/** One line: height, view, who is there, and what more may fail. */
export function describeNetwork(view: BftStatus | undefined): string {
  if (view === undefined) return 'no validator answers'
  const marks = view.validators
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ connected }) => (connected ? '✓' : '✗'))
  const outlook = view.live
    ? `the chain goes on; tolerates ${view.failuresLeft} more`
    : `the chain waits: ${view.reason ?? 'not live'}`
  return `#${view.height} view ${view.view} ${marks.join('')}   ${outlook}`
}
