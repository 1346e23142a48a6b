/**
 * A validator lies under load: npm run faults:removal -- [--per-second 100] [--victim 2] [--seconds 20]
 * It has to be out, and the candidate in its place, while the ledger goes on: no receipt is lost, nobody
 * else signed twice, and no pause is longer than PAUSE_MS_MAX.
 */
import { randomInt } from 'node:crypto'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { Devnet } from '../e2e/harness/devnet.ts'
import { eventually, tertia } from '../e2e/harness/processes.ts'
import { examine } from './examine.ts'
import { History } from './history.ts'
import { SteadyLoad } from './steady-load.ts'
import { conclude } from './verdict.ts'

const ACCOUNTS = 40
/** Processes 0 to 3 are the validators, the next one stands in reserve. */
const CANDIDATE = 4
/** What issue and README promise. */
const REPLACED_MS_MAX = 30_000
const PAUSE_MS_MAX = 5_000
const WARM_UP_MS = 5_000

const { values } = parseArgs({
  options: {
    'per-second': { type: 'string', default: '100' },
    victim: { type: 'string', default: String(randomInt(CANDIDATE)) },
    seconds: { type: 'string', default: '20' },
  },
})
const perSecond = Number(values['per-second'])
const victim = Number(values.victim)
const faults: string[] = []
const figures: string[] = [`v${victim} lies under ${perSecond} transfers/s`]

const devnet = await Devnet.start('--accounts', String(ACCOUNTS))
try {
  const history = new History(join(devnet.directory, 'history.log'))
  const load = new SteadyLoad(devnet, history, perSecond, ACCOUNTS)
  await sleep(WARM_UP_MS)
  await replace()
  await sleep(Number(values.seconds) * 1000)
  const excused = { logs: /EVIDENCE|contradicted itself/, liar: victim }
  const examined = await examine(devnet, load, history, ACCOUNTS, excused)
  figures.push(`longest time without a receipt: ${Math.round(load.longestPauseMs)} ms`, ...examined.figures)
  faults.push(...examined.faults)
  if (load.longestPauseMs > PAUSE_MS_MAX) faults.push(`nothing was final for ${Math.round(load.longestPauseMs)} ms`)
} catch (error) {
  faults.push(error instanceof Error ? error.message : String(error))
} finally {
  await devnet.close(faults.length > 0)
}
console.log(figures.join('\n'))
conclude(faults, `: victim ${victim}`)

/** By the command that a user has; what is measured begins when it is given. */
async function replace(): Promise<void> {
  const { address } = devnet.replica(victim)
  const candidate = devnet.replica(CANDIDATE).address
  const witness = (victim + 1) % CANDIDATE
  const toldAtMs = performance.now()
  const told = tertia(['devnet', 'equivocate', String(victim), '--data', devnet.data])
  await eventually(
    `v${victim} out and the candidate in its place`,
    async () => {
      const { validators } = await devnet.status(witness)
      const members: readonly string[] = validators.map((each) => each.address)
      return (members.includes(candidate) && !members.includes(address)) || undefined
    },
    REPLACED_MS_MAX,
  )
  figures.push(`out and replaced after ${Math.round(performance.now() - toldAtMs)} ms`)
  const { code, stderr } = await told.ended
  if (code !== 0) faults.push(`devnet equivocate ended with ${code}: ${stderr}`)
}
