/**
 * Hostile requests to one replica of four, over HTTP and WebSocket:
 * npm run faults:hostile-rpc -- [--requests 1000000] [--seed 1] [--leak]
 * Each is answered as it deserves and as it is documented, the process lives, its memory grows no more than that of
 * a replica that nobody asks, and the others' blocks come as before. With --leak it has to fail: one is planted.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { freshAddress, receiptFrom, wallet } from '../e2e/harness/clients.ts'
import { Devnet } from '../e2e/harness/devnet.ts'
import { isAlive } from '../e2e/harness/processes.ts'
import { stopAndLook } from './check.ts'
import { INSPECTABLE } from './heap-probe.ts'
import { HostileClient } from './hostile/hostile-client.ts'
import { survey } from './hostile/survey.ts'
import { MemoryTrial } from './memory-trial.ts'
import { conclude } from './verdict.ts'

const CLIENTS = 4
const ATTACKED = 0
const WITNESS = 1
/** Nobody asks it anything. */
const UNASKED = 2
const QUIET_TRANSFERS = 100
const TENTHS = 10
/** Between two transfers: they are to be disturbed, not to disturb. */
const PAUSE_MS = 500
/** On a machine with other work to do all of it takes its time; by how much is judged beside the quiet. */
const RECEIPT_TIMEOUT_MS = 300_000
const { values } = parseArgs({
  options: {
    requests: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: '1' },
    leak: { type: 'boolean', default: false },
  },
})
const faults: string[] = []
process.env['NODE_OPTIONS'] = INSPECTABLE
const devnet = await Devnet.start()
try {
  await attack(Number(values.requests), Number(values.seed))
  faults.push(...(await stopAndLook(devnet)))
} catch (error) {
  faults.push(error instanceof Error ? error.message : String(error))
} finally {
  await devnet.close(faults.length > 0)
}
conclude(faults, `, seed ${values.seed}`)

async function attack(requests: number, seed: number): Promise<void> {
  const pid = devnet.pid(ATTACKED)
  const quiet: number[] = []
  while (quiet.length < QUIET_TRANSFERS) quiet.push(await transferMs())
  const url = devnet.url(ATTACKED)
  const surveyed = await survey(url)
  const clients = Array.from(
    { length: CLIENTS },
    (_, index) => new HostileClient(url, seed, `client ${index}`, surveyed),
  )
  const busy: number[] = []
  const memory = await MemoryTrial.of(devnet, ATTACKED, UNASKED)
  if (values.leak) await memory.plantLeak()
  const before = await devnet.status(WITNESS)
  const startedMs = performance.now()
  for (let tenth = 0; tenth < TENTHS && faults.length === 0; tenth++) {
    await whileSending(clients, requests / TENTHS / CLIENTS, busy)
    console.log(`${judgedBy(clients)} requests judged: ${await memory.sample()}`)
    faults.push(...clients.flatMap(({ judge }) => judge.faults))
  }
  const seconds = (performance.now() - startedMs) / 1000
  const after = await devnet.status(WITNESS)
  console.log(`${judgedBy(clients)} requests, ${(judgedBy(clients) / seconds).toFixed(0)} a second: ${kinds(clients)}`)
  console.log(`transfers at p50 and p99: quiet ${ranks(quiet)} ms, attacked ${ranks(busy)} ms (${busy.length})`)
  console.log(`${after.height - before.height} blocks meanwhile, now in view ${after.view} of epoch ${after.epoch}`)
  if (!isAlive(pid)) faults.push('the attacked process is gone')
  if (faults.length === 0) faults.push(...memory.faults())
  memory.close()
  if (percentile(busy, 0.5) > 2 * percentile(quiet, 0.5)) faults.push('blocks came more than twice as late')
}

/** With one transfer after the other at another replica. */
async function whileSending(clients: readonly HostileClient[], each: number, latenciesMs: number[]): Promise<void> {
  const sent = Promise.all(clients.map((client) => client.send(Math.ceil(each))))
  const done = sent.then(() => true)
  // Whoever waits hears of it; when a transfer has failed before, nobody waits.
  done.catch(() => undefined)
  // A transfer that is on its way when the last request is answered counts as well.
  do {
    latenciesMs.push(await transferMs())
    await sleep(PAUSE_MS)
  } while (!(await Promise.race([done, Promise.resolve(false)])))
  await sent
}

function judgedBy(clients: readonly HostileClient[]): number {
  return clients.reduce((sum, { judge }) => sum + judge.judged, 0)
}

function kinds(clients: readonly HostileClient[]): string {
  const names = new Set(clients.flatMap(({ judge }) => [...judge.counts.keys()]))
  const count = (name: string) => clients.reduce((sum, { judge }) => sum + (judge.counts.get(name) ?? 0), 0)
  return [...names].map((name) => `${count(name)} ${name}`).join(', ')
}

async function transferMs(): Promise<number> {
  const startedMs = performance.now()
  const hash = await wallet(devnet.url(WITNESS), 0).sendTransaction({ to: freshAddress(), value: 1n })
  await receiptFrom(devnet.url(WITNESS), hash, RECEIPT_TIMEOUT_MS)
  return performance.now() - startedMs
}

function ranks(samples: readonly number[]): string {
  return [0.5, 0.99].map((share) => percentile(samples, share).toFixed(0)).join(' and ')
}

function percentile(samples: readonly number[], share: number): number {
  return [...samples].sort((a, b) => a - b)[Math.max(0, Math.ceil(samples.length * share) - 1)] ?? Number.NaN
}
