/** A client that knows the hash of genesis follows the validators through epochs, and nobody leads it elsewhere. */
import { describe, expect, it } from 'vitest'
import type { VerificationCode } from '../../../src/client/verification-error.ts'
import { VerificationError } from '../../../src/client/verification-error.ts'
import { type Send, VerifiedReader } from '../../../src/client/verified-reader.ts'
import { hashHeader } from '../../../src/crypto/digests.ts'
import { type Member, member, SignedChain } from './signed-chain.ts'

const FOUR = [1, 2, 3, 4].map((key) => member(key))
const [, , third, fourth] = FOUR as [Member, Member, Member, Member]
/** The first two have gone, and one goes on with another key. */
const OTHERS = [third, member(14, fourth.address), member(5), member(6)]

interface Certificate {
  readonly signatures: string[]
}

interface Links {
  readonly links: {
    readonly epoch: number
    readonly validators: Record<string, unknown>[] | null
    readonly certificate: Certificate
  }[]
}

/** Four epochs: the set stays, changes with the commit on a suffix, and changes back. */
function fourEpochs(): SignedChain {
  const chain = new SignedChain(FOUR)
  chain.grow()
  chain.endEpoch(FOUR)
  chain.grow()
  chain.grow()
  chain.endEpoch(OTHERS, 2)
  chain.grow()
  chain.endEpoch(FOUR, 1)
  chain.grow()
  return chain
}

function readerOf(
  chain: SignedChain,
  lie: (answer: never, method: string) => unknown = (answer) => answer,
  page = 256,
) {
  const asked: string[] = []
  const send: Send = async (method, params) => {
    asked.push(method)
    return Promise.resolve(lie(structuredClone(chain.answer(method, params, page)) as never, method))
  }
  return { reader: new VerifiedReader(send, { genesis: chain.genesisHash }), asked }
}

async function refusal(work: Promise<unknown>): Promise<VerificationCode | 'nothing'> {
  try {
    await work
    return 'nothing'
  } catch (error) {
    if (error instanceof VerificationError) return error.code
    throw error
  }
}

describe('a chain of validator sets', () => {
  it('leads to the head, and to every block of every epoch, from the genesis hash alone', async () => {
    const chain = fourEpochs()
    const { reader } = readerOf(chain)
    for (const { hash, header } of chain.blocks) expect((await reader.header(header.height)).hash).toBe(hash)
    expect((await reader.header('latest')).header.consensus.epoch).toBe(4)
    const { epochs } = await reader.trust()
    expect(epochs.map(({ validators }) => new Set(validators.members.map(({ address }) => address)))).toEqual(
      [FOUR, FOUR, OTHERS, FOUR].map((set) => new Set(set.map(({ address }) => address))),
    )
    expect(epochs.map(({ root }) => root.height)).toEqual([0, 2, 5, 7])
  })

  it('is followed page by page', async () => {
    const { reader, asked } = readerOf(fourEpochs(), undefined, 1)
    expect((await reader.header('latest')).header.consensus.epoch).toBe(4)
    expect(asked.filter((method) => method === 'bft_getValidatorSetProof')).toHaveLength(5)
  })

  it('is asked for once, and again only from where it had come to', async () => {
    const chain = fourEpochs()
    const { reader, asked } = readerOf(chain)
    await Promise.all([reader.header('latest'), reader.header(1), reader.header(3)])
    const before = asked.length
    chain.endEpoch(OTHERS)
    chain.grow()
    expect((await reader.header('latest')).header.consensus.epoch).toBe(5)
    expect(asked.slice(before)).toEqual(['bft_getFinalityProof', 'bft_getValidatorSetProof'])
  })

  it('may end with an epoch of which there is no block yet', async () => {
    const chain = new SignedChain(FOUR)
    chain.endEpoch(OTHERS, 1)
    const { reader } = readerOf(chain)
    expect((await reader.header('latest')).header.height).toBe(1)
    expect((await reader.trust()).epochs).toHaveLength(2)
  })

  const lies: [lie: string, code: VerificationCode, change: (proof: Links) => void][] = [
    [
      'another key for a validator',
      'wrongValidators',
      ({ links }) => Object.assign(links[2]?.validators?.[0] ?? {}, shownKey(member(9))),
    ],
    [
      'a set that did not change',
      'wrongValidators',
      ({ links }) => Object.assign(links[2] ?? {}, { validators: null }),
    ],
    ['a validator more', 'wrongValidators', ({ links }) => links[2]?.validators?.push({ ...links[2].validators[0] })],
    ['nobody', 'wrongValidators', ({ links }) => Object.assign(links[2] ?? {}, { validators: [] })],
    [
      'a wrong signature',
      'badCertificate',
      ({ links }) => links[1]?.certificate.signatures.splice(0, 1, `0x${'01'.repeat(64)}`),
    ],
    ['an epoch left out', 'otherEpoch', ({ links }) => links.splice(2, 1)],
    ['an epoch for another', 'wrongValidators', ({ links }) => Object.assign(links[1] ?? {}, { epoch: 2 })],
    [
      "the signatures of one epoch for another's end",
      'otherEpoch',
      ({ links }) => Object.assign(links[3]?.certificate ?? {}, { epoch: 2 }),
    ],
  ]

  function shownKey({ consensusKey }: Member) {
    return { consensusKey: `0x${Buffer.from(consensusKey).toString('hex')}` }
  }

  it.each(lies)('with %s is refused', async (_, code, change) => {
    const { reader } = readerOf(fourEpochs(), (answer: Links, method) => {
      if (method === 'bft_getValidatorSetProof') change(answer)
      return answer
    })
    expect(await refusal(reader.header('latest'))).toBe(code)
  })

  it('that has no end for an epoch is refused for the blocks behind it', async () => {
    const { reader } = readerOf(fourEpochs(), (answer: Links, method) =>
      method === 'bft_getValidatorSetProof'
        ? { ...answer, links: answer.links.filter(({ epoch }) => epoch < 3) }
        : answer,
    )
    expect(await refusal(reader.header('latest'))).toBe('otherEpoch')
  })
})

describe('a finality proof', () => {
  it("of an ended epoch's validators is refused for what comes behind its last block", async () => {
    const chain = fourEpochs()
    const { reader } = readerOf(chain)
    await reader.header('latest')
    // Keys that were given up are worth nothing, but they still sign.
    const forged = chain.headerOf(2)
    chain.blocks.push({ hash: hashHeader(forged), header: forged, proof: chain.certified([forged], 2) })
    expect(await refusal(reader.header('latest'))).toBe('otherEpoch')
    expect(await refusal(reader.header(forged.height))).toBe('otherEpoch')
  })

  it('with the signatures of the epoch before is refused, whichever epoch its certificate names', async () => {
    for (const named of [3, 4]) {
      const chain = fourEpochs()
      const header = chain.headerOf(4)
      chain.blocks.push({ hash: hashHeader(header), header, proof: chain.certified([header], 3, named) })
      const { reader } = readerOf(chain)
      expect(await refusal(reader.header('latest'))).toBe(named === 3 ? 'otherEpoch' : 'badCertificate')
    }
  })

  it('of another end of an epoch than the one that was verified is refused', async () => {
    const chain = fourEpochs()
    const { reader } = readerOf(chain)
    await reader.header('latest')
    const other = new SignedChain(FOUR)
    other.grow()
    other.grow()
    const forged = { ...other.headerOf(1), height: 2 }
    chain.blocks[2] = { hash: hashHeader(forged), header: forged, proof: chain.certified([forged], 1) }
    expect(await refusal(reader.header(2))).toBe('otherEpoch')
  })

  it('is of a block, not of what carries the commit behind it', async () => {
    const chain = fourEpochs()
    const end = chain.blocks[5] as (typeof chain.blocks)[number]
    const headers = end.proof.headers.slice(1)
    chain.blocks[5] = { ...end, proof: { ...end.proof, headers } }
    const { reader } = readerOf(chain, (answer: Links, method) =>
      method === 'bft_getValidatorSetProof'
        ? { ...answer, links: answer.links.filter(({ epoch }) => epoch < 2) }
        : answer,
    )
    expect(await refusal(reader.header(5))).toBe('badCertificate')
  })

  it('leads over a suffix only behind the last block of its epoch', async () => {
    const chain = fourEpochs()
    const [, , , before, end] = [0, 1, 2, 4, 5].map((at) => chain.blocks[at] as (typeof chain.blocks)[number])
    const { reader } = readerOf(chain)
    // The last block left out between its parent and the suffix.
    const headers = [before?.proof.headers[0] ?? '', ...(end?.proof.headers.slice(1) ?? [])]
    chain.blocks[4] = {
      ...(before as (typeof chain.blocks)[number]),
      proof: { headers, certificate: end?.proof.certificate ?? null },
    }
    expect(await refusal(reader.header(4))).toBe('badCertificate')
  })
})

describe('a head', () => {
  it('is never older than an end of an epoch that was verified', async () => {
    const chain = fourEpochs()
    const { reader } = readerOf(chain)
    await reader.trust(4)
    chain.blocks.splice(6)
    expect(await refusal(reader.header('latest'))).toBe('staleHead')
  })
})
