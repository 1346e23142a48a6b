/** `tertia devnet VERB`: what can be done to a running devnet from a second terminal. */
import { setTimeout as sleep } from 'node:timers/promises'
import { type Command, InvalidArgumentError } from 'commander'
import { EXIT } from '../../node/exit-codes.ts'
import type { BftStatus, NodeInfo } from '../../node/node-api.ts'
import { VALIDATORS_MAX } from '../../types/limits.ts'
import { DevnetClient, describeNetwork } from '../devnet-client.ts'
import { fail } from '../failure.ts'
import { type CliIo, show } from '../io.ts'
import { integer } from '../options.ts'
import type { ProcessView } from '../supervision/devnet-control.ts'
import { EvidenceLogs } from '../supervision/evidence-logs.ts'
import { OBSERVERS_MAX } from '../supervision/settings.ts'

interface VerbOptions {
  readonly data: string
  readonly json?: true
}

const DELAY = /^(\d{1,6})(ms|s)$/
const DELAY_MS_MAX = 60_000
const VIEWS_MAX = 1_000
/** A validator that says nothing is counted as gone after three seconds. */
const NOTICED_TIMEOUT_MS = 10_000
const SYNCED_TIMEOUT_MS = 60_000
const ASK_INTERVAL_MS = 50

const processNumber = integer(0, VALIDATORS_MAX + OBSERVERS_MAX - 1)

export function registerDevnetVerbs(devnet: Command, io: CliIo): void {
  const verb = (name: string, description: string) =>
    devnet
      .command(name)
      .description(description)
      .option('--data <dir>', 'directory of the running devnet', './devnet')
      .option('--json', 'print JSON')
  const onOne = (name: string, description: string) =>
    verb(name, description).argument('<n>', 'number of the process', processNumber)
  verb('status', 'say who runs, and what was done to them').action((options: VerbOptions) => status(options, io))
  onOne('kill', 'end a process without warning (SIGKILL)').action((n: number, o: VerbOptions) => goes('kill', n, o, io))
  onOne('pause', 'freeze a process (SIGSTOP)').action((n: number, o: VerbOptions) => goes('pause', n, o, io))
  onOne('start', 'start a process that is down').action((n: number, o: VerbOptions) => start(n, o, io))
  onOne('resume', 'let a frozen process go on').action((n: number, o: VerbOptions) => resume(n, o, io))
  onOne('equivocate', 'let a validator vote twice in the views to come')
    .option('--views <n>', 'how many', integer(1, VIEWS_MAX), 3)
    .action((n: number, options: VerbOptions & { readonly views: number }) => equivocate(n, options, io))
  verb('partition', 'cut the network into groups that cannot talk to each other')
    .argument('<groups...>', 'as in 0,1 2,3; who is not named stays with the first group')
    .action((groups: readonly string[], options: VerbOptions) => partition(groups, options, io))
  verb('heal', 'undo every partition and delay').action((options: VerbOptions) => heal(options, io))
  onOne('delay', 'let everything that a process sends take longer')
    .argument('<time>', 'as in 500ms or 2s; 0ms ends it', delayMs)
    .action((n: number, ms: number, options: VerbOptions) => delay(n, ms, options, io))
}

async function status({ data, json }: VerbOptions, io: CliIo): Promise<void> {
  const client = new DevnetClient(data)
  const processes = await client.processes()
  const views = await Promise.all(processes.map((each) => client.statusOf(each)))
  const network = await client.bestView()
  const all = processes.map((each, index) => ({ ...each, status: views[index] ?? null }))
  show(io, json, { network: network ?? null, processes: all }, () =>
    [describeNetwork(network), ...processes.map((each, index) => describeProcess(each, views[index]))].join('\n'),
  )
}

function describeProcess(process: ProcessView, view: BftStatus | undefined): string {
  const { index, role, state, pid, cutOff, delayMs } = process
  const place =
    view === undefined ? '' : `block ${view.height}, view ${view.view}${view.syncing ? ', catching up' : ''}`
  const hurt = [
    ...(cutOff.length > 0 ? [`cut off from ${cutOff.map((other) => `v${other}`).join(' ')}`] : []),
    ...(delayMs > 0 ? [`sends ${delayMs} ms late`] : []),
  ]
  const who = `  v${index}  ${(view?.role ?? role).padEnd(9)}  ${state.padEnd(7)}`
  return [`${who}  ${state === 'down' ? '' : `pid ${pid}`}`.trimEnd(), place, ...hurt].filter(Boolean).join('   ')
}

/** Ends or freezes one, and waits until the others have noticed. */
async function goes(verb: 'kill' | 'pause', index: number, { data, json }: VerbOptions, io: CliIo): Promise<void> {
  const client = new DevnetClient(data)
  const victim = (await client.processes())[index]
  await client.call(verb, [index])
  const view = await client.bestViewWhen((seen) => !isConnected(seen, victim), NOTICED_TIMEOUT_MS)
  const what =
    verb === 'kill'
      ? `v${index} offline (SIGKILL)`
      : `v${index} frozen (SIGSTOP): it keeps its connections and says nothing`
  show(io, json, { index, done: verb, network: view ?? null }, () => `${what}\n${describeNetwork(view)}`)
}

function isConnected(view: BftStatus, victim: ProcessView | undefined): boolean {
  return view.validators.some(({ address, connected }) => address === victim?.address && connected)
}

async function start(index: number, { data, json }: VerbOptions, io: CliIo): Promise<void> {
  const client = new DevnetClient(data)
  const info = await client.call<NodeInfo>('start', [index])
  const caughtUp = await catchUp(client, index)
  const blocks = caughtUp.height - info.startHeight
  const seconds = (info.upMs + caughtUp.waitedMs) / 1000
  const { role, view } = caughtUp
  show(io, json, { index, blocks, seconds, role, view, height: caughtUp.height }, () => {
    const synced = `v${index} synced ${blocks} block${blocks === 1 ? '' : 's'} in ${seconds.toFixed(1)} s`
    return role === 'validator'
      ? `${synced}, signing record ok, voting from view ${view}`
      : `${synced}, follows as ${role === 'candidate' ? 'a candidate' : 'an observer'}`
  })
}

async function resume(index: number, { data, json }: VerbOptions, io: CliIo): Promise<void> {
  const client = new DevnetClient(data)
  await client.call('resume', [index])
  const { height, view, role, waitedMs } = await catchUp(client, index)
  show(io, json, { index, height, view, role }, () => {
    return `v${index} goes on: level with the chain at #${height} after ${(waitedMs / 1000).toFixed(1)} s, view ${view}`
  })
}

/** Until it is as high as the others were when it was asked, and says that it is not behind. */
async function catchUp(client: DevnetClient, index: number): Promise<BftStatus & { readonly waitedMs: number }> {
  const beganMs = Date.now()
  const height = await client.bestHeight()
  while (Date.now() - beganMs < SYNCED_TIMEOUT_MS) {
    const own = (await client.processes())[index]
    const view = own === undefined ? undefined : await client.statusOf(own)
    if (view !== undefined && !view.syncing && view.height >= height) return { ...view, waitedMs: Date.now() - beganMs }
    await sleep(ASK_INTERVAL_MS)
  }
  return fail(`v${index} runs, but is not level with the chain after ${SYNCED_TIMEOUT_MS / 1000} s`, EXIT.retry)
}

async function equivocate(
  index: number,
  { data, json, views }: VerbOptions & { readonly views: number },
  io: CliIo,
): Promise<void> {
  const client = new DevnetClient(data)
  const others = (await client.processes()).filter((each) => each.index !== index && each.state === 'running')
  const watch = new EvidenceLogs(others, `v${index}`)
  const lie = await client.call<{ readonly epoch: number; readonly view: number }>('equivocate', [index, views])
  const evidence = await watch.first(NOTICED_TIMEOUT_MS)
  show(io, json, { index, ...lie, views, evidence: evidence ?? null }, () => {
    const until = views === 1 ? '' : ` and votes twice until view ${lie.view + views - 1}`
    const lied = `v${index} has signed two votes in view ${lie.view}${until}; its signing record knows nothing of it`
    return `${lied}\n${evidence ?? 'nobody has noticed yet: their logs will say "EVIDENCE"'}`
  })
}

async function partition(groups: readonly string[], { data, json }: VerbOptions, io: CliIo): Promise<void> {
  const client = new DevnetClient(data)
  await client.call('partition', [groups.map(groupOf)])
  const processes = await client.processes()
  const cut = processes.filter(({ cutOff }) => cutOff.length > 0)
  const views = await Promise.all(cut.map((each) => client.statusOf(each)))
  show(io, json, { processes }, () => {
    const sides = groups
      .map((group) =>
        group
          .split(',')
          .map((n) => `v${n}`)
          .join(' '),
      )
      .join('  |  ')
    return [
      `cut: ${sides}; "tertia devnet heal" undoes it`,
      ...cut.map((each, i) => describeProcess(each, views[i])),
    ].join('\n')
  })
}

function groupOf(text: string): readonly number[] {
  if (!/^\d{1,3}(?:,\d{1,3})*$/.test(text)) fail(`"${text}" is no group: write numbers as in 0,1`, EXIT.usage)
  return text.split(',').map(Number)
}

async function heal({ data, json }: VerbOptions, io: CliIo): Promise<void> {
  const client = new DevnetClient(data)
  await client.call('heal')
  const up = (await client.processes()).filter(({ state, role }) => state === 'running' && role === 'validator').length
  const whole = (view: BftStatus) => view.validators.filter(({ connected }) => connected).length >= up
  const view = await client.bestViewWhen(whole, NOTICED_TIMEOUT_MS)
  show(
    io,
    json,
    { network: view ?? null },
    () => `healed: everybody who runs can talk to everybody\n${describeNetwork(view)}`,
  )
}

async function delay(index: number, ms: number, { data, json }: VerbOptions, io: CliIo): Promise<void> {
  await new DevnetClient(data).call('delay', [index, ms])
  show(io, json, { index, delayMs: ms }, () =>
    ms === 0
      ? `v${index} sends at once again`
      : `everything that v${index} sends is ${ms} ms late; "0ms" or "heal" ends it`,
  )
}

function delayMs(text: string): number {
  const [, digits, unit] = DELAY.exec(text) ?? []
  const ms = Number(digits) * (unit === 's' ? 1000 : 1)
  if (unit !== undefined && ms <= DELAY_MS_MAX) return ms
  throw new InvalidArgumentError(`Expected a time such as 500ms or 2s, at most ${DELAY_MS_MAX / 1000}s.`)
}
