// One of four votes but keeps its commit votes to itself while another is away: nothing becomes final, certificates go on.
import { expect, it } from 'vitest'
import { anyOperation } from '../../src/simulation/clients/client-operations.ts'
import { Random } from '../../src/simulation/random.ts'
import type { Scenario } from '../../src/simulation/scenario.ts'
import { Simulator } from '../../src/simulation/simulate.ts'
import { withholdCommits } from '../../src/simulation/strategies/withhold-commits.ts'
import type { Strategy } from '../../src/simulation/strategy.ts'
import type { World } from '../../src/simulation/world.ts'

const AWAY_MS = 120_000
const SCENARIO: Scenario = {
  seed: 1,
  nodes: 4,
  faultyMs: AWAY_MS + 8_000,
  calmMs: 30_000,
  link: { delayMsMin: 1, delayMsMean: 2, slowShare: 0, lossShare: 0, duplicateShare: 0, ordered: true },
  faults: [{ kind: 'crash', atMs: 2_000, node: 3, boundary: 1, downMs: AWAY_MS }],
  byzantine: [{ node: 0, strategy: 'withhold-commits' }],
  clients: 0,
  thinkMs: 100,
  syncMsMean: 1,
  schedule: [0, 1, 2],
}
const NONCES = 64
const EACH_MS = 40

/** Clients that do not wait for receipts, so that there is work all the time. */
function load({ genesis, scheduler, nodes }: World): void {
  const { clients, genesis: document } = genesis
  const random = new Random(7, 'load')
  for (let nonce = 0; nonce < NONCES; nonce++)
    for (const [index, identity] of clients.entries())
      scheduler.at((4_000 + EACH_MS * (nonce * clients.length + index)) * 1_000, () => {
        const { envelope } = anyOperation(identity, nonce, { random, chainId: document.chainId, clients, balance: 1n })
        nodes[1]?.submit(envelope, () => undefined)
      })
}

it('is short enough for who was away to make it final, and its blocks wait for no more than a few view timeouts', () => {
  let nowMs = (): number => 0
  const loaded: Strategy = (world, node) => {
    nowMs = () => world.scheduler.nowMs
    load(world)
    return withholdCommits(world, node)
  }
  const enteredMs: number[] = []
  let most = 0
  const { failure, heights } = new Simulator(new Map([['withhold-commits', loaded]])).run(SCENARIO, null, [
    {
      onStep: (node, _event, effects) => {
        if (node.index !== 1) return
        most = Math.max(most, node.replica?.core.held['blocks'] ?? 0)
        if (effects.some(({ kind }) => kind === 'viewEntered')) enteredMs.push(nowMs())
      },
    },
  ])
  expect(failure).toBeNull()
  expect(Math.min(...heights)).toBeGreaterThan(8)
  expect(most).toBeLessThanOrEqual(128)
  const whileAway = enteredMs.filter((atMs) => atMs > 4_000 && atMs < AWAY_MS)
  const pausesMs = whileAway.slice(1).map((atMs, index) => atMs - (whileAway[index] ?? 0))
  expect(Math.max(...pausesMs)).toBeLessThan(5 * 3_000)
})
