import { expect, it } from 'vitest'
import { PLANTED_BUGS, type PlantedBug } from '../../src/base/planted-bug.ts'
import { baitedScenario, catchBug } from '../../src/simulation/canaries.ts'
import { Simulator } from '../../src/simulation/simulate.ts'
import { STRATEGIES } from '../../src/simulation/strategies/all.ts'

/** Those that take many seeds are left to `npm run sim -- --canaries` and to the scenarios of regressions.json. */
const RARE: readonly PlantedBug[] = [
  'commit-after-timeout',
  'lock-forgotten',
  'own-block-taken-for-proof',
  'pending-blocks-forgotten',
  'torn-tail-kept',
]
const SEEDS = 40

it.each(PLANTED_BUGS.filter((bug) => !RARE.includes(bug)))(
  'the checkers find the planted bug %s',
  { timeout: 300_000 },
  (bug) => {
    const simulator = new Simulator(STRATEGIES)
    const seeds = Array.from({ length: SEEDS }, (_, index) => index + 1)
    const { seed } = catchBug(bug, seeds, (each) => simulator.run(baitedScenario(bug, each, 4)))
    expect(seed).not.toBeNull()
  },
)
