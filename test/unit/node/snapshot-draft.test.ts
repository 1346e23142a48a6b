/** What an interrupted fetch has left, and what the next one makes of it. */
import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { utf8 } from '../../../src/base/bytes.ts'
import { keccak256 } from '../../../src/crypto/keccak.ts'
import { EMPTY_ACCOUNT } from '../../../src/ledger/account.ts'
import { WorldState } from '../../../src/ledger/world-state.ts'
import { type DraftPlaces, draftPlaces, openDraft } from '../../../src/node/snapshot/draft.ts'
import { MemoryStore } from '../../../src/storage/memory/memory-store.ts'
import { StateStore } from '../../../src/storage/state-store.ts'
import { cutPart } from '../../../src/sync/snapshot/cut-state.ts'
import type { SnapshotManifest } from '../../../src/sync/snapshot/snapshot-records.ts'
import { addressFromBytes } from '../../../src/types/ids.ts'
import { temporaryDirectory } from '../cli/cli-harness.ts'
import { manifest } from '../types/protocol-samples.ts'

const FETCH = { lanes: 4, isResumed: true }
const ACCOUNTS = 40
const PART_BYTES = 300

const world = WorldState.empty().with(
  new Map(
    Array.from({ length: ACCOUNTS }, (_, index) => [
      addressFromBytes(keccak256(utf8(`account ${index}`)).subarray(12)),
      { account: { ...EMPTY_ACCOUNT, balance: BigInt(index + 1) }, storage: new Map() },
    ]),
  ),
)
const { block } = manifest
const HEIGHT = 7

function manifestAfter(height: number): SnapshotManifest {
  return { ...manifest, block: { ...block, header: { ...block.header, height, stateRoot: world.root } } }
}

const source = ((): StateStore => {
  const store = new MemoryStore()
  const state = new StateStore(store)
  store.write(state.operations(HEIGHT, world.changesSince(WorldState.empty())))
  return state
})()

/** A fetch that gets as far as this many parts of its first lane. */
async function fetchParts(places: DraftPlaces, parts: number, height = HEIGHT, use = FETCH) {
  const lines: string[] = []
  const { state, store } = await openDraft(places, manifestAfter(height), use, (line) => lines.push(line))
  const accountsBefore = state.accountsCount
  for (let part = 0; part < parts; part++) {
    const request = state.wanted(0)
    if (request?.kind !== 'stateChunk') throw new Error('accounts come next')
    expect(state.take(0, cutPart(request.part, source, PART_BYTES)).ok).toBe(true)
  }
  await store.close()
  return { lines, accountsBefore, accounts: state.accountsCount }
}

it('is gone on with when it is of the state that is fetched', async () => {
  const places = draftPlaces(temporaryDirectory())
  const first = await fetchParts(places, 2)
  expect(first).toMatchObject({ lines: [], accountsBefore: 0 })
  const second = await fetchParts(places, 1)
  expect(second.accountsBefore).toBe(first.accounts)
  expect(second.accounts).toBeGreaterThan(first.accounts)
  expect(second.lines).toEqual([
    `going on behind ${first.accounts} accounts that an earlier fetch has proven and stored`,
  ])
})

it('is begun anew, and said to be, when peers give another state', async () => {
  const places = draftPlaces(temporaryDirectory())
  await fetchParts(places, 2)
  const { lines, accountsBefore } = await fetchParts(places, 1, HEIGHT + 1)
  expect(accountsBefore).toBe(0)
  expect(lines).toEqual([expect.stringContaining('beginning anew')])
  expect(await fetchParts(places, 0)).toMatchObject({ accountsBefore: 0, lines: [expect.stringContaining('anew')] })
})

it('is begun anew, and said to be, when it cannot be read', async () => {
  for (const damage of ['CURRENT', 'MANIFEST', '.log']) {
    const places = draftPlaces(temporaryDirectory())
    await fetchParts(places, 2)
    const name = readdirSync(places.state).find((file) => file.includes(damage)) ?? ''
    rmSync(join(places.state, name))
    const { accountsBefore, lines } = await fetchParts(places, 1)
    expect({ damage, accountsBefore }).toEqual({ damage, accountsBefore: 0 })
    expect(lines).toEqual([expect.stringContaining('beginning anew')])
  }
})

it('is nothing that a file goes on with', async () => {
  const places = draftPlaces(temporaryDirectory())
  await fetchParts(places, 2)
  writeFileSync(join(places.draft, 'more'), '')
  const { accountsBefore, lines } = await fetchParts(places, 0, HEIGHT, { ...FETCH, isResumed: false })
  expect({ accountsBefore, lines }).toEqual({ accountsBefore: 0, lines: [] })
  expect(existsSync(join(places.draft, 'more'))).toBe(false)
})
