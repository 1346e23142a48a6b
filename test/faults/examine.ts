/** The end of a campaign: everybody heals, and then everything that must hold is looked at. */
import type { Devnet } from '../e2e/harness/devnet.ts'
import { findForks, findLost, findLostCoins, healed, readSignatures, stopAndLook } from './check.ts'
import type { History } from './history.ts'

export interface Examination {
  readonly faults: readonly string[]
  /** Lines for the report. */
  readonly figures: readonly string[]
}

/** What the campaign itself brought about. */
export interface Excused {
  /** Lines of the logs. */
  readonly logs: RegExp
  /** A validator that was told to contradict itself. */
  readonly liar?: number
}

/** Stops the load and then the devnet. */
export async function examine(
  devnet: Devnet,
  load: { stop(): Promise<void> },
  history: History,
  accounts: number,
  excused: Excused = { logs: /^$/ },
): Promise<Examination> {
  await load.stop()
  const height = await healed(devnet)
  const { view } = await devnet.status(0)
  history.close()
  const faults = [
    ...(await findLost(devnet, history.acknowledged)),
    ...(await findForks(devnet, height)),
    ...(await findLostCoins(devnet, accounts)),
    ...(await stopAndLook(devnet, excused.logs)),
  ]
  const signatures = readSignatures(devnet)
  faults.push(...signatures.contradictions.filter((each) => !each.includes(` by ${excused.liar}: `)))
  const waits = history.waitsMs.sort((a, b) => a - b)
  const wait = (share: number) => `${Math.round(waits[Math.floor(waits.length * share)] ?? 0)} ms`
  const figures = [
    `${height} blocks in ${view} views`,
    `${history.sent} sent, ${history.acknowledged.length} receipts seen and compared on ${devnet.replicas.length} replicas`,
    `sent to seen: p50 ${wait(0.5)}, p95 ${wait(0.95)}, longest ${wait(0.999999)}`,
    `${signatures.size} statements of validators compared, ${signatures.contradictions.length} contradictions`,
  ]
  return { faults, figures }
}
