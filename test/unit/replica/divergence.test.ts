/** What a replica that diverged writes down, and when (docs/operations.md, "Halted"). */
import { expect, it } from 'vitest'
import { resultAt } from '../../../src/replica/block-result.ts'
import { type Divergence, reportDivergence } from '../../../src/replica/divergence.ts'
import type { ReplicaNetwork, ReportedHalt } from '../../../src/replica/ports.ts'
import type { Block } from '../../../src/types/block.ts'
import { Committee } from '../consensus/committee.ts'
import { initialState, rulesWith } from '../ledger/fixtures.ts'

const NOBODY_ANSWERS_MS = 10_000
const [certified] = new Committee(4).chain(1) as [Block]
const state = initialState(rulesWith(), 2)

const NOBODY: ReplicaNetwork = {
  sendDirect: () => false,
  publish: () => undefined,
  request: () => undefined,
  connectedPeers: () => [],
  penalise: () => undefined,
}

interface Told {
  readonly at: 'once' | 'the end'
  readonly divergence: Readonly<Record<string, unknown>>
}

/** Nobody is connected, and time passes only when the replica waits for it. */
function told(divergence: Partial<Divergence>): readonly Told[] {
  const words: Told[] = []
  const read = (report: string) => (JSON.parse(report) as Pick<Told, 'divergence'>).divergence
  const timers: { readonly atMs: number; readonly callback: () => void }[] = []
  const ports = {
    network: NOBODY,
    clock: { monotonicMs: () => 0, wallMs: () => 0 },
    schedule: (atMs: number, callback: () => void) => {
      timers.push({ atMs, callback })
      return () => undefined
    },
    halting: ({ report }: ReportedHalt) => void words.push({ at: 'once', divergence: read(report) }),
  }
  const own = { ...resultAt(certified, state), executed: { state, stateRoot: state.root, receipts: [] } }
  reportDivergence({ reason: 'diverged', certificates: [], block: certified, own, ...divergence }, ports, (report) =>
    words.push({ at: 'the end', divergence: read(report) }),
  )
  for (const { atMs, callback } of timers) if (atMs >= NOBODY_ANSWERS_MS) callback()
  return words
}

it('tells both roots before it asks anybody, and the account when the answers are there', () => {
  const roots = { certifiedStateRoot: certified.header.stateRoot, ownStateRoot: state.root }
  expect(told({})).toMatchObject([
    {
      at: 'once',
      divergence: { ...roots, firstDifferingAccount: 'unknown: this replica ended while it asked the others' },
    },
    { at: 'the end', divergence: { ...roots, firstDifferingAccount: 'unknown: no peer answered in time' } },
  ])
})

it('says it all at once where there is nothing to ask', () => {
  expect(told({ own: undefined }).map(({ at }) => at)).toEqual(['the end'])
})
