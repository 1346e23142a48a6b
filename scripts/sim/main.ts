// Runs the simulator over seeds: npm run sim -- --seeds A..B, or one of them again: --replay SEED --trace
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { PLANTED_BUGS } from '../../src/base/planted-bug.ts'
import { createWasmRecoverer } from '../../src/crypto/backends/wasm.ts'
import { baitedScenario, catchBug } from '../../src/simulation/canaries.ts'
import { Coverage } from '../../src/simulation/coverage.ts'
import { campaignScenario, FAULT_KINDS, type Scenario } from '../../src/simulation/scenario.ts'
import { shrink } from '../../src/simulation/shrink.ts'
import { Simulator } from '../../src/simulation/simulate.ts'
import { realCrypto, TokenCrypto } from '../../src/simulation/simulated-crypto.ts'
import { STRATEGIES } from '../../src/simulation/strategies/all.ts'
import { printTimeline, Timeline } from '../../src/simulation/timeline.ts'
import type { RunResult } from '../../src/simulation/world.ts'

const USAGE = `npm run sim -- [options]
  --seeds A..B       which runs (default 1..200)
  --minutes M        stop after so long
  --nodes N          validators (default 4)
  --faults LIST      of ${FAULT_KINDS.join(', ')}; or none (default all)
  --strategy NAME    how faulty replicas lie: all, or one of ${[...STRATEGIES.keys()].join(', ')} (default: honest runs and all in turn)
  --real-crypto      real signatures instead of tokens: slow
  --replay SEED      one run again
  --trace            with --replay: what happened, line by line
  --json FILE        with --replay: the same as data
  --canaries [--seeds A..B] [--bug NAME]  plants known bugs, each of which must be found`

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1..200' },
    minutes: { type: 'string' },
    nodes: { type: 'string', default: '4' },
    faults: { type: 'string' },
    strategy: { type: 'string' },
    replay: { type: 'string' },
    trace: { type: 'boolean', default: false },
    json: { type: 'string' },
    canaries: { type: 'boolean', default: false },
    bug: { type: 'string' },
    'real-crypto': { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

const crypto = values['real-crypto'] ? realCrypto(await createWasmRecoverer()) : new TokenCrypto()
const simulator = new Simulator(STRATEGIES, crypto)
const faults = FAULT_KINDS.filter((kind) => values.faults === undefined || values.faults.split(',').includes(kind))

function scenarioFor(seed: number): Scenario {
  const { strategy } = values
  const all = [...STRATEGIES.keys()]
  const strategies = strategy === undefined ? (seed % 2 === 0 ? all : []) : strategy === 'all' ? all : [strategy]
  return campaignScenario(seed, { nodes: Number(values.nodes), faults, strategies })
}

function replay(seed: number): number {
  const timeline = new Timeline()
  const result = simulator.run(scenarioFor(seed), timeline)
  if (values.trace) console.log(printTimeline(timeline.entries))
  if (values.json !== undefined) writeFileSync(values.json, JSON.stringify(timeline.entries, null, 1))
  console.log(`seed ${seed}, trace hash ${result.traceHash}: ${result.failure?.message ?? 'every invariant holds'}`)
  return result.failure === null ? 0 : 1
}

function report(scenario: Scenario, result: RunResult): void {
  console.log(`seed ${scenario.seed}: ${result.failure?.message ?? ''}`)
  const smaller = shrink(
    scenario,
    (candidate) => simulator.run(candidate).failure?.invariant === result.failure?.invariant,
  )
  console.log(`  smallest scenario that still fails: ${JSON.stringify(smaller)}`)
}

function campaign(from: number, to: number): number {
  const startMs = performance.now()
  const startCpu = process.cpuUsage()
  const deadlineMs = values.minutes === undefined ? Infinity : startMs + Number(values.minutes) * 60_000
  const coverage = new Coverage()
  let [views, runs, failures, reportedMs] = [0, 0, 0, startMs]
  for (let seed = from; seed <= to && performance.now() < deadlineMs; seed++) {
    const scenario = scenarioFor(seed)
    const result = simulator.run(scenario)
    views += result.views
    runs += 1
    coverage.add(result.coverage)
    if (result.failure !== null) {
      failures += 1
      report(scenario, result)
    }
    if (performance.now() - reportedMs < 10_000) continue
    reportedMs = performance.now()
    console.log(progress())
  }
  console.log(progress())
  console.log(coverage.entries.map(([what, count]) => `${what} ${count}`).join(', '))
  if (coverage.missing.length > 0) console.log(`never happened: ${coverage.missing.join(', ')}`)
  return failures === 0 && (runs < 200 || coverage.missing.length === 0) ? 0 : 1

  function progress(): string {
    const { user, system } = process.cpuUsage(startCpu)
    const cpuSeconds = (user + system) / 1e6
    const seconds = (performance.now() - startMs) / 1000
    return `${runs} seeds (${(runs / seconds).toFixed(1)}/s), ${views} views (${(views / cpuSeconds).toFixed(0)} per second and core), ${failures} failed`
  }
}

function canaries(from: number, to: number): number {
  const bugs = PLANTED_BUGS.filter((bug) => values.bug === undefined || bug === values.bug)
  let missed = 0
  for (const bug of bugs) {
    const startMs = performance.now()
    const seeds = Array.from({ length: to - from + 1 }, (_, index) => from + index)
    // The network is made anew: a planted bug may be in what genesis fixes.
    const planted = new Simulator(STRATEGIES)
    const { seed, runs, invariant } = catchBug(bug, seeds, (each) =>
      planted.run(baitedScenario(bug, each, Number(values.nodes))),
    )
    const seconds = ((performance.now() - startMs) / 1000).toFixed(1)
    const found = seed === null ? 'NOT FOUND' : `seed ${seed}: ${invariant}`
    console.log(`${bug.padEnd(36)} ${found.padEnd(40)} ${runs} seeds, ${seconds} s`)
    if (seed === null) missed += 1
  }
  console.log(`${bugs.length - missed} of ${bugs.length} planted bugs found`)
  return missed === 0 ? 0 : 1
}

function main(): number {
  if (values.help) {
    console.log(USAGE)
    return 0
  }
  if (values.replay !== undefined) return replay(Number(values.replay))
  const [from, to] = values.seeds.split('..').map(Number)
  if (from === undefined || to === undefined || !(from <= to)) {
    console.error(USAGE)
    return 2
  }
  return values.canaries ? canaries(from, to) : campaign(from, to)
}

process.exitCode = main()
