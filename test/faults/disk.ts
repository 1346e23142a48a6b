/**
 * Power cuts and full disks under load: npm run faults:disk -- [--seed N] [--rounds 20]
 * Each replica has a file system of its own. Power is cut for one, two, or all validators at once, so that
 * whatever was not synced is gone; a disk is filled until its replica gives up. In the end no receipt that a
 * client saw is lost, no height has two blocks, no validator signed twice, no coin is missing.
 */
import { randomInt } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { defined } from '../../src/base/invariant.ts'
import { Random } from '../../src/simulation/random.ts'
import { Devnet } from '../e2e/harness/devnet.ts'
import { eventually, isAlive } from '../e2e/harness/processes.ts'
import { examine } from './examine.ts'
import { History } from './history.ts'
import { Load } from './load.ts'
import { conclude } from './verdict.ts'
import { Volume, whyNoVolumes } from './volume.ts'

const ACCOUNTS = 20
const CLIENTS = 6
const RECEIPTS_BETWEEN = 2 * CLIENTS
const VOLUME_MEGABYTES = 96
const DOWN_MS_MAX = 1_500
const PROGRESS_TIMEOUT_MS = 60_000
const GIVE_UP_TIMEOUT_MS = 30_000
/** What a replica says whose disk failed, and the supervisor of it. */
const DISK_FAILED = /storage failed|ended: exit code 70/
const VALIDATORS = [0, 1, 2, 3]

const { values } = parseArgs({ options: { seed: { type: 'string' }, rounds: { type: 'string', default: '20' } } })
const seed = Number(values.seed ?? randomInt(2 ** 32))
const obstacle = whyNoVolumes()
if (obstacle !== undefined) {
  console.log(`SKIPPED, nothing was tested: ${obstacle}`)
  process.exit(75)
}

const random = new Random(seed, 'disks')
const faults: string[] = []
const counts = { cuts: 0, full: 0 }
const devnet = await Devnet.start('--accounts', String(ACCOUNTS))
/** Not inside the devnet's directory, which is removed while they are still mounted. */
const place = mkdtempSync(join(tmpdir(), 'tertia-volumes-'))
const volumes: Volume[] = []
try {
  await devnet.stop()
  for (const { index, dataDir } of devnet.replicas)
    volumes.push(new Volume(join(place, String(index)), dataDir, VOLUME_MEGABYTES))
  await devnet.start()
  const startedAtMs = performance.now()
  const history = new History(join(devnet.directory, 'history.log'))
  const load = new Load(devnet, history, new Random(seed, 'load'), CLIENTS, ACCOUNTS)
  for (let round = 1; round <= Number(values.rounds); round++) {
    await progress(history, round)
    const lot = random.fraction()
    if (lot < 0.25) await fillDisk(random.pick(VALIDATORS) ?? 0)
    else if (lot < 0.4) await cutPower(VALIDATORS)
    else await cutPower(random.shuffled(devnet.replicas.map(({ index }) => index)).slice(0, lot < 0.6 ? 2 : 1))
  }
  await progress(history, Number(values.rounds) + 1)
  const examined = await examine(devnet, load, history, ACCOUNTS, { logs: DISK_FAILED })
  faults.push(...examined.faults)
  const seconds = ((performance.now() - startedAtMs) / 1000).toFixed(0)
  console.log([`${counts.cuts} power cuts, ${counts.full} full disks in ${seconds} s`, ...examined.figures].join('\n'))
} catch (error) {
  faults.push(error instanceof Error ? error.message : String(error))
} finally {
  await devnet.close(faults.length > 0)
  for (const volume of volumes) volume.unmount()
  rmSync(place, { recursive: true })
}
conclude(faults, `: seed ${seed}`)

async function progress(history: History, round: number): Promise<void> {
  const wanted = history.acknowledged.length + RECEIPTS_BETWEEN
  const isEnough = () => history.acknowledged.length >= wanted || undefined
  await eventually(`${RECEIPTS_BETWEEN} receipts before round ${round}`, isEnough, PROGRESS_TIMEOUT_MS)
}

/** Of all these at once. */
async function cutPower(victims: readonly number[]): Promise<void> {
  counts.cuts += victims.length
  const pids = victims.map((index) => devnet.pid(index))
  for (const index of victims) volumeOf(index).cutPower()
  // One that has noticed may have ended already.
  for (const pid of pids) if (isAlive(pid)) process.kill(pid, 'SIGKILL')
  for (const pid of pids) await eventually(`the end of pid ${pid}`, () => (isAlive(pid) ? undefined : true))
  await sleep(random.below(DOWN_MS_MAX))
  for (const index of victims) {
    volumeOf(index).unmount()
    volumeOf(index).mount()
  }
  await Promise.all(victims.map((index) => devnet.restart(index)))
}

/** The replica ends by itself, and says why; with room again it goes on where it was. */
async function fillDisk(index: number): Promise<void> {
  counts.full++
  const pid = devnet.pid(index)
  const before = devnet.log(index).length
  volumeOf(index).fill()
  await eventually(`the end of replica ${index}`, () => (isAlive(pid) ? undefined : true), GIVE_UP_TIMEOUT_MS)
  const says = () => devnet.log(index).slice(before).includes('storage failed') || undefined
  await eventually(`a word of replica ${index} about its full disk`, says)
  volumeOf(index).empty()
  await devnet.restart(index)
}

function volumeOf(index: number): Volume {
  return defined(volumes[index], `the volume of replica ${index}`)
}
