/** One work in shares, each in a thread; the only one in this. */
import { Worker } from 'node:worker_threads'

export interface SharedRun<Share, Report> {
  readonly shares: readonly Share[]
  readonly run: (share: Share) => Iterable<Report>
  /** What runs a share in a thread of its own. */
  readonly worker: URL
  readonly onReport: (report: Report) => void
}

export async function runShares<Share, Report>(all: SharedRun<Share, Report>): Promise<void> {
  const { shares, run, onReport } = all
  const [only] = shares
  if (shares.length === 1 && only !== undefined) for (const report of run(only)) onReport(report)
  else await Promise.all(shares.map((share) => runInThread(share, all)))
}

function runInThread<Share, Report>(share: Share, { worker, onReport }: SharedRun<Share, Report>): Promise<void> {
  const thread = new Worker(worker, { workerData: share, argv: process.argv.slice(2) })
  return new Promise((resolve, reject) => {
    thread.on('message', (report: Report) => onReport(report))
    thread.on('error', reject)
    thread.on('exit', () => resolve())
  })
}
