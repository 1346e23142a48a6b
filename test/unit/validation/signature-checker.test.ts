import { describe, expect, it } from 'vitest'
import { nobleRecoverer } from '../../../src/crypto/backends/noble.ts'
import { createNativeRecoverer } from '../../../src/node/crypto/native-recoverer.ts'
import type { Statement } from '../../../src/types/signing-domain.ts'
import { SignatureChecker } from '../../../src/validation/signature-checker.ts'
import { Committee, namedHash } from '../consensus/committee.ts'

const committee = new Committee(4, { signed: true })
const native = createNativeRecoverer()
const vote: Statement = { kind: 'vote', epoch: 1, view: 7, blockHash: namedHash('block'), justifyView: 6 }
const signature = committee.sign(2, vote)

function counting() {
  let checks = 0
  const checker = new SignatureChecker(committee.genesisHash, committee.set, {
    verify(digest, candidate, publicKey) {
      checks += 1
      return native.verify(digest, candidate, publicKey)
    },
  })
  return { checker, checks: () => checks }
}

describe('a consensus signature', () => {
  it('counts for its signer, statement, network and epoch, and for nothing else', () => {
    const blockHash = namedHash('block')
    const others: readonly Statement[] = [
      { ...vote, view: 8 },
      { ...vote, justifyView: 5 },
      { ...vote, blockHash: namedHash('another block') },
      { kind: 'commit', epoch: 1, view: 7, blockHash },
      { kind: 'proposal', epoch: 1, view: 7, blockHash },
      { kind: 'timeout', epoch: 1, view: 7, highQcView: 6 },
    ]
    for (const verifier of [native, nobleRecoverer]) {
      const checker = new SignatureChecker(committee.genesisHash, committee.set, verifier)
      expect(checker.isValid(vote, 2, signature)).toBe(true)
      for (const other of others) expect(checker.isValid(other, 2, signature)).toBe(false)
      for (const signer of [0, 1, 3]) expect(checker.isValid(vote, signer, signature)).toBe(false)
    }
    const elsewhere = new Committee(4, { signed: true, network: 'other' })
    const checker = new SignatureChecker(elsewhere.genesisHash, elsewhere.set, native)
    expect(checker.isValid(vote, 2, signature)).toBe(false)
  })

  it('of another epoch does not count, though its key signed it', () => {
    const { checker } = counting()
    const later: Statement = { ...vote, epoch: 2 }
    expect(checker.isValid(later, 2, committee.sign(2, later))).toBe(false)
  })

  it('of a signer outside the set does not count and does not throw', () => {
    const { checker, checks } = counting()
    for (const signer of [-1, 4, 2 ** 32, 2 ** 53, 0.5, Number.NaN, Number.POSITIVE_INFINITY])
      expect(checker.isValid(vote, signer, signature)).toBe(false)
    expect(checks()).toBe(0)
  })

  it('is checked once, and a bad one in its place is checked again', () => {
    const { checker, checks } = counting()
    expect(checker.isValid(vote, 2, signature)).toBe(true)
    expect(checker.isValid(vote, 2, signature)).toBe(true)
    expect(checks()).toBe(1)
    const bad = signature.slice()
    bad[10] = (bad[10] as number) ^ 1
    expect(checker.isValid(vote, 2, bad)).toBe(false)
    expect(checker.isValid(vote, 2, bad)).toBe(false)
    expect(checks()).toBe(3)
    expect(checker.isValid(vote, 2, signature)).toBe(true)
    expect(checks()).toBe(3)
  })

  it('is remembered by value: the message that brought it is neither kept nor trusted', () => {
    const { checker, checks } = counting()
    const message = new Uint8Array(1024)
    message.set(signature, 100)
    expect(checker.isValid(vote, 2, message.subarray(100, 164))).toBe(true)
    message.fill(0)
    expect(checker.isValid(vote, 2, signature)).toBe(true)
    expect(checks()).toBe(1)
    expect(checker.isValid(vote, 2, message.subarray(100, 164))).toBe(false)
  })
})
