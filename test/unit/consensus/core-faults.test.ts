// The world holds agreement, one statement a view, monotone records and the view rule after every event.
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { Committee } from './committee.ts'
import { CoreWorld } from './core-world.ts'

it('any losses and restarts break no invariant, and once they end everything is final and silent', () => {
  const disturbance = fc.record({
    lossPercent: fc.integer({ min: 0, max: 60 }),
    restarts: fc.array(fc.nat(3), { maxLength: 4 }),
    lastsMs: fc.integer({ min: 1, max: 3_000 }),
  })
  fc.assert(
    fc.property(
      fc.array(disturbance, { minLength: 1, maxLength: 6 }),
      fc.infiniteStream(fc.nat(99)),
      (disturbances, dice) => {
        const world = new CoreWorld(new Committee(4))
        world.start()
        for (const [index, { lossPercent, restarts, lastsMs }] of disturbances.entries()) {
          world.loses = () => dice.next().value < lossPercent
          world.submit(`transaction ${index}`)
          world.run(world.nowMs + lastsMs)
          for (const restarted of restarts) world.restart(restarted)
        }
        world.loses = () => false
        world.run()
        // Who restarted into the last losses learns of their end from the next block; between blocks the replica's
        // Status does that, which the core does not know.
        world.submit('in calm')
        world.run()
        for (const member of world.members) {
          expect(member.tip).toEqual(world.member(0).tip)
          expect(member.committed.flatMap(({ transactions }) => transactions)).toHaveLength(disturbances.length + 1)
        }
        expect(world.pendingTimers).toBe(0)
      },
    ),
    { numRuns: 60 },
  )
})
