/** When a devnet can be used: each that is a validator now has a block and enough others to agree with. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { BftStatus } from '../../node/node-api.ts'
import { RpcClient } from '../rpc-client.ts'
import type { ReplicaPlan } from './replica-process.ts'

const ASK_INTERVAL_MS = 100

/** @returns undefined when the node can be used, otherwise what it lacks. */
async function lackOf(plan: ReplicaPlan): Promise<string | undefined> {
  let status: BftStatus
  try {
    status = await new RpcClient(plan.rpcUrl).call<BftStatus>('bft_status')
  } catch {
    return 'does not answer yet'
  }
  if (status.role !== 'validator') return undefined
  const peers = status.validators.filter(({ connected, address }) => connected && address !== status.address).length
  if (peers < status.quorum - 1) return `is connected to ${peers} of ${status.quorum - 1} validators`
  return status.height >= 1 ? undefined : 'waits for the first block'
}

/** Resolves when all are ready; `waiting` is told now and then what is missing. */
export async function awaitReady(
  plans: readonly ReplicaPlan[],
  waiting: (lack: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const reportInterval = 10_000
  let nextReport = Date.now() + reportInterval
  while (!signal.aborted) {
    const lacks = await Promise.all(plans.map(lackOf))
    const index = lacks.findIndex((lack) => lack !== undefined)
    if (index < 0) return
    if (Date.now() >= nextReport) {
      waiting(`node ${index} ${lacks[index] ?? ''}`)
      nextReport += reportInterval
    }
    await sleep(ASK_INTERVAL_MS)
  }
}
