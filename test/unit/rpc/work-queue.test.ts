import { describe, expect, it } from 'vitest'
import { WorkQueue } from '../../../src/rpc/work-queue.ts'

function burn(ms: number): void {
  const end = performance.now() + ms
  while (performance.now() < end);
}

describe('the work queue', () => {
  it('lets the loop turn between two jobs that use up their slice', async () => {
    const queue = new WorkQueue(10)
    let turns = 0
    let stopped = false
    const turn = () => {
      turns += 1
      if (!stopped) setImmediate(turn)
    }
    turn()
    const seen = await Promise.all(
      [1, 2, 3].map(() =>
        queue.run(() => {
          burn(6)
          return turns
        }),
      ),
    )
    stopped = true
    // It rests as long as it worked, so the loop turns many times, not just once.
    expect((seen[1] ?? 0) - (seen[0] ?? 0)).toBeGreaterThan(1)
    expect((seen[2] ?? 0) - (seen[1] ?? 0)).toBeGreaterThan(1)
  })

  it('settles as the job does, whether it answers, throws or waits', async () => {
    const queue = new WorkQueue(10)
    expect(await queue.run(() => 1)).toBe(1)
    expect(await queue.run(() => Promise.resolve(2))).toBe(2)
    const thrown = queue.run(() => {
      throw new TypeError('at once')
    })
    await expect(thrown).rejects.toThrow('at once')
    await expect(queue.run(() => Promise.reject(new TypeError('later')))).rejects.toThrow('later')
    expect(await queue.run(() => 3)).toBe(3)
  })

  it('runs a bounded number of jobs that wait, and the others after them', async () => {
    const queue = new WorkQueue(100)
    let running = 0
    let most = 0
    const job = async (index: number) => {
      running += 1
      most = Math.max(most, running)
      await new Promise((resolve) => setTimeout(resolve, 1))
      running -= 1
      return index
    }
    const all = await Promise.all(Array.from({ length: 20 }, (_, index) => queue.run(() => job(index))))
    expect(all).toEqual(Array.from({ length: 20 }, (_, index) => index))
    expect(most).toBe(4)
  })

  it('begins nothing any more once it is stopped, and ends what goes on at its next breath', async () => {
    const queue = new WorkQueue(10)
    let breaths = 0
    const running = queue.run(async () => {
      for (;;) {
        await queue.breathe(performance.now() - 6)
        breaths += 1
      }
    })
    await expect.poll(() => breaths).toBeGreaterThan(1)
    const waiting = queue.run(() => 'begun')
    queue.stop()
    // Both at once: which of them is refused first depends on how long the slice took.
    await Promise.all([waiting, running].map((job) => expect(job).rejects.toThrow('the server is stopping')))
  })
})
