import { execFileSync } from 'node:child_process'
import { expect, it } from 'vitest'
import { OWN_WORK } from '../../src/replica/shared-work.ts'
import { sharedWork } from '../../src/simulation/host/run-work.ts'
import { TokenCrypto } from '../../src/simulation/host/simulated-crypto.ts'
import { Simulator } from '../../src/simulation/simulate.ts'
import { STRATEGIES } from '../../src/simulation/strategies/all.ts'
import { expectToHold, scenarioFor } from './seeds.ts'

/** Its set changes: there are keys that other runs do not have. */
const SEED = 12

it('does the same in every run of a seed, and something else in another', () => {
  const first = expectToHold(scenarioFor(SEED))
  expect(expectToHold(scenarioFor(SEED)).traceHash).toBe(first.traceHash)
  expect(expectToHold(scenarioFor(SEED + 1)).traceHash).not.toBe(first.traceHash)
})

it('does the same whatever ran before it in the process', () => {
  const scenario = scenarioFor(SEED)
  const first = new Simulator(STRATEGIES, new TokenCrypto()).run(scenario)
  const crypto = new TokenCrypto()
  for (let client = 0; client < 40; client++) crypto.identity(`somebody ${client}`)
  const later = new Simulator(STRATEGIES, crypto)
  later.run(scenarioFor(1))
  expect(later.run(scenario).traceHash).toBe(first.traceHash)
})

it('does the same in another process, with other hash seeds, another heap, another time zone and language', () => {
  const program = ['--import', './scripts/typescript.js', 'scripts/sim/main.ts', '--replay', String(SEED)]
  const flags = ['--hash-seed=7', '--max-semi-space-size=2']
  const env = { ...process.env, TZ: 'Pacific/Apia', LANG: 'tr_TR.UTF-8', LC_ALL: 'tr_TR.UTF-8' }
  const output = execFileSync(process.execPath, [...flags, ...program], { encoding: 'utf8', env })
  expect(output).toContain(`trace hash ${expectToHold(scenarioFor(SEED)).traceHash}`)
})

it('does the same whether replicas share the work that they do alike or each works for itself', () => {
  const together = new Simulator(STRATEGIES, new TokenCrypto(), (_seed, genesis) => sharedWork(genesis))
  const alone = new Simulator(STRATEGIES, new TokenCrypto(), () => OWN_WORK)
  for (let seed = 1; seed <= 12; seed++) {
    const scenario = scenarioFor(seed)
    expect(together.run(scenario).traceHash).toBe(alone.run(scenario).traceHash)
  }
})
