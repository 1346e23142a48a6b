// Proposals that a lying leader may make: not its view, a certificate that proves nothing or hides a lock, a body
// too large. With real signatures.
import { describe, expect, it } from 'vitest'
import { createNativeRecoverer } from '../../../src/node/crypto/native-recoverer.ts'
import type { Block, Proposal } from '../../../src/types/block.ts'
import type { QuorumCertificate } from '../../../src/types/certificate.ts'
import { createEpochValidators, type EpochValidators } from '../../../src/validation/epoch-validators.ts'
import { Committee, namedHash } from '../consensus/committee.ts'

const committee = new Committee(4, { signed: true })
const otherNetwork = new Committee(4, { signed: true, network: 'other' })
const nextEpoch = new Committee(4, { signed: true, epoch: 2 })
const BYTES_MAX = 1_000

function judges(): EpochValidators {
  return createEpochValidators(
    {
      genesisHash: committee.genesisHash,
      validators: committee.set,
      rootHash: committee.rootHash,
      leaderOf: (view) => committee.leaderOf(view),
      bounds: { blockTransactionsMax: 3, blockBytesMax: BYTES_MAX },
    },
    createNativeRecoverer(),
  )
}

const [parent] = committee.chain(5).slice(-1) as [Block]
const justify = committee.qcOf(parent)
const happy = committee.block({ view: 6, parent, justify })
const tc = committee.tc(8, justify)
const afterTimeout = committee.block({ view: 9, parent, justify, tc })

function verdictOn(proposal: Proposal, judge = judges()): string {
  const judged = judge.proposals.proposal(proposal)
  return judged.ok ? 'valid' : judged.error.message
}
const verdictOnBlock = (block: Block): string => verdictOn(committee.proposal(block))
const broken = (qc: QuorumCertificate): QuorumCertificate => ({
  ...qc,
  signatures: [...qc.signatures.slice(0, -1), new Uint8Array(64).fill(1)],
})

describe('a proposal', () => {
  it('is valid on the QC of the view before, or on a TC of it', () => {
    expect(verdictOnBlock(happy)).toBe('valid')
    expect(verdictOnBlock(afterTimeout)).toBe('valid')
    expect(verdictOnBlock(committee.block({ view: 1, justify: committee.root }))).toBe('valid')
  })

  it('of another than the leader of its view is invalid', () => {
    for (const signer of [0, 1, 3])
      expect(verdictOn(committee.proposal(happy, signer))).toMatch('not signed by the leader')
  })

  it('with the signature of another block, view, epoch or network is invalid', () => {
    const { signature } = committee.proposal(afterTimeout)
    expect(verdictOn({ block: happy, signature })).toMatch('not signed')
    expect(verdictOn({ ...otherNetwork.proposal(happy) })).toMatch('not signed')
    const vote = committee.vote(committee.leaderOf(6), 6, happy.hash, 5)
    expect(verdictOn({ block: happy, signature: vote.signature })).toMatch('not signed')
    const foreign = nextEpoch.block({ view: 1, justify: nextEpoch.root })
    expect(verdictOn(nextEpoch.proposal(foreign))).toMatch('of epoch 2')
  })

  it('that names another proposer than the leader is invalid', () => {
    const { miner } = committee.block({ view: 7, justify }).header
    expect(verdictOnBlock(committee.block({ view: 6, parent, justify, header: { miner } }))).toMatch('another proposer')
  })

  it('on a QC below the one that its TC proves is invalid', () => {
    const [low] = committee.chain(3).slice(-1) as [Block]
    const block = committee.block({ view: 9, parent: low, justify: committee.qcOf(low), tc })
    expect(verdictOnBlock(block)).toMatch('not justified')
  })

  it('that skips a view without a TC, or carries a TC beside the QC of the view before, is invalid', () => {
    expect(verdictOnBlock(committee.block({ view: 7, parent, justify }))).toMatch('not justified')
    expect(verdictOnBlock(committee.block({ view: 6, parent, justify, tc: committee.tc(5, justify) }))).toMatch(
      'not justified',
    )
    for (const view of [8, 10])
      expect(verdictOnBlock(committee.block({ view, parent, justify, tc }))).toMatch('justified')
  })

  it('in view 0 is invalid', () => {
    expect(verdictOnBlock(committee.block({ view: 0, justify: committee.root }))).toMatch('not justified')
  })

  it('with a bad signature in its QC is invalid, though we own a good QC of that view', () => {
    const judge = judges()
    expect(judge.certificates.qc(justify).ok).toBe(true)
    expect(verdictOn(committee.proposal(happy), judge)).toBe('valid')
    const block = committee.block({ view: 6, parent, justify: broken(justify) })
    expect(verdictOn(committee.proposal(block), judge)).toMatch('without a quorum')
  })

  it('with a bad signature in its TC or in the QC of it is invalid, though we own a good TC of that view', () => {
    const judge = judges()
    expect(verdictOn(committee.proposal(afterTimeout), judge)).toBe('valid')
    const [first, second] = tc.entries
    const entries = [first, second, { ...first, signer: 2 }] as typeof tc.entries
    for (const bad of [
      { ...tc, entries },
      { ...tc, highQc: broken(justify) },
    ]) {
      const block = committee.block({ view: 9, parent, justify, tc: bad })
      expect(verdictOn(committee.proposal(block), judge)).toMatch(/bad signature|without a quorum/)
    }
  })

  it('whose header binds other certificates than it carries is invalid', () => {
    const wider = committee.qcOf(parent, committee.all)
    expect(verdictOn({ ...committee.proposal(happy), block: { ...happy, justify: wider } })).toMatch('another QC')
    for (const consensus of [{ justifyView: 4 }, { justifyDigest: namedHash('digest') }])
      expect(verdictOnBlock(committee.block({ view: 6, parent, justify, consensus }))).toMatch('another QC')
    const otherTc = committee.tc(8, justify, [1, 2, 3])
    expect(verdictOn({ ...committee.proposal(afterTimeout), block: { ...afterTimeout, tc: otherTc } })).toMatch(
      'another TC',
    )
    for (const tcDigest of [null, namedHash('digest')])
      expect(verdictOnBlock(committee.block({ view: 9, parent, justify, tc, consensus: { tcDigest } }))).toMatch(
        'another TC',
      )
  })

  it('on a QC for another block than its parent is invalid', () => {
    const block = committee.block({ view: 6, justify, header: { parentHash: namedHash('another parent') } })
    expect(verdictOnBlock(block)).toMatch('not justified')
  })

  it('of another epoch or validator set, or a suffix that ends an epoch or has transactions, is invalid', () => {
    const of = (consensus: Partial<Block['header']['consensus']>, transactions: readonly Uint8Array[] = []) =>
      verdictOnBlock(committee.block({ view: 6, parent, justify, consensus, transactions }))
    expect(of({ suffix: true })).toBe('valid')
    expect(of({ suffix: true }, [Uint8Array.of(1)])).toMatch('suffix')
    expect(of({ validatorsHash: namedHash('others') })).toMatch('another validator set')
    expect(of({ suffix: true, end: true })).toMatch('suffix')
    expect(judges().proposals.anchoredBlock(nextEpoch.block({ view: 1, justify: nextEpoch.root }))).toMatchObject({
      ok: false,
    })
  })

  it('is bounded in transactions and bytes, and its body is the one of its header', () => {
    const of = (transactions: readonly Uint8Array[]) => committee.block({ view: 6, parent, justify, transactions })
    expect(verdictOnBlock(of([1, 2, 3].map((byte) => Uint8Array.of(byte))))).toBe('valid')
    expect(verdictOnBlock(of([1, 2, 3, 4].map((byte) => Uint8Array.of(byte))))).toMatch('too many')
    expect(verdictOnBlock(of([new Uint8Array(BYTES_MAX)]))).toBe('valid')
    expect(verdictOnBlock(of([new Uint8Array(BYTES_MAX), Uint8Array.of(1)]))).toMatch('too large')
    const other = { ...happy, transactions: [Uint8Array.of(1)] }
    expect(verdictOn({ ...committee.proposal(happy), block: other })).toMatch('another body')
  })
})

describe('a fetched block', () => {
  it('is judged by form alone: its hash is vouched for by whoever asked', () => {
    const judge = judges()
    expect(judge.proposals.anchoredBlock(happy).ok).toBe(true)
    expect(judge.proposals.anchoredBlock({ ...happy, transactions: [Uint8Array.of(1)] }).ok).toBe(false)
    expect(judge.proposals.anchoredBlock({ ...happy, justify: committee.qcOf(parent, committee.all) }).ok).toBe(false)
    expect(judge.proposals.anchoredBlock({ ...afterTimeout, tc: null }).ok).toBe(false)
  })
})
