/** A whole network on one machine: started, made ready, looked after, stopped. */
import { join, relative } from 'node:path'
import { silentLogger } from '../../base/logger.ts'
import { EXIT } from '../../node/exit-codes.ts'
import { CliFailure } from '../failure.ts'
import { replaceJson } from '../replace-file.ts'
import { awaitReady } from './await-ready.ts'
import { openControlSocket } from './control-socket.ts'
import { devAccounts } from './dev-accounts.ts'
import { DevnetControl } from './devnet-control.ts'
import type { DevnetLayout } from './layout.ts'
import { LogTail, lastWords } from './log-tail.ts'
import type { OpenDevnet } from './open-devnet.ts'
import { type Ending, LOG_NAME, type ReplicaPlan } from './replica-process.ts'
import type { Reporter } from './reporter.ts'
import { Supervisor } from './supervisor.ts'

/** Of the log of replica 0: its blocks, and whatever is wrong. */
const RELAYED = /^\S+ (?:INFO {2}(?=#\d)|(?=WARN|ERROR))/

/** @param stopped resolves when the devnet shall end. */
export async function runDevnet(devnet: OpenDevnet, reporter: Reporter, stopped: Promise<unknown>): Promise<void> {
  const { layout, settings, genesis, plans, isNew } = devnet
  reporter.starting({
    chainId: genesis.chainId,
    genesisHash: settings.genesisHash,
    faultModel: genesis.faultModel,
    plans,
    accounts: devAccounts(settings.accounts),
    isNew,
    directory: layout.directory,
  })
  let startFailed: (failure: CliFailure) => void
  const failure = new Promise<CliFailure>((resolve) => {
    startFailed = resolve
  })
  let isReady = false
  const supervisor = new Supervisor(plans, {
    died: (plan, ending) => {
      // Who was killed had no time to say why.
      const last = ending.exitCode === null ? undefined : lastWords(join(plan.dataDir, LOG_NAME))
      if (isReady) reporter.died(plan, ending, last, restartCommand(plan, layout))
      else startFailed(startFailure(plan, ending, last))
    },
    returned: (plan, pid) => reporter.returned(plan, pid),
    changed: (pids) => replaceJson(layout.processes, { processes: plans.map((plan) => entryOf(plan, pids)) }),
  })
  const tail = new LogTail(join(layout.node(0), LOG_NAME), (line) => {
    if (RELAYED.test(line)) reporter.log(line.replace(RELAYED, ''))
  })
  const starting = new AbortController()
  const control = new DevnetControl(plans, supervisor, layout)
  const closeControl = await openControlSocket(layout, control, silentLogger)
  try {
    supervisor.startAll()
    const ready = awaitReady(plans, (lack) => reporter.waiting(lack), starting.signal)
    const outcome = await Promise.race([ready, failure, stopped.then(() => 'stopped' as const)])
    if (outcome instanceof CliFailure) throw outcome
    isReady = true
    if (outcome !== 'stopped') reporter.ready(plans)
    await stopped
    reporter.stopping()
  } finally {
    starting.abort()
    await closeControl()
    await supervisor.stop()
    tail.stop()
  }
}

function startFailure(
  { index, dataDir }: ReplicaPlan,
  { how, exitCode }: Ending,
  last: string | undefined,
): CliFailure {
  const log = join(dataDir, LOG_NAME)
  const code = exitCode === null || exitCode === EXIT.ok ? EXIT.failed : exitCode
  return new CliFailure(`node ${index} did not start (${how}): ${last ?? 'it said nothing'}; its log is ${log}`, code)
}

function entryOf(plan: ReplicaPlan, pids: ReadonlyMap<ReplicaPlan, number>) {
  const { role, index, address, rpcUrl, dataDir } = plan
  return { role, index, pid: pids.get(plan) ?? 0, address, rpcUrl, dataDir }
}

function restartCommand({ index }: ReplicaPlan, { directory }: DevnetLayout): string {
  const path = relative(process.cwd(), directory)
  const quoted = /^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`
  return `npx tertia devnet start ${index}${path === 'devnet' ? '' : ` --data ${quoted}`}`
}
