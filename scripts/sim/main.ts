// Runs the simulator over seeds: npm run sim -- --seeds A..B
import { parseArgs } from 'node:util'
import { FAULT_KINDS, scenarioOf } from '../../src/simulation/scenario.ts'
import { Simulator } from '../../src/simulation/simulate.ts'

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1..200' },
    nodes: { type: 'string', default: '4' },
  },
})
const [from, to] = values.seeds.split('..').map(Number)
if (from === undefined || to === undefined) throw new Error('--seeds A..B')
const simulator = new Simulator(new Map())
const start = performance.now()
let views = 0
let runs = 0
let failures = 0
for (let seed = from; seed <= to; seed++) {
  const result = simulator.run(scenarioOf(seed, { nodes: Number(values.nodes), faults: FAULT_KINDS, strategies: [] }))
  views += result.views
  runs += 1
  if (result.failure !== null) {
    failures += 1
    console.log(`seed ${seed}: ${result.failure.message}`)
  }
}
const seconds = (performance.now() - start) / 1000
console.log(`${runs} seeds, ${failures} failures, ${views} views in ${seconds.toFixed(1)} s: ${(views / seconds).toFixed(0)} views/s, ${(runs / seconds).toFixed(1)} seeds/s`)
