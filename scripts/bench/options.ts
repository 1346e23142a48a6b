/** What to measure: the command line of the benchmark. */
import { parseArgs } from 'node:util'

export type Workload = 'transfer' | 'keyValue.put'

export interface BenchOptions {
  readonly replicas: number
  readonly inFlight: readonly number[]
  /** Of one round. */
  readonly durationSeconds: number
  readonly warmUpSeconds: number
  readonly rounds: number
  readonly workload: Workload
  /** Of replica 0; the others follow, and after them the sockets between the replicas. */
  readonly port: number
  readonly compare: boolean
  /** Reads beside anvil, and nothing of the above. */
  readonly rpc: boolean
  /** A newcomer to a chain of so many accounts and blocks, and nothing of the above. */
  readonly join: boolean
  readonly joinAccounts: number
  readonly joinBlocks: number
  /** The simulator's speed instead of a network's. */
  readonly sim: boolean
  readonly json: boolean
  /** Where the SVG goes; undefined: none. */
  readonly plot: string | undefined
  /** Genesis to begin with; undefined: that of the devnet. */
  readonly genesis: string | undefined
  /** Data of the network; undefined: a temporary directory, removed at the end. */
  readonly data: string | undefined
}

const USAGE = `npm run bench -- [options]
  --replicas <n>      validators (4)
  --in-flight <list>  transactions in flight, one phase each (1,16,64,256,512)
  --duration <s>      seconds of a round (5)
  --warm-up <s>       seconds before the first round of a phase (3)
  --rounds <n>        rounds of a phase; medians are reported (3)
  --module <name>     transfer or keyValue.put (transfer)
  --port <port>       first of the ports used (25000)
  --data <dir>        keep the network's directory there
  --genesis <file>    genesis of the network, as of the devnet
  --compare           the same load against anvil: one process, no replication, no durability
  --sim               the speed of the simulator instead: views a second and core
  --join              a newcomer to a chain, by snapshot and by replay: seconds, bytes, memory; makes the chain first
  --accounts <n>      of that chain (100000)
  --blocks <n>        of that chain (1000)
  --rpc               reads a second of one replica and of anvil, by turns
  --plot [file]       draw latency over throughput (docs/benchmark.svg)
  --json              print JSON instead of tables`

const PLOT_DEFAULT = 'docs/benchmark.svg'

/** @throws for options that make no sense. Undefined when help was asked for. */
export function readOptions(args: readonly string[]): BenchOptions | undefined {
  const { values } = parseArgs({
    args: args.map((argument, i) =>
      argument === '--plot' && isOption(args[i + 1]) ? `--plot=${PLOT_DEFAULT}` : argument,
    ),
    options: {
      replicas: { type: 'string', default: '4' },
      'in-flight': { type: 'string', default: '1,16,64,256,512' },
      duration: { type: 'string', default: '5' },
      'warm-up': { type: 'string', default: '3' },
      rounds: { type: 'string', default: '3' },
      module: { type: 'string', default: 'transfer' },
      port: { type: 'string', default: '25000' },
      genesis: { type: 'string' },
      data: { type: 'string' },
      compare: { type: 'boolean', default: false },
      join: { type: 'boolean', default: false },
      accounts: { type: 'string', default: '100000' },
      blocks: { type: 'string', default: '1000' },
      rpc: { type: 'boolean', default: false },
      sim: { type: 'boolean', default: false },
      plot: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) {
    console.log(USAGE)
    return undefined
  }
  return {
    replicas: positive('replicas', values.replicas),
    inFlight: values['in-flight'].split(',').map((text) => positive('in-flight', text)),
    durationSeconds: positive('duration', values.duration),
    warmUpSeconds: positive('warm-up', values['warm-up']),
    rounds: positive('rounds', values.rounds),
    workload: workload(values.module),
    port: positive('port', values.port),
    compare: values.compare,
    rpc: values.rpc,
    join: values.join,
    joinAccounts: positive('accounts', values.accounts),
    joinBlocks: positive('blocks', values.blocks),
    sim: values.sim,
    json: values.json,
    plot: values.plot,
    genesis: values.genesis,
    data: values.data,
  }
}

function isOption(text: string | undefined): boolean {
  return text === undefined || text.startsWith('--')
}

function positive(name: string, text: string): number {
  const value = Number(text)
  if (Number.isSafeInteger(value) && value > 0) return value
  throw new Error(`--${name}: expected a whole number above 0, not "${text}"`)
}

function workload(text: string): Workload {
  if (text === 'transfer' || text === 'keyValue.put') return text
  throw new Error(`--module: transfer or keyValue.put, not "${text}"`)
}
