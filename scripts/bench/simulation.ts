/**
 * How fast the simulator runs: views a second and core at n = 4 with token signatures, in user CPU time,
 * so that a busy machine does not blur it. Once of a network in which nothing fails and once of what a
 * campaign runs: npm run bench -- --sim
 */
import { cpuUsage } from 'node:process'
import { campaignScenario, FAULT_KINDS, type Scenario } from '../../src/simulation/scenario.ts'
import { Simulator } from '../../src/simulation/simulate.ts'
import { STRATEGIES } from '../../src/simulation/strategies/all.ts'
import { median } from './statistics.ts'

const NODES = 4
const ROUNDS = 3
const WARM_UP_ROUNDS = 1
const CAMPAIGN_SEEDS = 40

export interface SimulationFigure {
  readonly mix: string
  readonly views: number
  readonly transactions: number
  /** Medians of the rounds. */
  readonly viewsPerSecond: number
  readonly microsecondsPerView: number
}

/** Four clients that wait for each receipt, links of a few milliseconds: a block or two of one transaction each all the time. */
const FAULT_FREE: Scenario = {
  seed: 1,
  nodes: NODES,
  faultyMs: 60_000,
  calmMs: 15_000,
  link: { delayMsMin: 1, delayMsMean: 5, slowShare: 0, lossShare: 0, duplicateShare: 0, ordered: true },
  faults: [],
  byzantine: [],
  clients: 4,
  thinkMs: 20,
  syncMsMean: 1,
}

function campaign(): readonly Scenario[] {
  const strategies = [...STRATEGIES.keys()]
  return Array.from({ length: CAMPAIGN_SEEDS }, (_, index) =>
    campaignScenario(index + 1, {
      nodes: NODES,
      faults: FAULT_KINDS,
      strategies: (index + 1) % 2 === 0 ? strategies : [],
    }),
  )
}

function measure(mix: string, scenarios: readonly Scenario[]): SimulationFigure {
  const simulator = new Simulator(STRATEGIES)
  const samples: number[] = []
  let [views, transactions] = [0, 0]
  for (let round = 0; round < ROUNDS + WARM_UP_ROUNDS; round++) {
    const before = cpuUsage()
    const results = scenarios.map((scenario) => simulator.run(scenario))
    const { user } = cpuUsage(before)
    const failed = results.find(({ failure }) => failure !== null)
    if (failed?.failure) throw failed.failure
    views = results.reduce((sum, result) => sum + result.views, 0)
    transactions = results.reduce((sum, result) => sum + result.receipts, 0)
    if (round >= WARM_UP_ROUNDS) samples.push(user / views)
  }
  const microsecondsPerView = median(samples)
  return { mix, views, transactions, microsecondsPerView, viewsPerSecond: 1e6 / microsecondsPerView }
}

export function measureSimulation(): readonly SimulationFigure[] {
  return [measure('fault-free', [FAULT_FREE]), measure(`campaign seeds 1..${CAMPAIGN_SEEDS}`, campaign())]
}
