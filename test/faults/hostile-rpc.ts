/**
 * Hostile requests to one replica of four, over HTTP and WebSocket: npm run faults:hostile-rpc -- [--requests 1000000] [--seed 1]
 * The process lives, its memory is flat after the first tenth, and the others' blocks come as before.
 */
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { Random } from '../../src/simulation/random.ts'
import { freshAddress, receiptFrom, wallet } from '../e2e/harness/clients.ts'
import { Devnet } from '../e2e/harness/devnet.ts'
import { isAlive } from '../e2e/harness/processes.ts'
import { stopAndLook } from './check.ts'
import { HostileClient } from './hostile-client.ts'
import { conclude } from './verdict.ts'

const CLIENTS = 4
const ATTACKED = 0
const WITNESS = 1
const QUIET_TRANSFERS = 100
const GROWTH_MEBIBYTES_MAX = 64
const { values } = parseArgs({
  options: { requests: { type: 'string', default: '1000000' }, seed: { type: 'string', default: '1' } },
})
const faults: string[] = []
const devnet = await Devnet.start()
try {
  await attack(Number(values.requests), Number(values.seed))
  faults.push(...(await stopAndLook(devnet)))
} catch (error) {
  faults.push(error instanceof Error ? error.message : String(error))
} finally {
  await devnet.close(faults.length > 0)
}
conclude(faults)

async function attack(requests: number, seed: number): Promise<void> {
  const pid = devnet.pid(ATTACKED)
  const quiet: number[] = []
  while (quiet.length < QUIET_TRANSFERS) quiet.push(await transferMs())
  const startedMs = performance.now()
  const busy: number[] = []
  const warmUp = Math.ceil(requests / 10)
  await whileSending(warmUp, seed, busy)
  const before = residentMebibytes(pid)
  await whileSending(requests - warmUp, seed + 1, busy)
  const after = residentMebibytes(pid)
  const perSecond = (requests * 1000) / (performance.now() - startedMs)
  console.log(`${requests} requests, ${perSecond.toFixed(0)} a second; ${before} MiB, then ${after} MiB`)
  console.log(`transfers at p50 and p99: quiet ${ranks(quiet)} ms, attacked ${ranks(busy)} ms (${busy.length})`)
  if (!isAlive(pid)) faults.push('the attacked process is gone')
  if (after - before > GROWTH_MEBIBYTES_MAX) faults.push(`memory grew by ${after - before} MiB`)
  if (percentile(busy, 0.99) > 2 * percentile(quiet, 0.99)) faults.push('blocks came more than twice as late')
}

async function whileSending(requests: number, seed: number, latenciesMs: number[]): Promise<void> {
  const clients = Array.from(
    { length: CLIENTS },
    (_, index) => new HostileClient(devnet.url(ATTACKED), new Random(seed, `client ${index}`)),
  )
  const sent = Promise.all(clients.map((client) => client.send(Math.ceil(requests / CLIENTS))))
  const done = sent.then(() => true)
  // Whoever waits hears of it; when a transfer has failed before, nobody waits.
  done.catch(() => undefined)
  // A transfer that is on its way when the last request is answered counts as well.
  do latenciesMs.push(await transferMs())
  while (!(await Promise.race([done, Promise.resolve(false)])))
  await sent
  faults.push(...clients.flatMap((client) => client.faults))
}

async function transferMs(): Promise<number> {
  const startedMs = performance.now()
  const hash = await wallet(devnet.url(WITNESS), 0).sendTransaction({ to: freshAddress(), value: 1n })
  await receiptFrom(devnet.url(WITNESS), hash)
  return performance.now() - startedMs
}

function ranks(samples: readonly number[]): string {
  return [0.5, 0.99].map((share) => percentile(samples, share).toFixed(0)).join(' and ')
}

function percentile(samples: readonly number[], share: number): number {
  return [...samples].sort((a, b) => a - b)[Math.max(0, Math.ceil(samples.length * share) - 1)] ?? Number.NaN
}

function residentMebibytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Math.round(Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024)
}
