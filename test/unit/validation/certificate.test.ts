// What a liar may put into a certificate: false entries, signatures forged, repeated, or of another network,
// epoch, view or kind. With real signatures.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createNativeRecoverer } from '../../../src/node/crypto/native-recoverer.ts'
import type { CommitCertificate, QuorumCertificate, TimeoutCertificate } from '../../../src/types/certificate.ts'
import { amplification, type FaultModel, faultsTolerated, quorum } from '../../../src/types/fault-model.ts'
import { bitmapOf } from '../../../src/types/signer-bitmap.ts'
import { CertificateValidator } from '../../../src/validation/certificate.ts'
import { SignatureChecker } from '../../../src/validation/signature-checker.ts'
import { Committee, namedHash } from '../consensus/committee.ts'

const verifier = createNativeRecoverer()
const judgeOf = (committee: Committee): CertificateValidator =>
  new CertificateValidator(
    committee.set,
    committee.rootHash,
    new SignatureChecker(committee.genesisHash, committee.set, verifier),
  )

const four = new Committee(4, { signed: true })
const nine = new Committee(9, { signed: true })
const otherNetwork = new Committee(4, { signed: true, network: 'other' })
const nextEpoch = new Committee(4, { signed: true, epoch: 2 })
const BLOCK = namedHash('block')
const OTHER = namedHash('another block')

const verdictOn = {
  qc: (qc: QuorumCertificate, committee = four) => outcome(judgeOf(committee).qc(qc)),
  commit: (certificate: CommitCertificate, committee = four) =>
    outcome(judgeOf(committee).commitCertificate(certificate)),
  tc: (tc: TimeoutCertificate, committee = four) => outcome(judgeOf(committee).tc(tc)),
}

function outcome(result: ReturnType<CertificateValidator['qc' | 'commitCertificate' | 'tc']>): string {
  return result.ok ? 'valid' : `${result.error.code}/${result.error.verdict}`
}
const BAD = 'badCertificate/reject'

describe('the quorum', () => {
  // docs/consensus.md, "Numbers": t/q for n = 1 … 16.
  const TABLE: Readonly<Record<FaultModel, string>> = {
    byzantine: '0/1 0/2 0/3 1/3 1/4 1/5 2/5 2/6 2/7 3/7 3/8 3/9 4/9 4/10 4/11 5/11',
    crash: '0/1 0/2 1/2 1/3 2/3 2/4 3/4 3/5 4/5 4/6 5/6 5/7 6/7 6/8 7/8 7/9',
  }
  for (const model of ['byzantine', 'crash'] as const)
    it(`of the ${model} model is that of the table`, () => {
      const ns = Array.from({ length: 16 }, (_, index) => index + 1)
      expect(ns.map((n) => `${faultsTolerated(n, model)}/${quorum(n, model)}`).join(' ')).toBe(TABLE[model])
    })

  it('shares a correct replica with every other, and can be had without the faulty', () => {
    for (let n = 1; n <= 256; n++)
      for (const model of ['byzantine', 'crash'] as const) {
        const [t, q] = [faultsTolerated(n, model), quorum(n, model)]
        expect(2 * q - n).toBeGreaterThan(model === 'byzantine' ? t : 0)
        expect(q).toBeLessThanOrEqual(n - t)
        expect(amplification(n, model)).toBe(model === 'byzantine' ? t + 1 : 1)
      }
  })
})

describe('a QC', () => {
  const qc = four.qc(7, BLOCK)

  it('is valid with any quorum of votes, and with more', () => {
    for (const signers of [
      [0, 1, 2],
      [0, 2, 3],
      [1, 2, 3],
      [0, 1, 2, 3],
    ])
      expect(verdictOn.qc(four.qc(7, BLOCK, 6, signers))).toBe('valid')
    expect(verdictOn.qc(nine.qc(7, BLOCK, 6, [0, 1, 2, 4, 5, 7, 8]), nine)).toBe('valid')
  })

  it('is invalid with a vote less', () => {
    expect(verdictOn.qc(four.qc(7, BLOCK, 6, [0, 1]))).toBe(BAD)
    expect(verdictOn.qc(nine.qc(7, BLOCK, 6, [0, 1, 2, 3, 4, 5]), nine)).toBe(BAD)
    expect(verdictOn.qc(four.qc(7, BLOCK, 6, []))).toBe(BAD)
  })

  it('is invalid for another view, block or justify view than was signed', () => {
    for (const view of [8, 107, 6]) expect(verdictOn.qc({ ...qc, view })).toBe(BAD)
    expect(verdictOn.qc({ ...qc, blockHash: OTHER })).toBe(BAD)
    for (const justifyView of [5, 0]) expect(verdictOn.qc({ ...qc, justifyView })).toBe(BAD)
  })

  it('is invalid with a justify view that is not before its own, though a quorum signed it', () => {
    for (const justifyView of [7, 8]) expect(verdictOn.qc(four.qc(7, BLOCK, justifyView))).toBe(BAD)
  })

  it('of another network or epoch is invalid, whatever it calls itself', () => {
    expect(verdictOn.qc(otherNetwork.qc(7, BLOCK))).toBe(BAD)
    expect(verdictOn.qc(nextEpoch.qc(7, BLOCK))).toBe('otherEpoch/ignore')
    expect(verdictOn.qc({ ...nextEpoch.qc(7, BLOCK), epoch: 1 })).toBe(BAD)
  })

  it('made of commit votes or timeouts is invalid', () => {
    expect(verdictOn.qc({ ...qc, signatures: four.commitQc(7, BLOCK).signatures })).toBe(BAD)
    expect(verdictOn.qc({ ...qc, signatures: four.tc(7, four.root).entries.map((entry) => entry.signature) })).toBe(BAD)
  })

  it('is invalid with a bitmap of another width, or with a bit beyond the set', () => {
    expect(verdictOn.qc({ ...qc, bitmap: Uint8Array.of(0b111, 0) })).toBe(BAD)
    expect(verdictOn.qc({ ...qc, bitmap: new Uint8Array(0) })).toBe(BAD)
    expect(verdictOn.qc({ ...qc, bitmap: Uint8Array.of(0b1_0011) })).toBe(BAD)
    expect(verdictOn.qc({ ...nine.qc(7, BLOCK), bitmap: nine.qc(7, BLOCK).bitmap.subarray(0, 1) }, nine)).toBe(BAD)
  })

  it('is invalid when bits and signatures differ in number', () => {
    const { signatures } = four.qc(7, BLOCK, 6, four.all)
    expect(verdictOn.qc({ ...qc, signatures })).toBe(BAD)
    expect(verdictOn.qc({ ...qc, bitmap: bitmapOf(four.all, 4) })).toBe(BAD)
  })

  it('is invalid with one signature in the place of another, or repeated', () => {
    const [first, second, third] = qc.signatures as [Uint8Array, Uint8Array, Uint8Array]
    for (const signatures of [
      [second, first, third],
      [first, first, third],
      [first, second, second],
    ])
      expect(verdictOn.qc({ ...qc, signatures })).toBe(BAD)
  })

  it('is invalid when any one bit of it is flipped', () => {
    fc.assert(
      fc.property(fc.nat(qc.signatures.length - 1), fc.nat(511), (position, bit) => {
        const signatures = qc.signatures.map((signature) => signature.slice())
        const flipped = signatures[position] as Uint8Array
        flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7))
        expect(verdictOn.qc({ ...qc, signatures })).toBe(BAD)
      }),
      { numRuns: 100 },
    )
  })

  it('is judged by its own bytes, though a good one of its view was seen before', () => {
    const judge = judgeOf(four)
    expect(judge.qc(qc).ok).toBe(true)
    const signatures = [...qc.signatures.slice(0, 2), new Uint8Array(64).fill(1)]
    expect(judge.qc({ ...qc, signatures }).ok).toBe(false)
    expect(judge.qc({ ...qc, view: 8 }).ok).toBe(false)
    expect(judge.qc({ ...qc, justifyView: 5 }).ok).toBe(false)
  })

  it('of view 0 is the root of the epoch and nothing else', () => {
    expect(verdictOn.qc(four.root)).toBe('valid')
    expect(verdictOn.qc({ ...four.root, blockHash: OTHER })).toBe(BAD)
    expect(verdictOn.qc({ ...four.root, justifyView: 1 })).toBe(BAD)
    expect(verdictOn.qc({ ...four.root, bitmap: Uint8Array.of(0) })).toBe(BAD)
    expect(verdictOn.qc({ ...four.root, signatures: qc.signatures })).toBe(BAD)
    expect(verdictOn.qc({ ...four.qc(7, four.rootHash), view: 0 })).toBe(BAD)
    expect(verdictOn.qc(nextEpoch.root)).toBe('otherEpoch/ignore')
  })
})

describe('a CommitQC', () => {
  const certificate = four.commitQc(7, BLOCK)

  it('is valid with a quorum of commit votes, and invalid with one less', () => {
    expect(verdictOn.commit(certificate)).toBe('valid')
    expect(verdictOn.commit(four.commitQc(7, BLOCK, [0, 3]))).toBe(BAD)
  })

  it('made of votes is invalid', () => {
    expect(verdictOn.commit({ ...certificate, signatures: four.qc(7, BLOCK).signatures })).toBe(BAD)
  })

  it('is invalid for another view, block, network or epoch', () => {
    expect(verdictOn.commit({ ...certificate, view: 8 })).toBe(BAD)
    expect(verdictOn.commit({ ...certificate, blockHash: OTHER })).toBe(BAD)
    expect(verdictOn.commit(otherNetwork.commitQc(7, BLOCK))).toBe(BAD)
    expect(verdictOn.commit(nextEpoch.commitQc(7, BLOCK))).toBe('otherEpoch/ignore')
    expect(verdictOn.commit({ ...nextEpoch.commitQc(7, BLOCK), epoch: 1 })).toBe(BAD)
  })

  it('of view 0 is invalid', () => {
    expect(verdictOn.commit(four.commitQc(0, four.rootHash))).toBe(BAD)
  })

  it('is invalid with a bit without a signature', () => {
    expect(verdictOn.commit({ ...certificate, bitmap: bitmapOf(four.all, 4) })).toBe(BAD)
    expect(verdictOn.commit({ ...certificate, bitmap: Uint8Array.of(0b111, 0) })).toBe(BAD)
  })
})

describe('a TC', () => {
  const highQc = four.qc(5, BLOCK)
  const lowQc = four.qc(4, OTHER)
  const tc = four.tc(7, highQc)

  it('is valid with a quorum of timeouts and the highest QC that they name', () => {
    expect(verdictOn.tc(tc)).toBe('valid')
    expect(verdictOn.tc(four.tc(7, highQc, [1, 2, 3], { 1: 0, 2: 4 }))).toBe('valid')
    expect(verdictOn.tc(four.tc(7, four.root, four.all))).toBe('valid')
  })

  it('with an entry above its QC is invalid', () => {
    expect(verdictOn.tc(four.tc(7, highQc, [0, 1, 2], { 1: 6 }))).toBe(BAD)
  })

  it('with a lower QC swapped in is invalid: it would hide a lock', () => {
    expect(verdictOn.tc({ ...tc, highQc: lowQc })).toBe(BAD)
    expect(verdictOn.tc({ ...tc, highQc: four.root })).toBe(BAD)
  })

  it('with a QC above every entry is invalid', () => {
    expect(verdictOn.tc(four.tc(7, highQc, [0, 1, 2], { 0: 4, 1: 4, 2: 4 }))).toBe(BAD)
  })

  it('with a QC that does not hold is invalid', () => {
    expect(verdictOn.tc({ ...tc, highQc: { ...highQc, blockHash: OTHER } })).toBe(BAD)
    expect(verdictOn.tc({ ...tc, highQc: otherNetwork.qc(5, BLOCK) })).toBe(BAD)
    expect(verdictOn.tc({ ...tc, highQc: nextEpoch.qc(5, BLOCK) })).toBe('otherEpoch/ignore')
  })

  it('with a signer twice, out of order or unknown is invalid', () => {
    const [first, second, third] = tc.entries as [
      (typeof tc.entries)[0],
      (typeof tc.entries)[0],
      (typeof tc.entries)[0],
    ]
    for (const entries of [
      [first, second, second],
      [first, first, second, third],
      [first, third, second],
      [second, first, third],
    ])
      expect(verdictOn.tc({ ...tc, entries })).toBe(BAD)
    for (const signer of [-1, 4, 2 ** 32, Number.NaN, 1.5])
      expect(verdictOn.tc({ ...tc, entries: [first, second, { ...third, signer }] })).toBe(BAD)
  })

  it('with a timeout less is invalid', () => {
    expect(verdictOn.tc(four.tc(7, highQc, [0, 1]))).toBe(BAD)
    expect(verdictOn.tc({ ...tc, entries: [] })).toBe(BAD)
  })

  it('with an entry that names its own view or a later one is invalid', () => {
    for (const view of [7, 8]) {
      const named = four.qc(view, BLOCK)
      expect(verdictOn.tc(four.tc(7, named))).toBe(BAD)
    }
  })

  it('of another view, epoch or network than was signed is invalid', () => {
    for (const view of [6, 8]) expect(verdictOn.tc({ ...tc, view })).toBe(BAD)
    expect(verdictOn.tc(nextEpoch.tc(7, nextEpoch.root))).toBe('otherEpoch/ignore')
    const entries = [...tc.entries.slice(0, 2), ...nextEpoch.tc(7, highQc).entries.slice(2)]
    expect(verdictOn.tc({ ...tc, entries })).toBe(BAD)
    expect(verdictOn.tc({ ...tc, entries: otherNetwork.tc(7, highQc).entries })).toBe(BAD)
  })

  it('with an entry that was signed for another QC view is invalid', () => {
    const entries = tc.entries.map((entry, index) => (index === 1 ? { ...entry, highQcView: 4 } : entry))
    expect(verdictOn.tc({ ...tc, entries })).toBe(BAD)
  })
})
