// Runs the simulator over seeds: npm run sim -- --help lists what it can do.
import { baitedScenario, catchBug } from '../../src/simulation/canaries.ts'
import { Simulator } from '../../src/simulation/simulate.ts'
import { STRATEGIES } from '../../src/simulation/strategies/all.ts'
import { Timeline } from '../../src/simulation/timeline.ts'
import { campaign } from './campaign.ts'
import { BadOption, options, scenarioFor, simulator, USAGE } from './options.ts'
import { showTimeline } from './show-timeline.ts'
import { twins } from './twins.ts'

function replay(seed: number): number {
  const timeline = new Timeline()
  const scenario = scenarioFor(seed)
  const result = simulator.run(scenario, timeline)
  showTimeline(scenario, timeline)
  console.log(`seed ${seed}, trace hash ${result.traceHash}: ${result.failure?.message ?? 'every invariant holds'}`)
  return result.failure === null ? 0 : 1
}

function canaries(): number {
  const { bugs, nodes } = options
  const { from, to } = options.seeds
  let missed = 0
  for (const bug of bugs) {
    const startMs = performance.now()
    const seeds = Array.from({ length: to - from + 1 }, (_, index) => from + index)
    // The network is made anew: a planted bug may be in what genesis fixes.
    const planted = new Simulator(STRATEGIES)
    const { seed, runs, invariant } = catchBug(bug, seeds, (each) => planted.run(baitedScenario(bug, each, nodes)))
    const seconds = ((performance.now() - startMs) / 1000).toFixed(1)
    const found = seed === null ? 'NOT FOUND' : `seed ${seed}: ${invariant}`
    console.log(`${bug.padEnd(36)} ${found.padEnd(40)} ${runs} seeds, ${seconds} s`)
    if (seed === null) missed += 1
  }
  console.log(`${bugs.length - missed} of ${bugs.length} planted bugs found`)
  return missed === 0 ? 0 : 1
}

async function main(): Promise<number> {
  if (options.help) {
    console.log(USAGE)
    return 0
  }
  if (options.twins) return twins()
  if (options.replay !== null) return replay(options.replay)
  if (options.canaries) return canaries()
  const { from, to } = options.seeds
  return campaign(from, to, options.jobs, options.untilMs)
}

// Who has read enough (`| head`) closes the pipe.
process.stdout.on('error', () => process.exit())
try {
  process.exitCode = await main()
} catch (error) {
  if (!(error instanceof BadOption)) throw error
  console.error(`${error.message}\n--help lists all options`)
  process.exitCode = 2
}
