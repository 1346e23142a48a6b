// Votes, timeouts and certificates that were altered, or replayed from another network, epoch, view or kind.
// With real signatures.
import { describe, expect, it } from 'vitest'
import type { Result } from '../../../src/base/result.ts'
import { createNativeRecoverer } from '../../../src/node/crypto/native-recoverer.ts'
import type { Block } from '../../../src/types/block.ts'
import type { CertificateBundle, TimeoutMessage } from '../../../src/types/consensus-message.ts'
import type { ConsensusMessageValidator, MessageRejection } from '../../../src/validation/consensus-message.ts'
import { createEpochValidators } from '../../../src/validation/epoch-validators.ts'
import { Committee, namedHash } from '../consensus/committee.ts'

const committee = new Committee(4, { signed: true })
const otherNetwork = new Committee(4, { signed: true, network: 'other' })
const nextEpoch = new Committee(4, { signed: true, epoch: 2 })
const BLOCK = namedHash('block')

function judge(): ConsensusMessageValidator {
  return createEpochValidators(
    {
      genesisHash: committee.genesisHash,
      validators: committee.set,
      rootHash: committee.rootHash,
      leaderOf: (view) => committee.leaderOf(view),
      bounds: { blockTransactionsMax: 10, blockBytesMax: 10_000 },
    },
    createNativeRecoverer(),
  ).messages
}

function outcome(judged: Result<unknown, MessageRejection>): string {
  return judged.ok ? 'valid' : judged.error.message
}
const onTimeout = (message: TimeoutMessage): string => outcome(judge().timeoutMessage(message))
const onBundle = (bundle: CertificateBundle): string => outcome(judge().bundle(bundle))

const [parent] = committee.chain(5).slice(-1) as [Block]
const qc = committee.qcOf(parent)
const lowQc = committee.qc(3, BLOCK)
const tc = committee.tc(7, qc)

describe('a vote', () => {
  const vote = committee.vote(2, 7, BLOCK)

  it('is valid with the signature of its signer over all of it', () => {
    expect(outcome(judge().vote(vote))).toBe('valid')
    for (const change of [
      { view: 8 },
      { justifyView: 5 },
      { blockHash: namedHash('other') },
      { signer: 1 },
      { signer: 4 },
      { signer: 2 ** 32 },
      { signature: new Uint8Array(64) },
      { signature: committee.commitVote(2, 7, BLOCK).signature },
    ])
      expect(outcome(judge().vote({ ...vote, ...change }))).toMatch('bad signature')
  })

  it('of another network or epoch is invalid, and of another epoch without blame', () => {
    expect(judge().vote({ ...vote, epoch: 2 })).toMatchObject({ error: { code: 'otherEpoch', verdict: 'ignore' } })
    expect(outcome(judge().vote(otherNetwork.vote(2, 7, BLOCK)))).toMatch('bad signature')
    expect(outcome(judge().vote({ ...nextEpoch.vote(2, 7, BLOCK), epoch: 1 }))).toMatch('bad signature')
  })

  it('for a block justified by its own view or a later one is invalid, though well signed', () => {
    for (const justifyView of [7, 8])
      expect(outcome(judge().vote(committee.vote(2, 7, BLOCK, justifyView)))).toMatch('its own future')
  })
})

describe('a commit vote', () => {
  it('is valid with the signature of its signer over all of it, and not with that of a vote', () => {
    const vote = committee.commitVote(2, 7, BLOCK)
    expect(outcome(judge().commitVote(vote))).toBe('valid')
    for (const change of [
      { view: 8 },
      { blockHash: namedHash('other') },
      { signer: 3 },
      { signature: committee.vote(2, 7, BLOCK).signature },
      { signature: otherNetwork.commitVote(2, 7, BLOCK).signature },
    ])
      expect(outcome(judge().commitVote({ ...vote, ...change }))).toMatch('bad signature')
  })

  it('of another epoch is invalid without blame', () => {
    const judged = judge().commitVote(nextEpoch.commitVote(2, 7, BLOCK))
    expect(judged).toMatchObject({ error: { code: 'otherEpoch', verdict: 'ignore' } })
  })
})

describe('a timeout', () => {
  it('is valid with the QC of the view before, or with a TC of it and a QC no lower than its', () => {
    expect(onTimeout(committee.timeoutMessage(1, 6, qc))).toBe('valid')
    expect(onTimeout(committee.timeoutMessage(1, 8, qc, { tc }))).toBe('valid')
    expect(onTimeout(committee.timeoutMessage(1, 8, committee.qc(6, BLOCK), { tc }))).toBe('valid')
    expect(onTimeout(committee.timeoutMessage(1, 1, committee.root))).toBe('valid')
  })

  it('that names another QC view than it carries is invalid', () => {
    const message = committee.timeoutMessage(1, 6, qc)
    expect(onTimeout({ ...message, highQc: lowQc })).toMatch('another QC')
    expect(onTimeout({ ...message, timeout: committee.timeout(1, 6, 3) })).toMatch('another QC')
  })

  it('that names its own view or a later one is invalid, though well signed', () => {
    for (const view of [5, 4]) expect(onTimeout(committee.timeoutMessage(1, view, qc))).toMatch('its own view or later')
  })

  it('with an old QC dressed up as a new one is invalid', () => {
    expect(onTimeout(committee.timeoutMessage(1, 6, { ...lowQc, view: 5 }))).toMatch('without a quorum')
    expect(onTimeout(committee.timeoutMessage(1, 6, committee.qc(5, BLOCK, 4, [0, 1])))).toMatch('without a quorum')
  })

  it('without proof that the view before is over is invalid', () => {
    expect(onTimeout(committee.timeoutMessage(1, 8, qc))).toMatch('proves nothing')
    for (const view of [7, 9]) expect(onTimeout(committee.timeoutMessage(1, view, qc, { tc }))).toMatch('does not lead')
  })

  it('with a lower QC than its TC proves is invalid', () => {
    expect(onTimeout(committee.timeoutMessage(1, 8, lowQc, { tc }))).toMatch('does not lead')
  })

  it('with a TC that does not hold is invalid', () => {
    const bad = { ...tc, entries: tc.entries.slice(0, 2) }
    expect(onTimeout(committee.timeoutMessage(1, 8, qc, { tc: bad }))).toMatch('without a quorum')
  })

  it('counts for its signer only, on its network and in its epoch', () => {
    const message = committee.timeoutMessage(1, 6, qc)
    for (const change of [{ signer: 2 }, { signer: 9 }, { epoch: 2 }, { view: 7 }])
      expect(onTimeout({ ...message, timeout: { ...message.timeout, ...change } })).not.toBe('valid')
    expect(onTimeout({ ...message, timeout: otherNetwork.timeout(1, 6, 5) })).toMatch('bad signature')
    expect(onTimeout({ ...message, timeout: { ...nextEpoch.timeout(1, 6, 5), epoch: 1 } })).toMatch('bad signature')
  })

  it('carries only the vote of its own signer in its own view', () => {
    const block = committee.block({ view: 6, parent, justify: qc })
    const carry = (vote: NonNullable<TimeoutMessage['vote']>) => onTimeout(committee.timeoutMessage(1, 6, qc, { vote }))
    expect(carry(committee.vote(1, 6, block.hash))).toBe('valid')
    expect(carry(committee.vote(2, 6, block.hash))).toMatch('another view or validator')
    expect(carry(committee.vote(1, 7, block.hash))).toMatch('another view or validator')
    expect(carry({ ...committee.vote(1, 6, block.hash), epoch: 2 })).toMatch('another view or validator')
    expect(carry({ ...committee.vote(1, 6, block.hash), justifyView: 4 })).toMatch('bad signature')
  })

  it('carries only a valid proposal of its own view', () => {
    const block = committee.block({ view: 6, parent, justify: qc })
    const carry = (proposal: NonNullable<TimeoutMessage['proposal']>) =>
      onTimeout(committee.timeoutMessage(1, 6, qc, { proposal }))
    expect(carry(committee.proposal(block))).toBe('valid')
    expect(carry(committee.proposal(block, 1))).toMatch('not signed by the leader')
    expect(carry(committee.proposal(parent))).toMatch('another view')
  })
})

describe('a bundle of certificates', () => {
  const bundle: CertificateBundle = { epoch: 1, highQc: qc, tc, commitCertificate: committee.commitQcOf(parent) }

  it('is valid when each of its parts is', () => {
    expect(onBundle(bundle)).toBe('valid')
    expect(onBundle({ ...bundle, tc: null, commitCertificate: null })).toBe('valid')
    expect(onBundle({ ...bundle, highQc: { ...qc, view: 6 } })).toMatch('QC without a quorum')
    expect(onBundle({ ...bundle, tc: { ...tc, view: 8 } })).toMatch('bad signature')
    expect(onBundle({ ...bundle, commitCertificate: committee.commitQc(7, BLOCK, [1, 2]) })).toMatch('CommitQC')
  })

  it('of another epoch costs its sender nothing', () => {
    const judged = judge().bundle({ epoch: 2, highQc: nextEpoch.qc(5, BLOCK), tc: null, commitCertificate: null })
    expect(judged).toMatchObject({ ok: false, error: { verdict: 'ignore' } })
  })
})
