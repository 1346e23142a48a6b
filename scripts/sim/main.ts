// Runs the simulator over seeds: npm run sim -- --seeds A..B, or one of them again: --replay SEED --trace
import { parseArgs } from 'node:util'
import { FAULT_KINDS, scenarioOf } from '../../src/simulation/scenario.ts'
import { Simulator } from '../../src/simulation/simulate.ts'
import { printTimeline, Timeline } from '../../src/simulation/timeline.ts'

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1..200' },
    nodes: { type: 'string', default: '4' },
    replay: { type: 'string' },
    trace: { type: 'boolean', default: false },
  },
})
const simulator = new Simulator(new Map())
const options = { nodes: Number(values.nodes), faults: FAULT_KINDS, strategies: [] }

function replay(seed: number): void {
  const timeline = new Timeline()
  const scenario = scenarioOf(seed, options)
  const result = simulator.run(scenario, timeline)
  if (values.trace) console.log(printTimeline(timeline.entries))
  console.log(JSON.stringify(scenario))
  console.log(result.failure?.message ?? 'holds')
}

function campaign(from: number, to: number): void {
  const start = performance.now()
  let views = 0
  let runs = 0
  let failures = 0
  for (let seed = from; seed <= to; seed++) {
    const result = simulator.run(scenarioOf(seed, options))
    views += result.views
    runs += 1
    if (result.failure !== null) {
      failures += 1
      console.log(`seed ${seed}: ${result.failure.message}`)
    }
  }
  const seconds = (performance.now() - start) / 1000
  console.log(
    `${runs} seeds, ${failures} failures, ${views} views in ${seconds.toFixed(1)} s: ${(views / seconds).toFixed(0)} views/s, ${(runs / seconds).toFixed(1)} seeds/s`,
  )
}

if (values.replay !== undefined) replay(Number(values.replay))
else {
  const [from, to] = values.seeds.split('..').map(Number)
  if (from === undefined || to === undefined) throw new Error('--seeds A..B')
  campaign(from, to)
}
