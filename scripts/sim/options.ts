/** What to simulate: the command line of the simulator. */
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { createWasmRecoverer } from '../../src/crypto/backends/wasm.ts'
import { campaignScenario, FAULT_KINDS, type Scenario } from '../../src/simulation/scenario.ts'
import { Simulator } from '../../src/simulation/simulate.ts'
import { realCrypto, TokenCrypto } from '../../src/simulation/simulated-crypto.ts'
import { STRATEGIES } from '../../src/simulation/strategies/all.ts'

export const USAGE = `npm run sim -- [options]
  --seeds A..B       which runs (default 1..200)
  --minutes M        stop after so long
  --jobs N           threads that run seeds (default: one a core)
  --nodes N          validators (default 4)
  --faults LIST      of ${FAULT_KINDS.join(', ')}; or none (default all)
  --strategy NAME    how faulty replicas lie: all, or one of ${[...STRATEGIES.keys()].join(', ')} (default: honest runs and all in turn)
  --real-crypto      real signatures instead of tokens: slow
  --replay SEED      one run again
  --trace            with --replay: what happened, line by line
  --json FILE        with --replay: the same as data
  --canaries [--seeds A..B] [--bug NAME]  plants known bugs, each of which must be found`

/** The command line of this process; threads are given the same. */
export const { values: options } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1..200' },
    minutes: { type: 'string' },
    jobs: { type: 'string', default: String(availableParallelism()) },
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

const crypto = options['real-crypto'] ? realCrypto(await createWasmRecoverer()) : new TokenCrypto()
const faults = FAULT_KINDS.filter((kind) => options.faults === undefined || options.faults.split(',').includes(kind))

export const simulator = new Simulator(STRATEGIES, crypto)

export function scenarioFor(seed: number): Scenario {
  const { strategy } = options
  const all = [...STRATEGIES.keys()]
  const strategies = strategy === undefined ? (seed % 2 === 0 ? all : []) : strategy === 'all' ? all : [strategy]
  return campaignScenario(seed, { nodes: Number(options.nodes), faults, strategies })
}
