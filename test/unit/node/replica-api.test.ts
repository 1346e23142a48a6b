/** Which states a node says that it has. */
import { expect, it } from 'vitest'
import type { CallRequest } from '../../../src/node/node-api.ts'
import { ReplicaApi, type ReplicaApiParts } from '../../../src/node/replica-api.ts'
import { ZERO_ADDRESS } from '../../../src/types/ids.ts'

const CALL: CallRequest = {
  from: ZERO_ADDRESS,
  to: null,
  value: 0n,
  data: new Uint8Array(0),
  accessList: [],
  gasLimit: 0,
}

/** Of headers it has them all: where epochs ended those from before a snapshot are kept. */
function nodeWith(head: number, historyFrom: number): ReplicaApi {
  const store = {
    historyFrom,
    tip: { header: { height: head } },
    header: (height: number) => ({ height }),
    stateAt: () => ({}),
  }
  return new ReplicaApi({ store, config: { genesis: {} } } as unknown as ReplicaApiParts)
}

it.each([
  { head: 1_000, historyFrom: 1, oldest: 745 },
  { head: 1_000, historyFrom: 900, oldest: 900 },
  { head: 1_000, historyFrom: 500, oldest: 745 },
  { head: 100, historyFrom: 60, oldest: 60 },
])(
  'names the oldest state that is kept: $oldest of $head blocks from $historyFrom on',
  ({ head, historyFrom, oldest }) => {
    const node = nodeWith(head, historyFrom)
    const message = `missing trie node: state pruned, the oldest kept is of block ${oldest}`
    const refused = { ok: false, error: { code: 'statePruned', message } }
    for (const height of [oldest - 1, 0]) {
      expect(node.stateAt(height)).toMatchObject(refused)
      expect(node.call(height, CALL)).toMatchObject(refused)
    }
    expect(node.stateAt(oldest).ok).toBe(true)
  },
)

it('has the state of genesis while it is in the window', () => {
  expect(nodeWith(100, 1).stateAt(0).ok).toBe(true)
})
