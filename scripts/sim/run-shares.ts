/** One work in shares, each in a thread, until all are done or somebody stops it. */
import { Worker } from 'node:worker_threads'

export interface SharedRun<Share, Report> {
  readonly shares: readonly Share[]
  /** What runs a share in a thread. */
  readonly worker: URL
  readonly onReport: (report: Report) => void
}

const STOP_SIGNALS = ['SIGINT', 'SIGTERM'] as const

/** What a shell says of who was ended by SIGINT. */
export const STOPPED_EXIT_CODE = 130

/** True when a signal stopped it: what had been reported by then counts. A second signal ends the process. */
export async function runShares<Share, Report>({
  shares,
  worker,
  onReport,
}: SharedRun<Share, Report>): Promise<boolean> {
  const threads = shares.map((share) => new Worker(worker, { workerData: share, argv: process.argv.slice(2) }))
  let isStopped = false
  const stop = (): void => {
    isStopped = true
    for (const signal of STOP_SIGNALS) process.off(signal, stop)
    for (const thread of threads) thread.terminate().catch((error: unknown) => thread.emit('error', error))
  }
  for (const signal of STOP_SIGNALS) process.on(signal, stop)
  for (const thread of threads) thread.on('message', (report: Report) => onReport(report))
  await Promise.all(threads.map(ended))
  for (const signal of STOP_SIGNALS) process.off(signal, stop)
  return isStopped
}

function ended(thread: Worker): Promise<void> {
  return new Promise((resolve, reject) => {
    thread.on('error', reject)
    thread.on('exit', () => resolve())
  })
}
