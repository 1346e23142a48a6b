// Measures what a user of a network sees, closed loop over all replicas: npm run bench -- --help
import { mkdirSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { dirname } from 'node:path'
import { DEVNET_CHAIN_ID } from '../../src/cli/supervision/dev-accounts.ts'
import { ClosedLoop } from './closed-loop.ts'
import { measureJoin } from './join.ts'
import { type BenchOptions, readOptions, type Workload } from './options.ts'
import { plotOf } from './plot.ts'
import { peakMebibytes } from './process-usage.ts'
import { measureReads, readsTable } from './reads.ts'
import { type Phase, summarise, tableOf } from './report.ts'
import { measureSimulation } from './simulation.ts'
import { ACCOUNTS, startAnvil, startNetwork, type Target } from './target.ts'
import { benchAccounts, SigningDesk } from './workload.ts'

/** What is signed beforehand suffices for this; what is faster signs as it goes, and says so. */
const PER_SECOND_MAX = 4_000
const ROUND_TRIP_MS_MIN = 3
const ANVIL_BLOCK_SECONDS = 1

async function measure(target: Target, options: BenchOptions, workload: Workload): Promise<Phase[]> {
  const desk = new SigningDesk(workload, DEVNET_CHAIN_ID, benchAccounts(ACCOUNTS))
  const loop = await ClosedLoop.open(target, desk)
  const { warmUpSeconds, durationSeconds, rounds } = options
  const phases: Phase[] = []
  try {
    for (const inFlight of options.inFlight) {
      const perSecond = Math.min(PER_SECOND_MAX, (inFlight * 1000) / ROUND_TRIP_MS_MIN)
      const used = Math.min(ACCOUNTS, Math.floor(ACCOUNTS / inFlight) * inFlight)
      desk.prepare(Math.ceil((perSecond * (warmUpSeconds + durationSeconds * rounds)) / used))
      const lateBefore = desk.signedLate
      const measured = await loop.run(inFlight, warmUpSeconds * 1000, durationSeconds * 1000, rounds)
      const phase = summarise(measured, {
        target: target.name,
        inFlight,
        peakMebibytes: target.pids.map(peakMebibytes),
        signedLate: desk.signedLate - lateBefore,
      })
      phases.push(phase)
      if (!options.json) console.error(`${target.name}: ${inFlight} in flight, ${phase.perSecond.toFixed(0)} tx/s`)
    }
  } finally {
    loop.close()
  }
  return phases
}

async function measureAll(options: BenchOptions): Promise<Phase[]> {
  const targets = [() => startNetwork(options)]
  if (options.compare) {
    targets.push(() => startAnvil(options.port))
    targets.push(() => startAnvil(options.port, ANVIL_BLOCK_SECONDS))
  }
  const phases: Phase[] = []
  for (const [index, start] of targets.entries()) {
    const target = await start()
    try {
      // Others have no modules of ours: they transfer.
      phases.push(...(await measure(target, options, index === 0 ? options.workload : 'transfer')))
    } finally {
      await target.stop()
    }
  }
  return phases
}

function simulation({ json }: BenchOptions): void {
  const figures = measureSimulation()
  const machine = { cores: availableParallelism(), node: process.versions.node, platform: process.platform }
  if (json) console.log(JSON.stringify({ benchmark: 'simulation', machine, figures }, null, 2))
  else console.table(figures)
}

async function main(options: BenchOptions): Promise<void> {
  const phases = await measureAll(options)
  const { replicas, workload, durationSeconds, warmUpSeconds, rounds } = options
  const machine = { cores: availableParallelism(), node: process.versions.node, platform: process.platform }
  const settings = { replicas, workload, durationSeconds, warmUpSeconds, rounds }
  if (options.json) console.log(JSON.stringify({ benchmark: 'network', machine, settings, phases }, null, 2))
  else {
    console.log(
      `${workload}, medians of ${rounds} rounds of ${durationSeconds} s; replicas and client share ${machine.cores} cores\n`,
    )
    console.log(tableOf(phases))
    const late = phases.reduce((sum, phase) => sum + phase.signedLate, 0)
    if (late > 0)
      console.log(`\n${late} transactions were signed while the clock ran: the client took more than its share`)
  }
  if (options.plot === undefined) return
  mkdirSync(dirname(options.plot), { recursive: true })
  writeFileSync(options.plot, plotOf(phases))
}

async function reads(options: BenchOptions): Promise<void> {
  const figures = await measureReads(options)
  const { durationSeconds, rounds } = options
  const machine = { cores: availableParallelism(), node: process.versions.node, platform: process.platform }
  const settings = { durationSeconds, rounds }
  if (options.json) console.log(JSON.stringify({ benchmark: 'reads', machine, settings, figures }, null, 2))
  else console.log(`medians of ${rounds} rounds of ${durationSeconds} s, by turns\n\n${readsTable(figures)}`)
}

async function joining(options: BenchOptions): Promise<void> {
  const figures = await measureJoin(options)
  const machine = { cores: availableParallelism(), node: process.versions.node, platform: process.platform }
  if (options.json) console.log(JSON.stringify({ benchmark: 'join', machine, figures }, null, 2))
  else console.table(figures)
}

const options = readOptions(process.argv.slice(2))
if (options?.sim === true) simulation(options)
else if (options?.rpc === true) await reads(options)
else if (options?.join === true) await joining(options)
else if (options !== undefined) await main(options)
