// A thread that runs its share of the seeds.
import { parentPort, workerData } from 'node:worker_threads'
import { runSeeds, type SeedShare } from './seeds.ts'

for (const report of runSeeds(workerData as SeedShare)) parentPort?.postMessage(report)
