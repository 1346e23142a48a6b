import { encode } from '@ethereumjs/rlp'
import { keccak256 } from 'viem'
import { describe, expect, it } from 'vitest'
import { nobleRecoverer } from '../../../../src/crypto/backends/noble.ts'
import { hashHeader } from '../../../../src/crypto/digests.ts'
import { type JudgeContext, judgeEvidence } from '../../../../src/ledger/evidence/judge-evidence.ts'
import type { Evidence, SignedHeader } from '../../../../src/types/evidence.ts'
import type { Header } from '../../../../src/types/header.ts'
import type { Epoch } from '../../../../src/types/ids.ts'
import { Committee, namedHash } from '../../consensus/committee.ts'
import { evidence as samples } from '../../types/protocol-samples.ts'

const committee = new Committee(4, { signed: true })
const nextEpoch = new Committee(4, { signed: true, epoch: 2 })
const otherChain = new Committee(4, { signed: true, network: 'other' })
const [A, B] = [namedHash('A'), namedHash('B')]

const judgedEpoch = { validators: committee.set.members, schedule: [0, 1, 2, 3] }
const context: JudgeContext = {
  genesisHash: committee.genesisHash,
  verifier: nobleRecoverer,
  epoch: (epoch: Epoch) => (epoch <= 2 ? judgedEpoch : undefined),
}

function verdict(evidence: Evidence): string {
  const judged = judgeEvidence(evidence, context)
  return judged.ok ? `${judged.value.culprit} in view ${judged.value.view}` : judged.error.code
}

const guilty = (signer: number, view: number): string => `${committee.set.at(signer)?.address} in view ${view}`

const block = (of: Committee, name: string, view = 2) => {
  const [parent] = of.chain(1)
  if (parent === undefined) throw new Error('a parent')
  return of.block({ view, parent, justify: of.qcOf(parent), header: { stateRoot: namedHash(name) } })
}
const signed = (of: Committee, name: string, signer = 2, view = 2): SignedHeader => {
  const { header, hash } = block(of, name, view)
  return signedHeader(of, header, signer, hash)
}
const signedHeader = (of: Committee, header: Header, signer: number, blockHash = hashHeader(header)): SignedHeader => {
  const { epoch, view } = header.consensus
  return { header, signature: of.sign(signer, { kind: 'proposal', epoch, view, blockHash }) }
}

/** The header of view 2, changed in what anyone can judge. */
function header(changes: Partial<Header['consensus']>, miner?: number): Header {
  const { header: good } = block(committee, 'A')
  const named = miner === undefined ? good.miner : (committee.set.at(miner)?.address ?? good.miner)
  return { ...good, miner: named, consensus: { ...good.consensus, ...changes } }
}

describe('evidence is accepted', () => {
  it('of every kind, and names its culprit', () => {
    for (const one of samples) expect(verdict(one), one.kind).toMatch(/^0x[0-9a-f]{40} in view \d+$/)
  })

  it('under an id of kind, culprit, epoch and view, by another implementation', () => {
    const first = committee.vote(2, 300, A, 3)
    const judged = judgeEvidence({ kind: 'doubleVote', first, second: committee.vote(2, 300, B, 3) }, context)
    const culprit = committee.set.at(2)?.address
    expect(judged).toEqual({
      ok: true,
      value: { id: keccak256(encode([2, culprit ?? '', 1, 300])), culprit, kind: 'doubleVote', epoch: 1, view: 300 },
    })
  })

  it('under one id whatever the order and the rest of its statements', () => {
    const [a, b, c] = ['A', 'B', 'C'].map((name) => committee.vote(1, 7, namedHash(name), 6))
    if (a === undefined || b === undefined || c === undefined) throw new Error('three votes')
    const ids = [
      [a, b],
      [b, a],
      [a, c],
    ].map(([first, second]) => {
      const judged = judgeEvidence({ kind: 'doubleVote', first, second } as Evidence, context)
      return judged.ok ? judged.value.id : judged.error.code
    })
    expect(new Set(ids).size).toBe(1)
    expect(ids[0]).toMatch(/^0x/)
  })
})

describe('two proposals of one view', () => {
  const first = signed(committee, 'A')
  const prove = (second: SignedHeader) => verdict({ kind: 'doubleProposal', first, second })

  it('are an offence of their leader', () => expect(prove(signed(committee, 'B'))).toBe(guilty(2, 2)))
  it('are none if they are one', () => expect(prove({ ...first, signature: new Uint8Array(64) })).toBe('noOffence'))
  it('are none in two views', () => expect(prove(signed(committee, 'B', 2, 6))).toBe('noOffence'))
  it('are none in two epochs', () => expect(prove(signed(nextEpoch, 'B'))).toBe('noOffence'))
  it('prove nothing if one is of another chain', () => expect(prove(signed(otherChain, 'B'))).toBe('badSignature'))
  it('prove nothing if one was signed by another', () => expect(prove(signed(committee, 'B', 1))).toBe('badSignature'))
  it('are an offence of whoever signed both as their miner, leader or not', () => {
    const [one, other] = [header({}, 1), { ...header({}, 1), gasUsed: 7 }]
    const both = { first: signedHeader(committee, one, 1), second: signedHeader(committee, other, 1) }
    expect(verdict({ kind: 'doubleProposal', ...both })).toBe(guilty(1, 2))
  })
  it('are none if they name different miners who each signed their own', () => {
    expect(prove(signedHeader(committee, header({}, 1), 1))).toBe('noOffence')
  })
})

describe('two votes of one view', () => {
  const first = committee.vote(2, 5, A, 4)
  const prove = (second: typeof first) => verdict({ kind: 'doubleVote', first, second })

  it('are an offence if they are for two blocks', () => expect(prove(committee.vote(2, 5, B, 4))).toBe(guilty(2, 5)))
  it('are an offence if they name two locks', () => expect(prove(committee.vote(2, 5, A, 3))).toBe(guilty(2, 5)))
  it('are none if they are one, whatever the bytes of its signatures', () => {
    expect(prove({ ...first, signature: otherSignature(first.signature) })).toBe('noOffence')
  })
  it('are none in two views', () => expect(prove(committee.vote(2, 6, B, 4))).toBe('noOffence'))
  it('are none in two epochs', () => expect(prove(nextEpoch.vote(2, 5, B, 4))).toBe('noOffence'))
  it('are none of two validators', () => expect(prove(committee.vote(1, 5, B, 4))).toBe('noOffence'))
  it('prove nothing of another chain', () => expect(prove(otherChain.vote(2, 5, B, 4))).toBe('badSignature'))
  it('prove nothing unsigned', () => {
    expect(prove({ ...committee.vote(2, 5, B, 4), signature: first.signature })).toBe('badSignature')
  })
  it('prove nothing of a signer outside of the set', () => {
    const votes = { first: { ...first, signer: 4 }, second: { ...committee.vote(2, 5, B, 4), signer: 4 } }
    expect(verdict({ kind: 'doubleVote', ...votes })).toBe('unknownSigner')
  })
  it('prove nothing of an epoch that is not kept', () => {
    const votes = { first: { ...first, epoch: 3 }, second: { ...committee.vote(2, 5, B, 4), epoch: 3 } }
    expect(verdict({ kind: 'doubleVote', ...votes })).toBe('unknownEpoch')
  })
})

describe('two commit votes of one view', () => {
  const first = committee.commitVote(2, 5, A)
  const prove = (second: typeof first) => verdict({ kind: 'doubleCommitVote', first, second })

  it('are an offence', () => expect(prove(committee.commitVote(2, 5, B))).toBe(guilty(2, 5)))
  it('are none if they are one', () => {
    expect(prove({ ...first, signature: otherSignature(first.signature) })).toBe('noOffence')
  })
  it('are none in two views', () => expect(prove(committee.commitVote(2, 6, B))).toBe('noOffence'))
  it('are none in two epochs', () => expect(prove(nextEpoch.commitVote(2, 5, B))).toBe('noOffence'))
  it('are none of two validators', () => expect(prove(committee.commitVote(1, 5, B))).toBe('noOffence'))
  it('prove nothing of another chain', () => expect(prove(otherChain.commitVote(2, 5, B))).toBe('badSignature'))
})

describe('a timeout that denies the lock of a vote', () => {
  const vote = committee.vote(2, 5, A, 3)
  const prove = (timeout: ReturnType<Committee['timeout']>) => verdict({ kind: 'hiddenLock', vote, timeout })

  it('is an offence in the view of the vote and after it', () => {
    expect(prove(committee.timeout(2, 5, 2))).toBe(guilty(2, 5))
    expect(prove(committee.timeout(2, 9, 2))).toBe(guilty(2, 9))
  })
  it('is none if it names the lock', () => expect(prove(committee.timeout(2, 5, 3))).toBe('noOffence'))
  it('is none if it was said before', () => expect(prove(committee.timeout(2, 4, 2))).toBe('noOffence'))
  it('is none in another epoch', () => expect(prove(nextEpoch.timeout(2, 6, 2))).toBe('noOffence'))
  it('is none of another validator', () => expect(prove(committee.timeout(1, 6, 2))).toBe('noOffence'))
  it('proves nothing of another chain', () => expect(prove(otherChain.timeout(2, 6, 2))).toBe('badSignature'))
})

describe('a timeout that denies the QC of a commit vote', () => {
  const commitVote = committee.commitVote(2, 5, A)
  const prove = (timeout: ReturnType<Committee['timeout']>) => verdict({ kind: 'abandonedCommit', commitVote, timeout })

  it('is an offence in the view of the commit vote and after it', () => {
    expect(prove(committee.timeout(2, 5, 4))).toBe(guilty(2, 5))
    expect(prove(committee.timeout(2, 9, 4))).toBe(guilty(2, 9))
  })
  it('is none if it names the QC', () => expect(prove(committee.timeout(2, 6, 5))).toBe('noOffence'))
  it('is none if it was said before', () => expect(prove(committee.timeout(2, 4, 3))).toBe('noOffence'))
  it('is none in another epoch', () => expect(prove(nextEpoch.timeout(2, 6, 4))).toBe('noOffence'))
  it('is none of another validator', () => expect(prove(committee.timeout(1, 6, 4))).toBe('noOffence'))
  it('proves nothing of another chain', () => expect(prove(otherChain.timeout(2, 6, 4))).toBe('badSignature'))
})

describe('two timeouts of one view', () => {
  const first = committee.timeout(2, 5, 3)
  const prove = (second: typeof first) => verdict({ kind: 'doubleTimeout', first, second })

  it('are an offence', () => expect(prove(committee.timeout(2, 5, 4))).toBe(guilty(2, 5)))
  it('are none if they are one', () => {
    expect(prove({ ...first, signature: otherSignature(first.signature) })).toBe('noOffence')
  })
  it('are none in two views', () => expect(prove(committee.timeout(2, 6, 4))).toBe('noOffence'))
  it('are none in two epochs', () => expect(prove(nextEpoch.timeout(2, 5, 4))).toBe('noOffence'))
  it('prove nothing of another chain', () => expect(prove(otherChain.timeout(2, 5, 4))).toBe('badSignature'))
})

describe('a bad header', () => {
  const prove = (bad: Header, signer = 2) => verdict({ kind: 'badHeader', ...signedHeader(committee, bad, signer) })
  const tcDigest = namedHash('TC')

  it('is none if it is good', () => {
    expect(prove(header({}))).toBe('noOffence')
    expect(prove(header({ justifyView: 0, tcDigest }))).toBe('noOffence')
  })
  it('has a QC of its own view or later', () => {
    expect(prove(header({ justifyView: 2, tcDigest }))).toBe(guilty(2, 2))
    expect(prove(header({ justifyView: 3, tcDigest }))).toBe(guilty(2, 2))
  })
  it('has no TC after a failed view', () => expect(prove(header({ justifyView: 0 }))).toBe(guilty(2, 2)))
  it('has a TC after a view that did not fail', () => expect(prove(header({ tcDigest }))).toBe(guilty(2, 2)))
  it('is of another than the leader of its view', () => expect(prove(header({}, 1), 1)).toBe(guilty(1, 2)))
  it('names another than the leader that signed it', () => expect(prove(header({}, 1), 2)).toBe(guilty(2, 2)))
  it('proves nothing if a third one signed it', () => expect(prove(header({}, 1), 3)).toBe('badSignature'))
  it('is judged by the schedule of its epoch, not by the order of the set', () => {
    const schedule = { ...context, epoch: () => ({ ...judgedEpoch, schedule: [0, 1, 1] }) }
    const good = { kind: 'badHeader', ...signedHeader(committee, header({}, 1), 1) } as const
    expect(judgeEvidence(good, schedule)).toMatchObject({ ok: false, error: { code: 'noOffence' } })
  })
  it('proves nothing of another chain', () => {
    const bad = { kind: 'badHeader', ...signedHeader(otherChain, header({ justifyView: 0 }), 2) } as const
    expect(verdict(bad)).toBe('badSignature')
  })
})

describe('a vote for a bad header', () => {
  const bad = header({ justifyView: 0 })
  const prove = (of: Header, changes: { view?: number; justifyView?: number; name?: string } = {}) => {
    const hash = changes.name === undefined ? hashHeader(of) : namedHash(changes.name)
    const { view = of.consensus.view, justifyView = of.consensus.justifyView } = changes
    return verdict({ kind: 'voteForBadHeader', vote: committee.vote(3, view, hash, justifyView), header: of })
  }

  it('is an offence of the voter', () => expect(prove(bad)).toBe(guilty(3, 2)))
  it('is none if the header is good', () => expect(prove(header({}))).toBe('noOffence'))
  it('is none if it is for another block', () => expect(prove(bad, { name: 'B' })).toBe('noOffence'))
  it('is one as well if it misquotes a good header', () => {
    expect(prove(header({}), { view: 3 })).toBe(guilty(3, 3))
    expect(prove(header({}), { justifyView: 0 })).toBe(guilty(3, 2))
  })
  it('proves nothing of another chain', () => {
    const vote = otherChain.vote(3, 2, hashHeader(bad), 0)
    expect(verdict({ kind: 'voteForBadHeader', vote, header: bad })).toBe('badSignature')
  })
})

/** Not a valid one: an offence must be ruled out before a signature is looked at. */
function otherSignature(signature: Uint8Array): Uint8Array {
  return signature.map((byte, index) => (index === 63 ? byte ^ 1 : byte))
}
