import { describe, expect, it } from 'vitest'
import { createNativeRecoverer } from '../../../src/node/crypto/native-recoverer.ts'
import { createEvidenceDesk } from '../../../src/replica/governance/create-evidence-desk.ts'
import type { HeldEvidence } from '../../../src/replica/governance/evidence-desk.ts'
import { EvidenceWatch } from '../../../src/replica/governance/evidence-watch.ts'
import { type Evidence, encodeEvidence } from '../../../src/types/evidence.ts'
import type { FaultModel } from '../../../src/types/fault-model.ts'
import type { Genesis } from '../../../src/types/genesis.ts'
import type { Address } from '../../../src/types/ids.ts'
import { ownStatement } from '../../../src/validation/own-statement.ts'
import { Committee, namedHash } from '../consensus/committee.ts'

const committee = new Committee(4, { signed: true })
const otherChain = new Committee(4, { signed: true, network: 'other' })
const nextEpoch = new Committee(4, { signed: true, epoch: 2 })
const doubleVote = (view: number, of = committee, signer = 2): Evidence => ({
  kind: 'doubleVote',
  first: of.vote(signer, view, namedHash('A')),
  second: of.vote(signer, view, namedHash('B')),
})
const doubleTimeout: Evidence = {
  kind: 'doubleTimeout',
  first: committee.timeout(2, 5, 3),
  second: committee.timeout(2, 5, 4),
}

function deskOf(faultModel: FaultModel = 'byzantine') {
  const published: Uint8Array[] = []
  const told: HeldEvidence[] = []
  const halts: string[] = []
  const settled: Address[] = []
  const desk = createEvidenceDesk(
    { genesis: { faultModel } as Genesis, genesisHash: committee.genesisHash },
    {
      network: { publish: (_, data) => published.push(data) },
      clock: { monotonicMs: () => 7 },
      verifier: createNativeRecoverer(),
      observer: { onEvidence: (held) => told.push(held) },
      judgedEpochs: {
        get: (epoch) =>
          epoch === committee.set.epoch ? { validators: committee.set.members, schedule: committee.all } : undefined,
        isSettled: (culprit) => settled.includes(culprit),
      },
      onHeld: () => undefined,
      halt: (_, report) => halts.push(report),
    },
  )
  return { desk, published, told, halts, settled }
}

describe('evidence that a node finds', () => {
  it('is held, told of and gossiped, once', () => {
    const { desk, published, told } = deskOf()
    for (let n = 0; n < 3; n++) desk.file(doubleVote(5))
    expect(told).toMatchObject([{ kind: 'doubleVote', view: 5, culprit: committee.set.at(2)?.address, heldSinceMs: 7 }])
    expect(published).toEqual([encodeEvidence(doubleVote(5))])
  })

  it('is repeated every ten seconds, for those who were not there', () => {
    const { desk, published } = deskOf()
    desk.file(doubleVote(5))
    for (let nowMs = 0; nowMs < 25_000; nowMs += 500) desk.repeat(nowMs)
    expect(published).toHaveLength(4)
  })

  it('that proves nothing is kept to itself', () => {
    const { desk, published, told } = deskOf()
    desk.file(doubleVote(5, otherChain))
    expect([published, told]).toEqual([[], []])
  })
})

describe('evidence from others', () => {
  it('is judged before it is passed on, and passed on once for each offence', () => {
    const { desk, told, published } = deskOf()
    expect(desk.receive(encodeEvidence(doubleVote(5)))).toBe('accept')
    expect(desk.receive(encodeEvidence(doubleVote(5)))).toBe('ignore')
    const { first, second } = doubleVote(5) as Extract<Evidence, { kind: 'doubleVote' }>
    expect(desk.receive(encodeEvidence({ kind: 'doubleVote', first: second, second: first }))).toBe('ignore')
    expect(desk.receive(encodeEvidence(doubleVote(5, otherChain)))).toBe('reject')
    expect(desk.receive(encodeEvidence({ kind: 'doubleVote', first, second: first }))).toBe('reject')
    expect(desk.receive(Uint8Array.of(1, 2, 3))).toBe('reject')
    expect([told.length, published.length]).toEqual([1, 0])
  })

  it('of an epoch that cannot be judged here costs its sender nothing', () => {
    expect(deskOf().desk.receive(encodeEvidence(doubleVote(5, nextEpoch)))).toBe('ignore')
  })

  it('against one validator is bounded, and leaves room for that against another', () => {
    const { desk, told } = deskOf()
    for (let view = 1; view <= 50; view++) desk.receive(encodeEvidence(doubleVote(view)))
    expect(told).toHaveLength(8)
    expect(desk.receive(encodeEvidence(doubleVote(5, committee, 1)))).toBe('accept')
  })
})

describe('in the crash model', () => {
  it('an equivocation, found or heard of, halts the node with the evidence', () => {
    const found = deskOf('crash')
    found.desk.file(doubleVote(5))
    const heard = deskOf('crash')
    heard.desk.receive(encodeEvidence(doubleVote(5)))
    for (const { halts } of [found, heard]) {
      expect(halts).toHaveLength(1)
      expect(JSON.parse(halts[0] ?? '')).toMatchObject({
        evidence: { kind: 'doubleVote', first: { view: 5, signer: 2 } },
      })
    }
  })

  it('so does one inside two certificates', () => {
    const { desk, halts } = deskOf('crash')
    const watch = new EvidenceWatch(
      1,
      { validators: committee.set.members, schedule: committee.all },
      (view) => committee.leaderOf(view),
      desk,
    )
    for (const name of ['A', 'B']) {
      const finality = ownStatement({ certificate: committee.commitQc(3, namedHash(name)), suffix: [] })
      watch.observe({ kind: 'finality', finality }, 4)
    }
    expect(halts.length).toBeGreaterThan(0)
  })

  it('what is no equivocation does not, nor does anything in the byzantine model', () => {
    const crash = deskOf('crash')
    crash.desk.file(doubleTimeout)
    const byzantine = deskOf()
    byzantine.desk.file(doubleVote(5))
    expect([crash.told.length, crash.halts, byzantine.halts]).toEqual([1, [], []])
  })
})

describe('a proposal that is refused', () => {
  const [parent] = committee.chain(1)
  if (parent === undefined) throw new Error('a parent')
  const [good, bad] = [null, committee.tc(1, committee.root)].map((tc) =>
    committee.block({ view: 2, parent, justify: committee.qcOf(parent), tc }),
  )
  if (good === undefined || bad === undefined) throw new Error('two blocks')
  const watched = () => {
    const world = deskOf()
    const judged = { validators: committee.set.members, schedule: committee.all }
    return { ...world, watch: new EvidenceWatch(1, judged, (view) => committee.leaderOf(view), world.desk) }
  }

  it('proves a bad header against its leader and its voters', () => {
    const { watch, told } = watched()
    watch.observe({ kind: 'vote', vote: ownStatement(committee.vote(3, 2, bad.hash, 1)) }, 2)
    watch.observeRefusedProposal(committee.proposal(bad))
    expect(told.map(({ kind }) => kind)).toEqual(['badHeader', 'voteForBadHeader'])
  })

  it('with a false signature proves nothing against its leader, nor does a good header', () => {
    const { watch, told } = watched()
    watch.observeRefusedProposal(committee.proposal(bad, 0))
    watch.observeRefusedProposal(committee.proposal(good))
    expect(told).toEqual([])
  })
})
