/**
 * SIGSTOP for a minute, one validator after the other, under load: npm run faults:freeze -- [--seconds 60]
 * The others go on; after SIGCONT the frozen one is back in the mesh and votes within ten seconds.
 */
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { Random } from '../../src/simulation/random.ts'
import { Devnet } from '../e2e/harness/devnet.ts'
import { eventually } from '../e2e/harness/processes.ts'
import { rpc } from '../e2e/harness/raw-rpc.ts'
import { findForks, findLost, findLostCoins, healed, stopAndLook } from './check.ts'
import { History } from './history.ts'
import { Load } from './load.ts'
import { conclude } from './verdict.ts'

const ACCOUNTS = 20
const CLIENTS = 2
const BACK_MS = 10_000
const LOOK_MS = 60_000
const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '60' }, validators: { type: 'string', default: '4' } },
})
const faults: string[] = []
const devnet = await Devnet.start('--accounts', String(ACCOUNTS))
try {
  for (let index = 0; index < Number(values.validators); index++) await freeze(index)
  faults.push(...(await stopAndLook(devnet)))
} catch (error) {
  faults.push(error instanceof Error ? error.message : String(error))
} finally {
  await devnet.close(faults.length > 0)
}
conclude(faults)

async function freeze(index: number): Promise<void> {
  const pid = devnet.pid(index)
  const witness = index === 0 ? 1 : 0
  const before = await devnet.status(witness)
  process.kill(pid, 'SIGSTOP')
  const history = new History(join(devnet.directory, `history-${index}.log`))
  let load: Load
  try {
    load = new Load(devnet, history, new Random(index, 'load'), CLIENTS, ACCOUNTS)
    await sleep(Number(values.seconds) * 1000)
  } finally {
    process.kill(pid, 'SIGCONT')
  }
  const meanwhile = history.acknowledged.length
  if (meanwhile === 0) faults.push(`nothing was committed while validator ${index} was frozen`)
  const votes = await votesOf(witness, index)
  const thawedAtMs = performance.now()
  await eventually(
    `a vote of validator ${index}`,
    async () => ((await votesOf(witness, index)) > votes ? true : undefined),
    LOOK_MS,
  )
  const votesAfterMs = performance.now() - thawedAtMs
  if (votesAfterMs > BACK_MS) faults.push(`validator ${index} votes ${Math.round(votesAfterMs)} ms after SIGCONT`)
  await load.stop()
  const height = await healed(devnet)
  history.close()
  faults.push(...(await findLost(devnet, history.acknowledged)))
  faults.push(...(await findForks(devnet, height)))
  faults.push(...(await findLostCoins(devnet, ACCOUNTS)))
  console.log(
    `validator ${index}: frozen ${values.seconds} s, ${meanwhile} receipts and ${height - before.height} blocks meanwhile, ` +
      `votes again after ${Math.round(votesAfterMs)} ms`,
  )
}

async function votesOf(witness: number, index: number): Promise<number> {
  const validators = await rpc<readonly { readonly name: string; readonly voted: number }[]>(
    devnet.url(witness),
    'bft_getValidators',
  )
  return validators.find(({ name }) => name === `v${index}`)?.voted ?? Number.NaN
}
