/**
 * kill -9 over replicas drawn by lot, under load: npm run faults:kill-loop -- [--seed N] [--kills 50]
 * Single ones, two at once, all validators at once, and again while they start. In the end no receipt
 * that a client saw is lost, no height has two blocks, no validator signed twice, no coin is missing.
 */
import { randomInt } from 'node:crypto'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { Random } from '../../src/simulation/random.ts'
import { Devnet } from '../e2e/harness/devnet.ts'
import { eventually } from '../e2e/harness/processes.ts'
import { examine } from './examine.ts'
import { History } from './history.ts'
import { Load } from './load.ts'
import { conclude } from './verdict.ts'

const ACCOUNTS = 40
const CLIENTS = 8
/** Receipts between two kills, unless the second strikes while the network recovers from the first. */
const RECEIPTS_BETWEEN = CLIENTS
const STRIKE_AGAIN = 0.3
const STRIKE_AGAIN_MS_MAX = 500
/** Once all are back; a network that takes longer than that to go on is taken for stuck. */
const PROGRESS_TIMEOUT_MS = 60_000
const LOOK_INTERVAL_MS = 50
const DOWN_MS_MAX = 2_000
const START_MS_MAX = 800
const VALIDATORS = [0, 1, 2, 3]

const { values } = parseArgs({ options: { seed: { type: 'string' }, kills: { type: 'string', default: '50' } } })
const seed = Number(values.seed ?? randomInt(2 ** 32))
const killsWanted = Number(values.kills)
console.log(`seed ${seed}, ${killsWanted} kills`)

const random = new Random(seed, 'kills')
const faults: string[] = []
let kills = 0

const devnet = await Devnet.start('--accounts', String(ACCOUNTS))
try {
  const startedAtMs = performance.now()
  const history = new History(join(devnet.directory, 'history.log'))
  const load = new Load(devnet, history, new Random(seed, 'load'), CLIENTS, ACCOUNTS)
  await killMany(history)
  console.log(`${kills} kills done after ${secondsSince(startedAtMs)} s, ${history.acknowledged.length} receipts`)
  const examined = await examine(devnet, load, history, ACCOUNTS)
  faults.push(...examined.faults)
  console.log([`${kills} kills in ${secondsSince(startedAtMs)} s`, ...examined.figures].join('\n'))
} catch (error) {
  faults.push(error instanceof Error ? error.message : String(error))
} finally {
  await devnet.close(faults.length > 0)
}
conclude(faults, `: seed ${seed}`)

/** Victims come back by themselves; one that is down is not killed again. */
async function killMany(history: History): Promise<void> {
  const down = new Map<number, Promise<void>>()
  const progress = async () => {
    const wanted = history.acknowledged.length + RECEIPTS_BETWEEN
    const isEnough = () => history.acknowledged.length >= wanted || undefined
    while (down.size > 0 && isEnough() === undefined) await sleep(LOOK_INTERVAL_MS)
    await eventually(`${RECEIPTS_BETWEEN} receipts after kill ${kills}`, isEnough, PROGRESS_TIMEOUT_MS)
  }
  while (kills < killsWanted) {
    for (const kill of drawKills()) {
      if (down.has(kill.index)) continue
      const done = carryOut(kill).catch((error: unknown) => faults.push(String(error)))
      down.set(
        kill.index,
        done.then(() => void down.delete(kill.index)),
      )
    }
    if (random.chance(STRIKE_AGAIN)) await sleep(random.below(STRIKE_AGAIN_MS_MAX))
    else await progress()
  }
  await Promise.all(down.values())
}

interface Kill {
  readonly index: number
  readonly downMs: number
  /** How long each start lasts that is killed, too, before the one that is left alone. */
  readonly startsMs: readonly number[]
}

/** The lots are drawn in one order, however long what they say may take. */
function drawKills(): readonly Kill[] {
  const lot = random.fraction()
  const victims =
    lot < 0.04 ? VALIDATORS : random.shuffled(devnet.replicas.map(({ index }) => index)).slice(0, lot < 0.25 ? 2 : 1)
  return victims.map((index) => {
    const startsMs: number[] = []
    while (random.chance(0.15)) startsMs.push(random.below(START_MS_MAX))
    return { index, downMs: random.below(DOWN_MS_MAX), startsMs }
  })
}

async function carryOut({ index, downMs, startsMs }: Kill): Promise<void> {
  kills++
  await devnet.kill(index)
  await sleep(downMs)
  for (const startMs of startsMs) {
    const program = devnet.launch(index)
    await sleep(startMs)
    kills++
    program.child.kill('SIGKILL')
    const { code } = await program.ended
    if (code !== null) faults.push(`replica ${index} ended by itself with ${code}`)
  }
  await devnet.restart(index)
}

function secondsSince(startMs: number): string {
  return ((performance.now() - startMs) / 1000).toFixed(0)
}
