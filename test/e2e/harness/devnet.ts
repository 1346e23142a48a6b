/** A devnet in a directory of its own, as `tertia devnet` starts it, and ways to hurt it. */
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BftStatus } from '../../../src/node/node-api.ts'
import { type PortBlock, reservePorts } from './port-block.ts'
import { type Ended, eventually, isAlive, type Program, processesOf, run, tertia } from './processes.ts'
import { rpc } from './raw-rpc.ts'

const READY_TIMEOUT_MS = 60_000
const STOP_TIMEOUT_MS = 30_000
/** npx alone takes its time on a machine that is busy. */
const ANSWER_TIMEOUT_MS = 60_000

/** An entry of devnet.json. */
export interface Replica {
  readonly role: 'validator' | 'observer'
  readonly index: number
  readonly pid: number
  readonly address: `0x${string}`
  readonly rpcUrl: string
  readonly dataDir: string
}

export class Devnet {
  readonly directory = mkdtempSync(join(tmpdir(), 'tertia-e2e-'))
  readonly data = join(this.directory, 'net')
  readonly ports: PortBlock
  readonly #options: readonly string[]
  readonly #byHand: Program[] = []
  #supervisor: Program | undefined

  private constructor(ports: PortBlock, options: readonly string[]) {
    this.ports = ports
    this.#options = options
  }

  /** @param options of the command line, beside the directory and the ports. */
  static async start(...options: readonly string[]): Promise<Devnet> {
    const devnet = await Devnet.prepare(...options)
    try {
      await devnet.start()
      return devnet
    } catch (error) {
      await devnet.close()
      throw error
    }
  }

  /** Directory and ports, and nothing that runs. */
  static async prepare(...options: readonly string[]): Promise<Devnet> {
    return new Devnet(await reservePorts(), options)
  }

  /** The arguments after `tertia` that start it. */
  get command(): readonly string[] {
    const { rpcPort, p2pPort } = this.ports
    const place = ['--data', this.data, '--rpc-port', String(rpcPort), '--p2p-port', String(p2pPort)]
    return ['devnet', ...place, ...this.#options]
  }

  /** Again, on the data that is there. Resolves when it is READY. */
  async start(...more: readonly string[]): Promise<void> {
    const supervisor = tertia([...this.command, ...more])
    this.#supervisor = supervisor
    const ended = supervisor.ended.then(({ code, stdout, stderr }) => {
      throw new Error(`the devnet ended with ${code}: ${stdout}${stderr}`)
    })
    const ready = eventually('READY', () => /^READY .+$/m.exec(supervisor.stdout())?.[0], READY_TIMEOUT_MS)
    await Promise.race([ready, ended])
    ended.catch(() => undefined)
  }

  get supervisor(): Program {
    if (this.#supervisor === undefined) throw new Error('the devnet was not started')
    return this.#supervisor
  }

  /** As devnet.json has them now. */
  get replicas(): readonly Replica[] {
    const { processes } = JSON.parse(readFileSync(join(this.data, 'devnet.json'), 'utf8')) as {
      readonly processes: readonly Replica[]
    }
    return processes
  }

  replica(index: number): Replica {
    const replica = this.replicas[index]
    if (replica === undefined) throw new Error(`there is no replica ${index}`)
    return replica
  }

  url(index: number): string {
    return `http://127.0.0.1:${this.ports.rpcPort + index}`
  }

  /** Of the process that is running now, whoever started it. */
  pid(index: number): number {
    return Number(readFileSync(join(this.data, `node-${index}`, 'node.pid'), 'utf8'))
  }

  log(index: number): string {
    return readFileSync(this.#logPath(index), 'utf8')
  }

  /** kill -9; resolves when the process is gone. */
  async kill(index: number): Promise<void> {
    const pid = this.pid(index)
    process.kill(pid, 'SIGKILL')
    await eventually(`the end of pid ${pid}`, () => (isAlive(pid) ? undefined : true))
  }

  /** By the command that the devnet prints when a replica ends. Resolves when it is level with the chain. */
  async restartAsPrinted(index: number): Promise<void> {
    const line = new RegExp(`start it again with: (npx tertia devnet start ${index} --data \\S+)`)
    const command = await eventually('the command to restart', () => line.exec(this.supervisor.stdout())?.[1])
    const { code, stderr } = await run('/bin/sh', ['-c', `exec ${command}`]).ended
    if (code !== 0) throw new Error(`${command} ended with ${code}: ${stderr}`)
  }

  /** Starts the replica again. Ends with the test run. */
  launch(index: number): Program {
    const config = join(this.data, `node-${index}`, 'node.json')
    return this.#follow(index, tertia(['start', '--config', config, '--with-parent']))
  }

  /** What a replica says goes to its log, whoever started it. */
  #follow(index: number, program: Program): Program {
    for (const stream of [program.child.stdout, program.child.stderr])
      stream?.on('data', (text: string) => appendFileSync(this.#logPath(index), text))
    this.#byHand.push(program)
    return program
  }

  #logPath(index: number): string {
    return join(this.data, `node-${index}`, 'node.log')
  }

  /** Starts the replica again. Resolves when RPC answers. */
  async restart(index: number): Promise<void> {
    const died = this.launch(index).ended.then(({ code, signal, stdout, stderr }) => {
      throw new Error(`replica ${index} did not come back (${code ?? signal}): ${stdout.slice(-2_000)}${stderr}`)
    })
    await Promise.race([this.answering(index), died])
    died.catch(() => undefined)
  }

  answering(index: number): Promise<BftStatus> {
    return eventually(`an answer of replica ${index}`, () => this.status(index), ANSWER_TIMEOUT_MS)
  }

  status(index: number): Promise<BftStatus> {
    return rpc<BftStatus>(this.url(index), 'bft_status')
  }

  /** As a user does: with a signal to the command, and nothing else. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<Ended> {
    this.supervisor.child.kill(signal)
    const tooLate = setTimeout(() => this.supervisor.child.kill('SIGKILL'), STOP_TIMEOUT_MS)
    const ended = await this.supervisor.ended
    clearTimeout(tooLate)
    return ended
  }

  /** Leaves no process and no port behind, whatever happened, and no files unless they are to be looked at. */
  async close(keepFiles = false): Promise<void> {
    if (this.#supervisor !== undefined && isAlive(this.#supervisor.pid)) await this.stop()
    for (const { child } of this.#byHand) child.kill('SIGKILL')
    // What SIGSTOP or a lost supervisor left alive.
    for (const pid of processesOf(this.data)) process.kill(pid, 'SIGKILL')
    this.ports.release()
    if (keepFiles) console.error(`the logs of the failed test are in ${this.data}`)
    else rmSync(this.directory, { recursive: true, force: true })
  }
}
