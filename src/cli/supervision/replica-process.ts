/** One process of a devnet: started, seen to end, stopped. Its output goes to the log in its data directory. */
import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import type { Address } from '../../types/ids.ts'

export const LOG_NAME = 'node.log'

export interface ReplicaPlan {
  readonly role: 'validator' | 'observer'
  readonly index: number
  readonly address: Address
  readonly rpcUrl: string
  readonly dataDir: string
  /** Program and arguments. Its standard input ends when the supervisor does. */
  readonly command: readonly [string, ...string[]]
}

export interface Ending {
  /** For people: 'exit code 78', 'SIGKILL'. */
  readonly how: string
  /** Null when a signal ended it. */
  readonly exitCode: number | null
}

export class ReplicaProcess {
  readonly #child: ChildProcess
  readonly ended: Promise<Ending>

  constructor(plan: ReplicaPlan) {
    const [program, ...args] = plan.command
    const log = openSync(join(plan.dataDir, LOG_NAME), 'a', 0o600)
    this.#child = spawn(program, args, { stdio: ['pipe', log, log] })
    closeSync(log)
    this.ended = new Promise((resolve) => {
      this.#child.once('error', (error) => resolve({ how: error.message, exitCode: null }))
      this.#child.once('exit', (exitCode, signal) => resolve({ how: signal ?? `exit code ${exitCode}`, exitCode }))
    })
  }

  /** 0 when it could not be started. */
  get pid(): number {
    return this.#child.pid ?? 0
  }

  /** Asks it to end, and ends it when it does not in time. */
  async stop(timeoutMs: number): Promise<void> {
    this.#child.kill('SIGTERM')
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), timeoutMs)
    await this.ended
    clearTimeout(timer)
  }
}
