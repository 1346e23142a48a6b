/** What to simulate: the command line of the simulator. */
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { PLANTED_BUGS, type PlantedBug } from '../../src/base/planted-bug.ts'
import { createWasmRecoverer } from '../../src/crypto/backends/wasm.ts'
import { realCrypto, TokenCrypto } from '../../src/simulation/host/simulated-crypto.ts'
import { campaignScenario, FAULT_KINDS, type FaultKind, type Scenario } from '../../src/simulation/scenario.ts'
import { Simulator } from '../../src/simulation/simulate.ts'
import { STRATEGIES } from '../../src/simulation/strategies/all.ts'

const NODES_MAX = 64
const VIEWS_MAX = 8
const SEED_MAX = Number.MAX_SAFE_INTEGER

export const USAGE = `npm run sim -- [options]
  --seeds A..B       which runs (default 1..200)
  --minutes M        stop after so long
  --jobs N           threads that run seeds (default: one a core)
  --nodes N          validators (default 4)
  --faults LIST      of ${FAULT_KINDS.join(', ')}; or none (default all)
  --strategy NAME    how faulty replicas lie: all, none, or one of ${[...STRATEGIES.keys()].join(', ')} (default: none and all in turn)
  --real-crypto      real signatures instead of tokens: slow
  --replay SEED      one run again: who proposed, voted and timed out, view by view
  --trace            with --replay: every step of every node instead
  --json FILE        with --replay: all of that as data
  --canaries [--seeds A..B] [--bug NAME]  plants known bugs, each of which must be found

  --twins            scenarios in which one of four validators runs twice, in a network cut in two in each view
  --views N          how many views are cut, 1 to ${VIEWS_MAX} (default 4): all scenarios in order, as far as --minutes allow
  --from INDEX       begin with this one
  --sample N         so many at random instead, with --seed S (default 1)
  --replay INDEX     one of them again, with --trace and --json FILE
  --scenario FILE    one that is written in a file (docs/simulator.md, "Twins")`

const RAW = {
  seeds: { type: 'string' },
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
  twins: { type: 'boolean', default: false },
  views: { type: 'string', default: '4' },
  from: { type: 'string', default: '0' },
  sample: { type: 'string' },
  seed: { type: 'string', default: '1' },
  scenario: { type: 'string' },
  help: { type: 'boolean', default: false },
} as const

/** An option that makes no sense; its message is for the user. */
export class BadOption extends Error {
  override readonly name = 'BadOption'
}

function readOptions() {
  const { values } = parseArgs({ options: RAW })
  const replay = values.replay === undefined ? null : numberOf('replay', values.replay, 0, SEED_MAX)
  if (replay === null && values.scenario === undefined && (values.trace || values.json !== undefined))
    throw new BadOption('--trace and --json go with --replay or --scenario')
  if (values.scenario !== undefined && !values.twins) throw new BadOption('--scenario goes with --twins')
  if (values.seeds !== undefined && values.twins)
    throw new BadOption('--seeds does not go with --twins: --from, or --sample with --seed')
  return {
    ...values,
    replay,
    seeds: rangeOf(values.seeds ?? '1..200'),
    untilMs:
      values.minutes === undefined
        ? Number.POSITIVE_INFINITY
        : Date.now() + positiveOf('minutes', values.minutes) * 60_000,
    jobs: numberOf('jobs', values.jobs, 1, 256),
    nodes: numberOf('nodes', values.nodes, 1, NODES_MAX),
    faults: faultsOf(values.faults),
    strategies: strategiesOf(values.strategy),
    bugs: bugsOf(values.bug),
    views: numberOf('views', values.views, 1, VIEWS_MAX),
    from: numberOf('from', values.from, 0, SEED_MAX),
    sample: values.sample === undefined ? null : numberOf('sample', values.sample, 1, SEED_MAX),
    seed: numberOf('seed', values.seed, 0, SEED_MAX),
  }
}

function numberOf(name: string, text: string, min: number, max: number): number {
  const number = Number(text)
  if (!/^\d+$/.test(text) || number < min || number > max)
    throw new BadOption(`--${name}: a whole number from ${min}${max === SEED_MAX ? '' : ` to ${max}`}, not ${text}`)
  return number
}

function positiveOf(name: string, text: string): number {
  const number = Number(text)
  if (!(number > 0) || text.trim() === '') throw new BadOption(`--${name}: a number above 0, not ${text}`)
  return number
}

function rangeOf(text: string): { readonly from: number; readonly to: number } {
  const match = /^(\d+)\.\.(\d+)$/.exec(text)
  const [from, to] = [Number(match?.[1]), Number(match?.[2])]
  if (!(from <= to && to <= SEED_MAX)) throw new BadOption(`--seeds: A..B with A not above B, not ${text}`)
  return { from, to }
}

function faultsOf(text: string | undefined): readonly FaultKind[] {
  if (text === undefined) return FAULT_KINDS
  if (text === 'none') return []
  const named = text.split(',')
  const unknown = named.filter((name) => !FAULT_KINDS.some((kind) => kind === name))
  if (unknown.length > 0)
    throw new BadOption(`--faults: there is no ${unknown.join(', ')}; there are ${FAULT_KINDS.join(', ')}`)
  return FAULT_KINDS.filter((kind) => named.includes(kind))
}

/** Null: by seed, none and all in turn. */
function strategiesOf(name: string | undefined): readonly string[] | null {
  if (name === undefined) return null
  if (name === 'none') return []
  if (name === 'all') return [...STRATEGIES.keys()]
  if (!STRATEGIES.has(name))
    throw new BadOption(`--strategy: there is no ${name}; there are ${[...STRATEGIES.keys()].join(', ')}`)
  return [name]
}

function bugsOf(name: string | undefined): readonly PlantedBug[] {
  const bugs = PLANTED_BUGS.filter((bug) => name === undefined || bug === name)
  if (bugs.length === 0) throw new BadOption(`--bug: there is no ${name}; there are ${PLANTED_BUGS.join(', ')}`)
  return bugs
}

function optionsOrExit(): ReturnType<typeof readOptions> {
  try {
    return readOptions()
  } catch (error) {
    if (!(error instanceof BadOption) && !isUnknownOption(error)) throw error
    console.error(`${error.message}\n--help lists all options`)
    process.exit(2)
  }
}

function isUnknownOption(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS')
}

/** The command line of this process; threads are given the same. */
export const options = optionsOrExit()

export const crypto = options['real-crypto'] ? realCrypto(await createWasmRecoverer()) : new TokenCrypto()

export const simulator = new Simulator(STRATEGIES, crypto)

export function scenarioFor(seed: number): Scenario {
  const { nodes, faults } = options
  const strategies = options.strategies ?? (seed % 2 === 0 ? [...STRATEGIES.keys()] : [])
  return campaignScenario(seed, { nodes, faults, strategies })
}
