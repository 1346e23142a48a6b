import { describe, expect, it } from 'vitest'
import { rejection } from '../../../src/base/rejection.ts'
import { err, ok } from '../../../src/base/result.ts'
import { keccak256Hash } from '../../../src/crypto/keccak.ts'
import { Mempool } from '../../../src/mempool/mempool.ts'
import { DEFAULT_MEMPOOL_LIMITS } from '../../../src/mempool/mempool-limits.ts'
import type { IntakeOrigin } from '../../../src/replica/arrival-queue.ts'
import { type IntakeVerdict, TransactionIntake } from '../../../src/replica/transaction-intake.ts'
import type { TransactionVerdict, TransactionVerifier } from '../../../src/replica/transaction-verifier.ts'
import { type PoolTransaction, sample } from '../mempool/pool-samples.ts'

const BAD = 0xff

/** A verifier that ends its batches when the test says so; an envelope that begins with 0xff is bad. */
function world() {
  const batches: { readonly envelopes: readonly Uint8Array[]; readonly end: () => void }[] = []
  const byEnvelope = new Map<string, PoolTransaction>()
  const verifier = {
    verify: (envelopes: readonly Uint8Array[], done: (verdicts: readonly TransactionVerdict[]) => void) => {
      const verdicts = envelopes.map((envelope): TransactionVerdict => {
        const known = byEnvelope.get(keccak256Hash(envelope))
        return known === undefined ? err(rejection('badSignature', 'bad')) : ok(known)
      })
      batches.push({ envelopes, end: () => done(verdicts) })
    },
  } as unknown as TransactionVerifier
  const carried: PoolTransaction[] = []
  const gasLimit = { ofBlock: 30_000_000 }
  let changes = 0
  const pool = new Mempool(DEFAULT_MEMPOOL_LIMITS, { isFree: () => false })
  const intake = new TransactionIntake(pool, verifier, {
    nowMs: () => 0,
    accounts: () => ({ account: () => ({ nonce: 0, balance: 10n ** 24n }) }),
    parameters: () => ({ baseFeePerGas: 1n, gasLimit: gasLimit.ofBlock }),
    carry: (transactions) => carried.push(...transactions),
    poolChanged: () => {
      changes += 1
    },
  })
  const verdicts: IntakeVerdict[] = []
  const submit = (envelope: Uint8Array, origin: IntakeOrigin = 'local'): void =>
    intake.submit(envelope, origin, (verdict) => verdicts.push(verdict))
  const good = (sender: number): Uint8Array => {
    const transaction = sample({ sender, cap: 10n ** 9n })
    const envelope = Uint8Array.of(sender, sender >> 8)
    byEnvelope.set(keccak256Hash(envelope), transaction)
    return envelope
  }
  const submitAll = (envelopes: readonly Uint8Array[]): void =>
    intake.submitAll(envelopes, 'gossip', (verdict) => verdicts.push(verdict))
  return { batches, carried, gasLimit, pool, verdicts, submit, submitAll, good, changes: () => changes }
}

describe('the intake', () => {
  it('answers each submission once: taken, carried on and told of, or refused', () => {
    const { batches, carried, verdicts, submit, good, changes } = world()
    submit(good(1))
    batches[0]?.end()
    submit(Uint8Array.of(BAD))
    batches[1]?.end()
    expect(verdicts.map(({ ok: isTaken }) => isTaken)).toEqual([true, false])
    expect(carried).toHaveLength(1)
    expect(changes()).toBe(1)
  })

  it('does not carry what came from others', () => {
    const { batches, carried, verdicts, submit, good } = world()
    submit(good(1), 'gossip')
    batches[0]?.end()
    expect(verdicts).toMatchObject([{ ok: true }])
    expect(carried).toEqual([])
  })

  it('checks together what came together, and answers each of it', () => {
    const { batches, verdicts, submitAll, good } = world()
    const envelopes = [good(1), Uint8Array.of(BAD), good(2)]
    submitAll(envelopes)
    expect(batches.map((batch) => batch.envelopes)).toEqual([envelopes])
    batches[0]?.end()
    expect(verdicts.map(({ ok: isTaken }) => isTaken)).toEqual([true, false, true])
  })

  it('gathers into the next batch what comes while one is checked, at most 512', () => {
    const { batches, verdicts, submit, good } = world()
    for (let n = 1; n <= 1_000; n++) submit(good(n))
    expect(batches.map(({ envelopes }) => envelopes.length)).toEqual([1])
    batches[0]?.end()
    batches[1]?.end()
    batches[2]?.end()
    expect(batches.map(({ envelopes }) => envelopes.length)).toEqual([1, 512, 487])
    expect(verdicts).toHaveLength(1_000)
  })

  it('refuses what no block has room for now, and takes it when governance has made room', () => {
    const { batches, gasLimit, verdicts, submit, good } = world()
    const envelope = good(1)
    gasLimit.ofBlock = 20_999
    submit(envelope)
    batches[0]?.end()
    gasLimit.ofBlock = 21_000
    submit(envelope)
    batches[1]?.end()
    expect(verdicts).toMatchObject([
      { ok: false, error: { code: 'gasLimit', message: 'exceeds block gas limit', verdict: 'ignore' } },
      { ok: true },
    ])
  })

  it('checks a bad envelope once, however often it comes', () => {
    const { batches, verdicts, submit } = world()
    submit(Uint8Array.of(BAD))
    batches[0]?.end()
    for (let n = 0; n < 100; n++) submit(Uint8Array.of(BAD))
    expect(batches).toHaveLength(1)
    expect(verdicts).toHaveLength(101)
    expect(verdicts.every((verdict) => !verdict.ok)).toBe(true)
  })

  it('takes a bounded number, and refuses the rest without blame', () => {
    const { verdicts, submit } = world()
    for (let n = 0; n < 10_002; n++) submit(Uint8Array.of(1, n, n >> 8))
    expect(verdicts).toMatchObject([{ ok: false, error: { code: 'intakeFull', verdict: 'ignore' } }])
  })

  it('takes a bounded number of bytes, and more when those before have been checked', () => {
    const { batches, verdicts, submit } = world()
    const large = (n: number): Uint8Array => new Uint8Array(128 * 1024).fill(n)
    submit(Uint8Array.of(BAD))
    for (let n = 1; n <= 257; n++) submit(large(n), 'gossip')
    expect(verdicts).toMatchObject([{ ok: false, error: { code: 'intakeFull', verdict: 'ignore' } }])
    batches[0]?.end()
    submit(large(1), 'gossip')
    expect(verdicts).toMatchObject([{}, { error: { code: 'badSignature' } }])
  })

  it('takes and checks what its own clients and validators send, however much strangers have sent before', () => {
    const { batches, verdicts, submit, good } = world()
    for (let n = 0; n < 10_002; n++) submit(Uint8Array.of(BAD, n, n >> 8), 'gossip')
    expect(verdicts).toMatchObject([{ ok: false, error: { code: 'intakeFull' } }])
    const [own, sentOn] = [good(1), good(2)]
    submit(own)
    submit(sentOn, 'validator')
    batches[0]?.end()
    expect(batches[1]?.envelopes).toEqual(expect.arrayContaining([own, sentOn]))
    expect(batches[1]?.envelopes).toHaveLength(512)
  })
})
