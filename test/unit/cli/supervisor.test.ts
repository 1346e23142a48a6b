import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it, onTestFinished, vi } from 'vitest'
import { LOG_BYTES_MAX } from '../../../src/cli/supervision/bound-log.ts'
import { lastWords } from '../../../src/cli/supervision/log-tail.ts'
import { LOG_NAME, type ReplicaPlan } from '../../../src/cli/supervision/replica-process.ts'
import { Supervisor } from '../../../src/cli/supervision/supervisor.ts'
import { livePid } from '../../../src/node/pid-file.ts'
import { temporaryDirectory } from './cli-harness.ts'
import { planOf } from './fake-plan.ts'

const WITHIN = { timeout: 60_000, interval: 20 }
const PROGRAM = fileURLToPath(new URL('./supervisor-program.ts', import.meta.url))
const TYPESCRIPT = new URL('../../../scripts/typescript.js', import.meta.url).href

function fakePlans(...behaviours: string[]): ReplicaPlan[] {
  const directory = temporaryDirectory()
  return behaviours.map((behaviour, index) => {
    const dataDir = join(directory, `node-${index}`)
    mkdirSync(dataDir)
    return planOf(index, dataDir, behaviour)
  })
}

function supervise(plans: readonly ReplicaPlan[], stopTimeoutMs?: number) {
  const said: string[] = []
  const supervisor = new Supervisor(
    plans,
    {
      died: ({ index }, { how }) => said.push(`${index} died: ${how}`),
      returned: ({ index }) => said.push(`${index} returned`),
      changed: (pids) => said.push(`pids ${[...pids.keys()].map(({ index }) => index).join()}`),
    },
    stopTimeoutMs,
  )
  onTestFinished(() => supervisor.stop())
  supervisor.startAll()
  return { supervisor, said }
}

const pidOf = async (plan: ReplicaPlan) =>
  await vi.waitFor(() => {
    const pid = livePid(plan.dataDir)
    if (pid === undefined) throw new Error('not running')
    return pid
  }, WITHIN)

const isAlive = (pid: number) => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

it('takes no other program for one of its own that has left its id behind', async () => {
  const [plan] = fakePlans('refuses') as [ReplicaPlan]
  const other = spawn(process.execPath, ['-e', 'setInterval(() => undefined, 1000)'])
  onTestFinished(() => void other.kill())
  writeFileSync(join(plan.dataDir, 'node.pid'), `${other.pid}\n`)
  const { said } = supervise([plan])
  await vi.waitFor(() => expect(said.some((line) => line.startsWith('0 died'))).toBe(true), WITHIN)
  expect(livePid(plan.dataDir)).toBeUndefined()
})

it('leaves no id behind of a process that was killed', async () => {
  const [plan] = fakePlans('obedient') as [ReplicaPlan]
  const { supervisor } = supervise([plan])
  await pidOf(plan)
  await supervisor.kill(plan)
  await vi.waitFor(() => expect(existsSync(join(plan.dataDir, 'node.pid'))).toBe(false), WITHIN)
})

it('starts every process, keeps its output and stops it by its own means', async () => {
  const plans = fakePlans('obedient', 'obedient')
  const { supervisor, said } = supervise(plans)
  const pids = await Promise.all(plans.map(pidOf))
  await supervisor.stop()
  expect(pids.filter(isAlive)).toEqual([])
  expect(said).toEqual(['pids 0,1'])
  for (const { dataDir } of plans) {
    expect(readFileSync(join(dataDir, LOG_NAME), 'utf8')).toBe('running\n')
    expect(readFileSync(join(dataDir, 'ended'), 'utf8')).toBe('SIGTERM\n')
  }
})

it('ends what does not stop in time', async () => {
  const plans = fakePlans('stubborn')
  const { supervisor } = supervise(plans, 100)
  const pids = await Promise.all(plans.map(pidOf))
  await supervisor.stop()
  expect(pids.filter(isAlive)).toEqual([])
})

it('reports one that ends with its last words and leaves the others running', async () => {
  const plans = fakePlans('obedient', 'refuses')
  const { said } = supervise(plans)
  const pid = await pidOf(plans[0] as ReplicaPlan)
  await vi.waitFor(() => expect(said).toContain('1 died: exit code 78'), WITHIN)
  expect(lastWords(join((plans[1] as ReplicaPlan).dataDir, LOG_NAME))).toBe('tertia: the key is missing: make one')
  expect(isAlive(pid)).toBe(true)
})

it('takes back a killed one that somebody starts by hand, and stops it with the rest', async () => {
  const plans = fakePlans('obedient', 'obedient')
  const { supervisor, said } = supervise(plans)
  const [, second] = await Promise.all(plans.map(pidOf))
  process.kill(second as number, 'SIGKILL')
  await vi.waitFor(() => expect(said).toContain('1 died: SIGKILL'), WITHIN)
  const [program, ...args] = planOf(1, (plans[1] as ReplicaPlan).dataDir, 'by hand').command
  const byHand = spawn(program, args, { stdio: 'ignore' })
  onTestFinished(() => void byHand.kill('SIGKILL'))
  await vi.waitFor(() => expect(said).toEqual(['pids 0,1', '1 died: SIGKILL', '1 returned', 'pids 0,1']), WITHIN)
  const gone = new Promise((resolve) => byHand.once('exit', (code) => resolve(code)))
  await supervisor.stop()
  expect(await gone).toBe(0)
})

it('reports a program that cannot be started', async () => {
  const [plan] = fakePlans('obedient')
  const { said } = supervise([{ ...(plan as ReplicaPlan), command: ['/nonexistent/program'] }])
  await vi.waitFor(() => expect(said).toContainEqual(expect.stringMatching(/^0 died: .*ENOENT/)), WITHIN)
})

it('leaves no process behind when it is killed itself', async () => {
  const [plan] = fakePlans('obedient')
  const { dataDir } = plan as ReplicaPlan
  const supervisor = spawn(process.execPath, ['--import', TYPESCRIPT, PROGRAM, dataDir], { stdio: 'ignore' })
  onTestFinished(() => void supervisor.kill('SIGKILL'))
  const pid = await pidOf(plan as ReplicaPlan)
  supervisor.kill('SIGKILL')
  await vi.waitFor(() => expect(isAlive(pid)).toBe(false), WITHIN)
  expect(readFileSync(join(dataDir, 'ended'), 'utf8')).toBe('standard input ended\n')
})

it('bounds the log of a process that goes on writing it', async () => {
  const plans = fakePlans('obedient')
  supervise(plans)
  await Promise.all(plans.map(pidOf))
  const log = join((plans[0] as ReplicaPlan).dataDir, LOG_NAME)
  truncateSync(log, LOG_BYTES_MAX)
  expect(existsSync(`${log}.1`)).toBe(false)
  truncateSync(log, LOG_BYTES_MAX + 1)
  await vi.waitFor(() => expect(statSync(log).size).toBe(0), WITHIN)
  expect(statSync(`${log}.1`).size).toBe(LOG_BYTES_MAX + 1)
})

it('stops the others when one that was frozen is killed from outside', async () => {
  const plans = fakePlans('obedient', 'obedient') as [ReplicaPlan, ReplicaPlan]
  const { supervisor, said } = supervise(plans)
  const [frozen, other] = (await Promise.all(plans.map(pidOf))) as [number, number]
  supervisor.signal(plans[0], 'SIGSTOP')
  process.kill(frozen, 'SIGKILL')
  await vi.waitFor(() => expect(said).toContain('0 died: SIGKILL'), WITHIN)
  await supervisor.stop()
  expect(isAlive(other)).toBe(false)
})
