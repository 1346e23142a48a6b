/** Which states a node keeps: the latest, and those at the ends of the last two epochs, which newcomers fetch. */
import { beforeAll, expect, it } from 'vitest'
import { defined } from '../../src/base/invariant.ts'
import type { Scenario } from '../../src/simulation/scenario.ts'
import { Simulator } from '../../src/simulation/simulate.ts'
import { STRATEGIES } from '../../src/simulation/strategies/all.ts'
import type { ChainStore } from '../../src/storage/chain-store.ts'
import { cutState } from '../../src/sync/snapshot/cut-state.ts'
import { MissingNodeError } from '../../src/trie/node-source.ts'
import type { Height } from '../../src/types/ids.ts'

const WINDOW_BLOCKS = 256
const EPOCH_BLOCKS = 200

const SCENARIO: Scenario = {
  seed: 1,
  nodes: 4,
  faultyMs: 60_000,
  calmMs: 15_000,
  link: { delayMsMin: 1, delayMsMean: 5, slowShare: 0, lossShare: 0, duplicateShare: 0, ordered: true },
  faults: [{ kind: 'crash', atMs: 40_000, node: 0, boundary: 3, downMs: 500 }],
  byzantine: [],
  clients: 4,
  thinkMs: 20,
  syncMsMean: 1,
  epochBlocks: EPOCH_BLOCKS,
}

let store: ChainStore

beforeAll(() => {
  const { failure } = new Simulator(STRATEGIES).run(SCENARIO, null, [
    { onEnd: (nodes) => (store = defined(nodes[0]?.chain?.store, 'a chain')) },
  ])
  expect(failure).toBeNull()
}, 240_000)

function isKept(height: Height): boolean {
  try {
    return [...cutState(defined(store.header(height), 'a header').stateRoot, store.stateSource)].length > 0
  } catch (error) {
    if (error instanceof MissingNodeError) return false
    throw error
  }
}

it('keeps the latest states, and those at the ends of the last two epochs, through a crash', () => {
  const tip = store.tip.header.height
  const { epoch } = store.tip.header.consensus
  const last = defined(store.newestEnd, 'an end').header.height
  const lastButOne = defined(store.epochEnd(epoch - 2), 'an end').header.height
  expect(epoch).toBeGreaterThanOrEqual(4)
  expect(lastButOne).toBeLessThan(tip - WINDOW_BLOCKS)
  expect([tip, tip - WINDOW_BLOCKS + 1, last, lastButOne, lastButOne + 1].filter((height) => !isKept(height))).toEqual(
    [],
  )
})

it('lets go of what came before, block by block', () => {
  const { epoch } = store.tip.header.consensus
  const pinned = defined(store.epochEnd(epoch - 2), 'an end').header.height
  const older = [1, Math.floor(pinned / 2), pinned - EPOCH_BLOCKS, pinned - 1]
  expect(older.filter((height) => height >= 1 && isKept(height))).toEqual([])
})

it('lets go of old states before any epoch has ended', () => {
  const { epochBlocks, ...endless } = SCENARIO
  expect(
    new Simulator(STRATEGIES).run({ ...endless, faultyMs: 10_000, faults: [] }, null, [
      { onEnd: (nodes) => (store = defined(nodes[0]?.chain?.store, 'a chain')) },
    ]).failure,
  ).toBeNull()
  expect(store.newestEnd).toBeUndefined()
  const tip = store.tip.header.height
  expect([1, tip - WINDOW_BLOCKS - 1, tip - WINDOW_BLOCKS].map(isKept)).toEqual([false, false, true])
}, 120_000)
