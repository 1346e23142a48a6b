// What a liar may offer as a proof that a block is final: every certificate here is signed by a whole quorum, so
// that nothing but the rule in question can refuse. With real signatures.
import { describe, expect, it } from 'vitest'
import type { Result } from '../../../src/base/result.ts'
import { createNativeRecoverer } from '../../../src/node/crypto/native-recoverer.ts'
import type { Block } from '../../../src/types/block.ts'
import type { ConsensusFields, Header } from '../../../src/types/header.ts'
import { CertificateValidator } from '../../../src/validation/certificate.ts'
import { type FinalityRejection, FinalityValidator } from '../../../src/validation/finality.ts'
import { SignatureChecker } from '../../../src/validation/signature-checker.ts'
import { Committee, namedHash } from '../consensus/committee.ts'

const committee = new Committee(4, { signed: true })
const nextEpoch = new Committee(4, { signed: true, epoch: 2 })
const judge = new FinalityValidator(
  new CertificateValidator(
    committee.set,
    committee.rootHash,
    new SignatureChecker(committee.genesisHash, committee.set, createNativeRecoverer()),
  ),
)

type Change = Partial<Omit<Header, 'consensus'>> & { readonly consensus?: Partial<ConsensusFields> }

function childOf(parent: Block, { consensus = {}, ...header }: Change = {}): Block {
  const justify = committee.qcOf(parent)
  return committee.block({ view: justify.view + 1, parent, justify, header, consensus })
}

/** What carries the commit of `end`, except for what is changed. */
function suffixOf(parent: Block, end: Block, { consensus, ...header }: Change = {}): Block {
  const { height, consensus: ending } = end.header
  return childOf(parent, { height, ...header, consensus: { suffix: true, timeMs: ending.timeMs, ...consensus } })
}

function verdict(judged: Result<unknown, FinalityRejection>): string {
  return judged.ok ? 'valid' : `${judged.error.verdict}: ${judged.error.message}`
}

/** Of the first block, by the certificate of the last. */
function verdictOn(block: Block, suffix: readonly Block[] = [], certified = suffix.at(-1) ?? block): string {
  const proof = { certificate: committee.commitQcOf(certified), suffix: suffix.map(({ header }) => header) }
  return verdict(judge.finality(block.hash, block.header, proof))
}

const [first, second] = committee.chain(2) as [Block, Block]
const end = childOf(second, { consensus: { end: true } })

describe('a proof of finality', () => {
  it('is the certificate of exactly this block', () => {
    expect(verdictOn(second)).toBe('valid')
    expect(verdictOn(end)).toBe('valid')
    expect(verdictOn(first, [], second)).toMatch('of another block')
    const few = { certificate: committee.commitQcOf(second, [0, 1]), suffix: [] }
    expect(verdict(judge.finality(second.hash, second.header, few))).toMatch('without a quorum')
  })

  it('is of the epoch of its block, whichever set has signed it', () => {
    const later = childOf(second, { consensus: { epoch: 2 } })
    expect(verdictOn(later)).toMatch('reject: a proof of finality of another epoch')
    const proof = { certificate: nextEpoch.commitQcOf(second), suffix: [] }
    expect(verdict(judge.finality(second.hash, second.header, proof))).toMatch('of another epoch')
  })

  it('leads from the last block of an epoch over what carries its commit', () => {
    const one = suffixOf(end, end)
    const two = suffixOf(one, end)
    expect(verdictOn(end, [one])).toBe('valid')
    expect(verdictOn(end, [one, two])).toBe('valid')
    expect(verdictOn(end, [one], two)).toMatch('of another block')
    expect(verdictOn(end, [two])).toMatch('broken suffix')
    expect(verdictOn(end, [two, one])).toMatch('broken suffix')
  })

  it('leads from no other block over anything', () => {
    expect(verdictOn(second, [suffixOf(second, second)])).toMatch('of a block that ends nothing')
  })

  const changes: [what: string, change: Change][] = [
    ['is none', { consensus: { suffix: false } }],
    ['ends an epoch once more', { consensus: { end: true } }],
    ['is of another epoch', { consensus: { epoch: 2 } }],
    ['is of another time', { consensus: { timeMs: end.header.consensus.timeMs + 1 } }],
    ['names other validators', { consensus: { nextValidatorsHash: namedHash('others') } }],
    ['is of another height', { height: end.header.height + 1 }],
    ['has another state', { stateRoot: namedHash('another state') }],
  ]
  it.each(changes)('leads over no suffix that %s', (_, change) => {
    expect(verdictOn(end, [suffixOf(end, end, change)])).toMatch('broken suffix')
    const one = suffixOf(end, end)
    expect(verdictOn(end, [one, suffixOf(one, end, change)])).toMatch('broken suffix')
  })
})

describe('a proof that an epoch has ended', () => {
  const onEnd = ({ header }: Block, certificate = committee.commitQcOf(end)) =>
    verdict(judge.epochEnd({ header, finality: { certificate, suffix: [] } }))

  it('is a proof of finality of its last block', () => {
    expect(onEnd(end)).toBe('valid')
    expect(onEnd(end, committee.commitQcOf(second))).toMatch('of another block')
  })

  it('is of no block that does not end it', () => {
    expect(onEnd(second, committee.commitQcOf(second))).toMatch('does not end it')
  })

  it('of another epoch costs its sender nothing', () => {
    const later = childOf(second, { consensus: { epoch: 2, end: true } })
    expect(onEnd(later, nextEpoch.commitQcOf(later))).toBe('ignore: of epoch 2')
  })
})
