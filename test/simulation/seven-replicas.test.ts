import { it } from 'vitest'
import { expectToHold, scenarioFor } from './seeds.ts'

it('seven replicas keep every invariant under random faults and lies', () => {
  for (let seed = 1001; seed <= 1004; seed++) expectToHold(scenarioFor(seed, 7))
})
