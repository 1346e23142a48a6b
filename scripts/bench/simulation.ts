/**
 * How fast the simulator runs: views a second and core at n = 4 with token signatures, in user CPU time,
 * so that a busy machine does not blur it. Of whole replicas where nothing fails, of those that a campaign
 * runs, and of the core alone, as Twins scenarios run it: npm run bench -- --sim
 */
import { cpuUsage } from 'node:process'
import { campaignScenario, FAULT_KINDS, type Scenario } from '../../src/simulation/scenario.ts'
import { Simulator } from '../../src/simulation/simulate.ts'
import { STRATEGIES } from '../../src/simulation/strategies/all.ts'
import { TwinSimulator } from '../../src/simulation/twins/twin-simulator.ts'
import { TwinSpace } from '../../src/simulation/twins/twin-space.ts'
import { median } from './statistics.ts'

const NODES = 4
const ROUNDS = 3
const WARM_UP_ROUNDS = 1
const CAMPAIGN_SEEDS = 40
const TWIN_SCENARIOS = 500
const TWIN_VIEWS = 4

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

interface Ran {
  readonly views: number
  readonly transactions: number
}

function wholeReplicas(scenarios: readonly Scenario[]): () => Ran {
  const simulator = new Simulator(STRATEGIES)
  return () => {
    const results = scenarios.map((scenario) => simulator.run(scenario))
    requireAll(results)
    return { views: sum(results.map(({ views }) => views)), transactions: sum(results.map(({ receipts }) => receipts)) }
  }
}

function coreAlone(): () => Ran {
  const space = new TwinSpace(TWIN_VIEWS)
  const simulator = new TwinSimulator()
  const scenarios = Array.from({ length: TWIN_SCENARIOS }, (_, position) => space.at(space.draw(1, position)))
  return () => {
    const results = scenarios.map((scenario) => simulator.run(scenario))
    requireAll(results)
    return { views: sum(results.map(({ views }) => views)), transactions: 0 }
  }
}

function requireAll(results: readonly { readonly failure: Error | null }[]): void {
  for (const { failure } of results) if (failure !== null) throw failure
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}

function measure(mix: string, run: () => Ran): SimulationFigure {
  const samples: number[] = []
  let ran: Ran = { views: 0, transactions: 0 }
  for (let round = 0; round < ROUNDS + WARM_UP_ROUNDS; round++) {
    const before = cpuUsage()
    ran = run()
    const { user } = cpuUsage(before)
    if (round >= WARM_UP_ROUNDS) samples.push(user / ran.views)
  }
  const microsecondsPerView = median(samples)
  return { mix, ...ran, microsecondsPerView, viewsPerSecond: 1e6 / microsecondsPerView }
}

export function measureSimulation(): readonly SimulationFigure[] {
  return [
    measure('whole replicas, fault-free', wholeReplicas([FAULT_FREE])),
    measure(`whole replicas, campaign seeds 1..${CAMPAIGN_SEEDS}`, wholeReplicas(campaign())),
    measure(`core alone, ${TWIN_SCENARIOS} Twins scenarios`, coreAlone()),
  ]
}
