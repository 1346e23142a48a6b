// The simulator signs with tokens, for speed; what it finds holds for secp256k1 because tokens behave the same.
import { expect, it } from 'vitest'
import { createNativeRecoverer } from '../../src/node/crypto/native-recoverer.ts'
import { realCrypto } from '../../src/simulation/host/simulated-crypto.ts'
import { Simulator } from '../../src/simulation/simulate.ts'
import { STRATEGIES } from '../../src/simulation/strategies/all.ts'
import { scenarioFor } from './seeds.ts'

it.each([1, 2])('seed %i holds with real signatures', (seed) => {
  const simulator = new Simulator(STRATEGIES, realCrypto(createNativeRecoverer()))
  const { failure, receipts } = simulator.run(scenarioFor(seed))
  expect(failure).toBeNull()
  expect(receipts).toBeGreaterThan(0)
})
