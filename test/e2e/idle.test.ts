/** A network that nobody asks anything: no blocks, no views, and next to no work. */
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { cpuMsOf } from './harness/processes.ts'
import { useDevnet } from './harness/use-devnet.ts'

const devnet = useDevnet()
const IDLE_MS = 30_000
/** What is left to do after the first block. */
const SETTLE_MS = 3_000

describe('an idle network', () => {
  it('makes no blocks and changes no views', async () => {
    await sleep(SETTLE_MS)
    const look = () => Promise.all(devnet().replicas.map(({ index }) => devnet().status(index)))
    const cpu = () => devnet().replicas.map(({ pid }) => cpuMsOf(pid))
    const [before, cpuBefore] = [await look(), cpu()]
    await sleep(IDLE_MS)
    const [after, cpuAfter] = [await look(), cpu()]
    const places = (statuses: typeof after) =>
      statuses.map(({ view, height, headHash }) => ({ view, height, headHash }))
    expect(places(after)).toEqual(places(before))
    expect(new Set(after.map(({ stateRoot }) => stateRoot)).size).toBe(1)
    const shares = cpuAfter.map((ms, index) => `${(((ms - (cpuBefore[index] ?? 0)) / IDLE_MS) * 100).toFixed(1)} %`)
    console.info(`CPU of a core while idle, by replica: ${shares.join(', ')}`)
  })
})
