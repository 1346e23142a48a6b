import { describe, expect, it, vi } from 'vitest'
import { defined } from '../../../src/base/invariant.ts'
import { Core } from '../../../src/consensus/core.ts'
import type { Event } from '../../../src/consensus/events.ts'
import { type DirectMessage, decodeDirect, encodeDirect } from '../../../src/network/messages.ts'
import type { PeerId } from '../../../src/network/port.ts'
import { createNativeRecoverer } from '../../../src/node/crypto/native-recoverer.ts'
import { Inbound } from '../../../src/replica/inbound.ts'
import type { Block } from '../../../src/types/block.ts'
import type { QuorumCertificate } from '../../../src/types/certificate.ts'
import { freshSafetyRecord } from '../../../src/types/safety-record.ts'
import { createEpochValidators } from '../../../src/validation/epoch-validators.ts'
import { ownStatement } from '../../../src/validation/own-statement.ts'
import { Committee, namedHash, START_MS } from '../consensus/committee.ts'
import { PARAMETERS } from '../consensus/core-world.ts'

const committee = new Committee(4, { signed: true })
const PEER = 'peer' as PeerId
const DRIFT_MS = 1_000
const FORGOTTEN_VIEWS = 64

function world() {
  const core = new Core(
    { validators: committee.set, self: 0, schedule: committee.all, parameters: PARAMETERS },
    {
      record: ownStatement(freshSafetyRecord(1, committee.root)),
      root: ownStatement(committee.root),
      committed: { hash: committee.rootHash, height: 0, view: 0 },
      commitCertificate: null,
      blocks: [],
    },
  )
  const judges = createEpochValidators(
    {
      genesisHash: committee.genesisHash,
      validators: committee.set,
      rootHash: committee.rootHash,
      leaderOf: (view) => committee.leaderOf(view),
      bounds: { blockTransactionsMax: 10, blockBytesMax: 10_000 },
    },
    createNativeRecoverer(),
  )
  const events: Event[] = []
  const penalties: string[] = []
  const refused: string[] = []
  const later: { delayMs: number; callback: () => void }[] = []
  const judge = vi.spyOn(judges.proposals, 'proposal')
  const inbound = new Inbound({
    epoch: 1,
    core,
    decode: decodeDirect,
    ...judges,
    onOtherEpoch: () => undefined,
    onEpochEnd: () => undefined,
    onDivergence: () => undefined,
    feed: (event) => {
      events.push(event)
      core.handle(event, 0)
    },
    onTransactions: () => {},
    onStatus: () => {},
    onRefusedProposal: ({ block }) => refused.push(block.hash),
    onRefusedTimeout: ({ signer, highQcView }) => refused.push(`timeout of ${signer} at ${highQcView}`),
    onCertificates: () => {},
    onCertificatesWanted: () => {},
    penalise: (_, __, reason) => penalties.push(reason),
    wallMs: () => START_MS,
    clockDriftMsMax: DRIFT_MS,
    later: (delayMs, callback) => later.push({ delayMs, callback }),
  })
  const receive = (message: DirectMessage): void => inbound.receive(PEER, encodeDirect(message))
  return { core, judge, inbound, events, penalties, refused, later, receive }
}

const blockAt = (earlyMs: number, name = ''): Block =>
  committee.block({
    view: 1,
    justify: committee.root,
    header: { stateRoot: namedHash(name) },
    consensus: { timeMs: START_MS + DRIFT_MS + earlyMs },
  })
const certificate = (highQc: QuorumCertificate): Event => ({
  kind: 'certificates',
  bundle: ownStatement({ epoch: 1, highQc, tc: null, commitCertificate: null }),
})
const proposed = (block: Block): DirectMessage => ({ kind: 'proposal', proposal: committee.proposal(block) })

describe('a proposal from the future', () => {
  it('waits for its time, and is taken then', () => {
    const { events, later, receive } = world()
    receive(proposed(blockAt(0)))
    expect(events).toHaveLength(1)
    receive(proposed(blockAt(700)))
    expect(events).toHaveLength(1)
    expect(later.map(({ delayMs }) => delayMs)).toEqual([700])
    later[0]?.callback()
    expect(events).toHaveLength(2)
  })

  it('too far ahead is dropped, and those that wait are bounded; nobody is blamed for a clock', () => {
    const { events, later, penalties, receive } = world()
    receive(proposed(blockAt(10_001)))
    expect(later).toEqual([])
    for (let n = 0; n < 20; n++) receive(proposed(blockAt(100, String(n))))
    expect(later).toHaveLength(8)
    expect([events, penalties]).toEqual([[], []])
  })

  it('comes no sooner inside a timeout, which counts all the same', () => {
    for (const earlyMs of [700, 2 ** 50]) {
      const { events, later, receive } = world()
      const proposal = committee.proposal(blockAt(earlyMs))
      receive({ kind: 'timeout', message: committee.timeoutMessage(2, 1, committee.root, { proposal }) })
      expect(events).toMatchObject([{ kind: 'timeout', message: { timeout: { signer: 2 }, proposal: null } }])
      expect(later).toHaveLength(earlyMs === 700 ? 1 : 0)
      later[0]?.callback()
      expect(events.slice(1).map(({ kind }) => kind)).toEqual(earlyMs === 700 ? ['proposal'] : [])
    }
    const { events, receive } = world()
    const proposal = committee.proposal(blockAt(0))
    receive({ kind: 'timeout', message: committee.timeoutMessage(2, 1, committee.root, { proposal }) })
    expect(events).toMatchObject([{ kind: 'timeout', message: { proposal: { signature: proposal.signature } } }])
  })
})

describe('what a validator sends', () => {
  it('reaches the core only when it holds, and costs its sender score when it does not', () => {
    const { inbound, events, penalties, refused, receive } = world()
    const hash = namedHash('block')
    receive({ kind: 'vote', vote: { ...committee.vote(1, 1, hash, 0), view: 2 } })
    receive({ kind: 'commitVote', vote: { ...committee.commitVote(1, 1, hash), signer: 2 } })
    receive({ kind: 'proposal', proposal: committee.proposal(blockAt(0), 3) })
    const highQc = { ...committee.qc(5, hash), view: 6 }
    receive({ kind: 'certificates', bundle: { epoch: 1, highQc, tc: null, commitCertificate: null } })
    receive({ kind: 'timeout', message: { ...committee.timeoutMessage(1, 7, highQc) } })
    inbound.receive(PEER, Uint8Array.of(77))
    expect(events).toEqual([])
    expect(penalties).toHaveLength(6)
    expect(refused).toEqual([blockAt(0).hash, 'timeout of 1 at 6'])
    receive({ kind: 'vote', vote: committee.vote(1, 1, hash, 0) })
    expect(events).toHaveLength(1)
  })

  it('is taken once', () => {
    const { events, receive } = world()
    for (let n = 0; n < 5; n++) receive({ kind: 'vote', vote: committee.vote(1, 1, namedHash('block'), 0) })
    expect(events).toHaveLength(1)
  })

  it('is not judged when it is a proposal that is known, or of a view that has long been final', () => {
    const { core, events, judge, receive } = world()
    receive(proposed(blockAt(0)))
    for (let n = 0; n < 5; n++) receive(proposed(blockAt(0)))
    expect([judge.mock.calls.length, events.length]).toEqual([1, 1])
    const chain = committee.chain(FORGOTTEN_VIEWS + 3)
    const last = defined(chain.at(-1), 'the last block')
    core.handle({ kind: 'blocks', blocks: chain.map((block) => ownStatement(block)) }, 0)
    for (const { hash } of chain) core.handle({ kind: 'executed', hash, valid: true, reason: '' }, 0)
    const finality = ownStatement({ certificate: committee.commitQcOf(last), suffix: [] })
    core.handle({ kind: 'finality', finality }, 0)
    core.handle(certificate(committee.qcOf(last)), 0)
    expect(core.tip.hash).toBe(last.hash)
    receive(proposed(blockAt(0, 'a rival of long ago')))
    receive(proposed(last))
    expect([judge.mock.calls.length, events.length]).toEqual([1, 1])
  })

  it('is judged and observed when it is another proposal of a view that was made final of late', () => {
    const { core, events, judge, receive } = world()
    receive(proposed(blockAt(0)))
    core.handle({ kind: 'executed', hash: blockAt(0).hash, valid: true, reason: '' }, 0)
    const finality = ownStatement({ certificate: committee.commitQcOf(blockAt(0)), suffix: [] })
    core.handle({ kind: 'finality', finality }, 0)
    expect(core.tip.hash).toBe(blockAt(0).hash)
    receive(proposed(blockAt(0, 'a rival')))
    expect([judge.mock.calls.length, events.length]).toEqual([2, 2])
  })

  it('is not judged when it is a vote of a view that is far ahead', () => {
    const { events, penalties, receive } = world()
    const hash = namedHash('block')
    for (const view of [10, 2 ** 30]) {
      receive({ kind: 'vote', vote: { ...committee.vote(1, view, hash, 0), signer: 2 } })
      receive({ kind: 'commitVote', vote: { ...committee.commitVote(1, view, hash), signer: 2 } })
    }
    expect([events, penalties]).toEqual([[], []])
    receive({ kind: 'vote', vote: committee.vote(1, 9, hash, 0) })
    receive({ kind: 'commitVote', vote: committee.commitVote(1, 9, hash) })
    expect(events).toHaveLength(2)
  })

  it('of a certificate that would advance nothing is not even checked', () => {
    const { events, penalties, receive } = world()
    const highQc = { ...committee.root, blockHash: namedHash('lie') }
    receive({ kind: 'certificates', bundle: { epoch: 1, highQc, tc: null, commitCertificate: null } })
    expect([events, penalties]).toEqual([[], []])
  })
})
