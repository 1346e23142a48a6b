// A thread that runs its share of the Twins scenarios.
import { parentPort, workerData } from 'node:worker_threads'
import { searchTwins, type TwinShare } from './twin-search.ts'

for (const report of searchTwins(workerData as TwinShare)) parentPort?.postMessage(report)
