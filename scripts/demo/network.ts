/** A devnet of the demo's own: in a temporary directory, on ports that were free, and gone afterwards. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const TERTIA = fileURLToPath(new URL('../../bin/tertia.js', import.meta.url))
const PORT_MIN = 20_000
/** Below those that the operating system gives to outgoing connections. */
const PORTS = 12_000
const P2P_OFFSET = 50
const ATTEMPTS = 10
/** EX_TEMPFAIL: what the command line ends with when a port is taken. */
const RETRY = 75

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export class DemoNetwork {
  readonly #directory = mkdtempSync(join(tmpdir(), 'tertia-demo-'))
  #supervisor: ChildProcess | undefined
  #rpcPort = 0
  #isClosed = false
  genesisHash = ''

  /** Resolves when every process is ready. */
  async start(): Promise<void> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      this.#rpcPort = PORT_MIN + Math.floor(Math.random() * PORTS)
      const code = await this.#attempt()
      if (code === undefined) return
      if (code !== RETRY || this.#isClosed) throw new Error(`the devnet ended with exit code ${code}`)
    }
    throw new Error(`no free ports after ${ATTEMPTS} attempts`)
  }

  url(index: number): string {
    return `http://127.0.0.1:${this.#rpcPort + index}`
  }

  /** A command of `tertia`, as a user gives it in a second terminal. */
  async command(...args: readonly string[]): Promise<Ended> {
    const child = spawn(process.execPath, [TERTIA, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
    const output = { stdout: '', stderr: '' }
    for (const name of ['stdout', 'stderr'] as const)
      child[name].setEncoding('utf8').on('data', (text: string) => {
        output[name] += text
      })
    const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
    return { code, ...output }
  }

  devnet(...args: readonly string[]): Promise<Ended> {
    return this.command('devnet', ...args, '--data', this.#data)
  }

  /** Ends every process and removes every file. */
  async close(): Promise<void> {
    this.#isClosed = true
    const supervisor = this.#supervisor
    if (supervisor !== undefined && supervisor.exitCode === null && supervisor.signalCode === null) {
      const ended = new Promise((resolve) => supervisor.once('close', resolve))
      supervisor.kill('SIGTERM')
      await ended
    }
    rmSync(this.#directory, { recursive: true, force: true })
  }

  get #data(): string {
    return join(this.#directory, 'net')
  }

  /** Undefined when it is ready, else its exit code. */
  #attempt(): Promise<number | null | undefined> {
    const ports = ['--rpc-port', String(this.#rpcPort), '--p2p-port', String(this.#rpcPort + P2P_OFFSET)]
    const args = [TERTIA, 'devnet', '--data', this.#data, ...ports, '--json']
    const supervisor = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    this.#supervisor = supervisor
    return new Promise((resolve) => {
      supervisor.once('close', resolve)
      createInterface({ input: supervisor.stdout }).on('line', (line) => {
        const { event, genesisHash } = JSON.parse(line) as { readonly event: string; readonly genesisHash?: string }
        if (event === 'starting') this.genesisHash = genesisHash ?? ''
        if (event === 'ready') resolve(undefined)
      })
    })
  }
}
