import { describe, expect, it } from 'vitest'
import { SimulatedDisk } from '../../src/simulation/host/simulated-disk.ts'
import { SimulatedStore } from '../../src/simulation/host/simulated-store.ts'
import { WallClock } from '../../src/simulation/host/wall-clock.ts'
import { Random } from '../../src/simulation/random.ts'
import { Scheduler } from '../../src/simulation/scheduler.ts'
import { expectToHold, scenarioFor } from './seeds.ts'

describe('virtual time', () => {
  it('runs events by time, those of one time in the order in which they were asked for', () => {
    const scheduler = new Scheduler()
    const random = new Random(1, 'test')
    const expected: [number, number][] = []
    const ran: [number, number][] = []
    for (let index = 0; index < 500; index++) {
      const atUs = random.below(50)
      expected.push([atUs, index])
      scheduler.at(atUs, () => ran.push([scheduler.nowUs, index]))
    }
    while (scheduler.step(1_000));
    expect(ran).toEqual(expected.sort((a, b) => a[0] - b[0] || a[1] - b[1]))
  })

  it('leaves out what was cancelled, and goes on to the time asked for', () => {
    const scheduler = new Scheduler()
    const ran: string[] = []
    const cancelled = scheduler.at(5, () => ran.push('cancelled'))
    scheduler.at(6, () => ran.push('kept'))
    cancelled.action = null
    while (scheduler.step(100));
    expect([ran, scheduler.nowUs]).toEqual([['kept'], 100])
  })
})

describe('the clock of a machine', () => {
  it('is wrong by its offset, and by its drift from when it was set', () => {
    const clock = new WallClock(1_000)
    expect(clock.wallMs(20)).toBe(1_020)
    clock.set(100, -30, 500_000)
    expect([clock.wallMs(100), clock.wallMs(200)]).toEqual([1_070, 1_220])
    clock.set(200, 0, 0)
    expect(clock.wallMs(300)).toBe(1_300)
  })

  it('shows in the blocks that it dates', () => {
    const clock = { kind: 'clock', atMs: 0, node: 0, offsetMs: 0, driftPpm: 20_000 } as const
    const drifting = { ...scenarioFor(1), faults: [clock] }
    const exact = { ...drifting, faults: [{ ...clock, driftPpm: 0 }] }
    expect(expectToHold(drifting).traceHash).not.toBe(expectToHold(exact).traceHash)
  })
})

describe('randomness', () => {
  it('has a stream for each purpose, each the same for the same seed', () => {
    const draw = (seed: number, purpose: string): number[] => {
      const random = new Random(seed, purpose)
      return Array.from({ length: 4 }, () => random.uint32())
    }
    expect(draw(1, 'disk')).toEqual(draw(1, 'disk'))
    expect(draw(1, 'disk')).not.toEqual(draw(1, 'network'))
    expect(draw(1, 'disk')).not.toEqual(draw(2, 'disk'))
    expect(draw(2 ** 40, 'disk')).not.toEqual(draw(0, 'disk'))
  })

  it('draws fractions evenly', () => {
    const random = new Random(7, 'test')
    const buckets = new Array<number>(10).fill(0)
    for (let index = 0; index < 100_000; index++) {
      const bucket = random.below(10)
      buckets[bucket] = (buckets[bucket] ?? 0) + 1
    }
    for (const count of buckets) expect(Math.abs(count - 10_000)).toBeLessThan(600)
  })
})

function diskOf(seed: number) {
  const waiting: (() => void)[] = []
  const disk = new SimulatedDisk({
    random: new Random(seed, 'disk'),
    after: (_, action) => waiting.push(action),
    boundary: () => undefined,
    syncUs: () => 1,
  })
  const settle = (): void => {
    for (const action of waiting.splice(0)) action()
  }
  return { disk, settle }
}

describe('a simulated disk', () => {
  it('keeps what was synced through every crash', () => {
    for (let seed = 0; seed < 200; seed++) {
      const { disk, settle } = diskOf(seed)
      disk.create('a')
      disk.append('a', Uint8Array.of(1, 2, 3))
      disk.sync('a', () => undefined)
      disk.syncDirectory(() => undefined)
      settle()
      disk.append('a', Uint8Array.of(4, 5, 6))
      disk.crash()
      expect([...disk.read('a', 0, 3)]).toEqual([1, 2, 3])
    }
  })

  it('keeps, loses and tears what was not synced, and forgets names', () => {
    const outcomes = new Set<string>()
    for (let seed = 0; seed < 300; seed++) {
      const { disk, settle } = diskOf(seed)
      disk.create('a', 4)
      disk.sync('a', () => undefined)
      disk.syncDirectory(() => undefined)
      settle()
      disk.overwrite('a', 0, Uint8Array.of(1, 1, 1, 1))
      disk.create('b')
      disk.crash()
      outcomes.add(disk.read('a').join(''))
      outcomes.add(disk.list().join(''))
    }
    expect([...outcomes]).toEqual(expect.arrayContaining(['0000', '1111', '1100', 'a', 'ab']))
  })

  it('fails the syncs of a broken disk', () => {
    const { disk, settle } = diskOf(1)
    disk.create('a')
    disk.isBroken = true
    let code = ''
    disk.sync('a', (failure) => {
      code = failure?.code ?? 'synced'
    })
    settle()
    expect(code).toBe('EIO')
  })
})

describe('a simulated store', () => {
  it('loses a run of the newest batches in a crash, each as a whole', () => {
    const lengths = new Set<number>()
    for (let seed = 0; seed < 100; seed++) {
      const store = new SimulatedStore(new Random(seed, 'store'), () => undefined)
      for (let batch = 0; batch < 5; batch++)
        store.write([
          { type: 'put', key: Uint8Array.of(0, batch), value: Uint8Array.of(batch) },
          { type: 'put', key: Uint8Array.of(1), value: Uint8Array.of(batch) },
        ])
      store.crash()
      const kept = [0, 1, 2, 3, 4].filter((batch) => store.get(Uint8Array.of(0, batch)) !== undefined)
      expect(kept).toEqual(Array.from({ length: kept.length }, (_, index) => index))
      expect(store.get(Uint8Array.of(1))?.[0]).toBe(kept.at(-1))
      lengths.add(kept.length)
    }
    expect(lengths.size).toBeGreaterThan(3)
  })
})
