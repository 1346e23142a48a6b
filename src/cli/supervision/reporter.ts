/** What a devnet tells the person in front of it, or, as JSON lines, a program. */
import { toHex } from '../../base/bytes.ts'
import { type FaultModel, faultsTolerated, quorum } from '../../types/fault-model.ts'
import type { CliIo } from '../io.ts'
import { BALANCE_COINS, type DevAccount, MNEMONIC } from './dev-accounts.ts'
import type { Ending, ReplicaPlan } from './replica-process.ts'

const ACCOUNTS_SHOWN_MAX = 10

export interface DevnetSummary {
  readonly chainId: number
  readonly genesisHash: string
  readonly faultModel: FaultModel
  readonly plans: readonly ReplicaPlan[]
  readonly accounts: readonly DevAccount[]
  readonly isNew: boolean
  readonly directory: string
}

export interface Reporter {
  starting(summary: DevnetSummary): void
  waiting(lack: string): void
  ready(plans: readonly ReplicaPlan[]): void
  log(line: string): void
  died(plan: ReplicaPlan, ending: Ending, lastLine: string | undefined, restart: string): void
  returned(plan: ReplicaPlan, pid: number): void
  stopping(): void
}

export function textReporter(io: CliIo): Reporter {
  const line = (text: string) => io.out(`${text}\n`)
  return {
    starting: (summary) => banner(summary).forEach(line),
    waiting: (lack) => line(`  still starting: ${lack}`),
    ready: (plans) => line(`READY ${plans.map(({ rpcUrl }) => rpcUrl).join(' ')}`),
    log: (text) => line(`  ${text}`),
    died: (plan, { how }, last, restart) => {
      line(`  node ${plan.index} (${plan.role}) ended: ${how}${last === undefined ? '' : `; its last words: ${last}`}`)
      line(`  start it again with: ${restart}`)
    },
    returned: (plan, pid) => line(`  node ${plan.index} (${plan.role}) is back as pid ${pid}`),
    stopping: () => line('  stopping'),
  }
}

export function jsonReporter(io: CliIo): Reporter {
  const event = (name: string, fields: object) => io.out(`${JSON.stringify({ event: name, ...fields })}\n`)
  return {
    starting: ({ accounts, plans, ...rest }) =>
      event('starting', {
        ...rest,
        processes: plans.map(({ role, index, address, rpcUrl, dataDir }) => ({
          role,
          index,
          address,
          rpcUrl,
          dataDir,
        })),
        accounts: accounts.map(({ address, privateKey }) => ({ address, privateKey: toHex(privateKey) })),
      }),
    waiting: (lack) => event('waiting', { lack }),
    ready: (plans) => event('ready', { rpcUrls: plans.map(({ rpcUrl }) => rpcUrl) }),
    log: (text) => event('log', { line: text }),
    died: ({ index, role }, { how, exitCode }, last, restart) =>
      event('died', { index, role, how, exitCode, lastLine: last, restart }),
    returned: ({ index, role }, pid) => event('returned', { index, role, pid }),
    stopping: () => event('stopping', {}),
  }
}

function banner({ chainId, genesisHash, faultModel, plans, accounts, isNew, directory }: DevnetSummary): string[] {
  const n = plans.filter(({ role }) => role === 'validator').length
  const observers = plans.length - n
  const first = plans[0]?.rpcUrl ?? ''
  return [
    `  Tertia devnet   chain ${chainId}   genesis ${genesisHash}   ${isNew ? 'new' : 'resumed'} in ${directory}`,
    `  ${faultModel} model: n = ${n}, t = ${faultsTolerated(n, faultModel)}, quorum ${quorum(n, faultModel)}` +
      (observers > 0 ? `   + ${observers} candidate${observers === 1 ? '' : 's'} in reserve` : ''),
    `  rpc  ${first}   ws  ${first.replace('http', 'ws')}`,
    ...accountLines(accounts),
  ]
}

function accountLines(accounts: readonly DevAccount[]): string[] {
  if (accounts.length === 0) return []
  const shown = accounts.slice(0, ACCOUNTS_SHOWN_MAX)
  const hidden = accounts.length - shown.length
  return [
    `  ${accounts.length} accounts with ${BALANCE_COINS} coins each. WARNING: their keys are public, never use them elsewhere`,
    ...shown.map(({ address, privateKey }, index) => `    (${index}) ${address}   key ${toHex(privateKey)}`),
    ...(hidden > 0 ? [`    ... and ${hidden} more`] : []),
    `    mnemonic "${MNEMONIC}", path m/44'/60'/0'/0/i`,
  ]
}
