// Spawned replicas and their worker threads load dist/, so it must be as new as the sources under test.
import { buildIfStale } from '../scripts/build.js'

export default async function buildFirst(): Promise<void> {
  await buildIfStale()
}
