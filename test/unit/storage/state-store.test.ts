/** What is kept of states, and how much goes at a time. */
import { expect, it } from 'vitest'
import { EMPTY_BYTES } from '../../../src/base/bytes.ts'
import type { CreatedStateNode, StateChanges } from '../../../src/ledger/state-source.ts'
import { MemoryStore } from '../../../src/storage/memory/memory-store.ts'
import { StateStore } from '../../../src/storage/state-store.ts'

const HEIGHTS = 10

it('lets go of a few heights a call, however many have come to be due: blocks wait for it', () => {
  const store = new MemoryStore()
  const state = new StateStore(store)
  const nodes = Array.from({ length: HEIGHTS + 1 }, (_, height) => ({
    owner: EMPTY_BYTES,
    path: EMPTY_BYTES,
    hash: new Uint8Array(32).fill(height),
  }))
  for (const [height, node] of nodes.entries()) {
    const created = [{ ...node, encoding: Uint8Array.of(1) }]
    store.write([...state.operations(height, { created, stale: nodes.slice(height - 1, height), code: new Map() })])
  }
  const kept = () => nodes.filter(({ owner, path, hash }) => state.node(owner, path, hash) !== undefined).length
  const all = kept()
  const left: number[] = []
  for (let call = 0; call < 4; call++) {
    for (const _ of state.pruneTo(HEIGHTS, 1));
    left.push(all - kept())
  }
  expect(left).toEqual([4, 8, HEIGHTS, HEIGHTS])
})

it('keeps a node that was left behind and has come again since', () => {
  const store = new MemoryStore()
  const state = new StateStore(store)
  const [gone, back] = [1, 2].map((fill) => ({
    owner: EMPTY_BYTES,
    path: EMPTY_BYTES,
    hash: new Uint8Array(32).fill(fill),
    encoding: Uint8Array.of(fill),
  })) as [CreatedStateNode, CreatedStateNode]
  const change = (created: CreatedStateNode, stale: CreatedStateNode[] = []): StateChanges => ({
    created: [created],
    stale,
    code: new Map(),
  })
  for (const [height, changes] of [change(back), change(gone, [back]), change(back, [gone])].entries())
    store.write(state.operations(height, changes))
  for (const _ of state.pruneTo(2, 0));
  expect([gone, back].map(({ owner, path, hash }) => state.node(owner, path, hash)?.[0])).toEqual([undefined, 2])
})
