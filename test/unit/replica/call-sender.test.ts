import { describe, expect, it } from 'vitest'
import { rejection } from '../../../src/base/rejection.ts'
import { err, ok } from '../../../src/base/result.ts'
import { keccak256 } from '../../../src/crypto/keccak.ts'
import { createSigner } from '../../../src/crypto/secp256k1.ts'
import { decodeTransaction, signTransaction } from '../../../src/crypto/transaction-codec.ts'
import { SYSTEM_ADDRESS } from '../../../src/ledger/system/system-account.ts'
import { Mempool } from '../../../src/mempool/mempool.ts'
import { DEFAULT_MEMPOOL_LIMITS } from '../../../src/mempool/mempool-limits.ts'
import { CallSender } from '../../../src/replica/governance/call-sender.ts'
import type { IntakeVerdict } from '../../../src/replica/transaction-intake.ts'
import type { FinalBlock } from '../../../src/types/final-block.ts'
import { ZERO_HASH } from '../../../src/types/ids.ts'
import { mintVerified } from '../../../src/types/mint-verified.ts'
import type { SignedTransaction } from '../../../src/types/transaction.ts'

const CHAIN_ID = 7
const signer = createSigner(keccak256(Uint8Array.of(1)))
const call = (number: number): Uint8Array => Uint8Array.of(number)

/** A node's pool with one account in it, and whoever sends calls of that account. */
class Bench {
  nonce = 0
  nowMs = 0
  /** The intake answers only when told to. */
  isSlow = false
  refuseNext = false
  readonly waiting: (() => void)[] = []
  pool = new Mempool(DEFAULT_MEMPOOL_LIMITS, { isFree: ({ maxFeePerGas }) => maxFeePerGas === 0n })
  sender = this.#newSender()

  /** The process dies: what was signed is forgotten, and so is the pool unless it was kept. */
  restart(keepsPool: boolean): void {
    if (!keepsPool) this.pool = new Mempool(DEFAULT_MEMPOOL_LIMITS, { isFree: () => true })
    this.sender = this.#newSender()
  }

  submit(envelope: Uint8Array, done: (verdict: IntakeVerdict) => void): void {
    const answer = (): void => {
      const transaction = decoded(envelope, this.sender.address)
      const added = this.pool.add(
        mintVerified(transaction),
        'local',
        { account: () => ({ nonce: this.nonce, balance: 10n ** 18n }) },
        0n,
        this.nowMs,
      )
      const isRefused = this.refuseNext
      this.refuseNext = false
      done(isRefused ? err(rejection('poolFull', 'full')) : added.ok ? ok(transaction.hash) : err(added.error))
    }
    if (this.isSlow) this.waiting.push(answer)
    else answer()
  }

  /** What would execute now, in its order: the data's first bytes. */
  get executable(): number[] {
    return this.pooled.map(({ data }) => data[0] as number)
  }

  get pooled(): SignedTransaction[] {
    const byNonce = new Map(this.pool.all().map((transaction) => [transaction.nonce, transaction]))
    const found: SignedTransaction[] = []
    for (let next = byNonce.get(this.nonce); next !== undefined; next = byNonce.get(next.nonce + 1)) found.push(next)
    return found
  }

  /** A block with the first `count` of them. */
  finalise(count: number, status: 0 | 1 = 1): void {
    const transactions = this.pooled.slice(0, count)
    this.nonce += transactions.length
    this.pool.onCommitted(transactions, { account: () => ({ nonce: this.nonce, balance: 10n ** 18n }) }, 0n)
    const receipts = transactions.map(() => ({ status }))
    this.sender.onFinal({ transactions, receipts } as unknown as FinalBlock)
  }

  #newSender(): CallSender {
    return new CallSender({
      signer,
      chainId: CHAIN_ID,
      nonceOf: () => this.nonce,
      pool: { pendingNonce: (...args) => this.pool.pendingNonce(...args), has: (hash) => this.pool.has(hash) },
      submit: (envelope, done) => this.submit(envelope, done),
      nowMs: () => this.nowMs,
    })
  }
}

function decoded(envelope: Uint8Array, sender: SignedTransaction['sender']): SignedTransaction {
  const transaction = decodeTransaction(envelope)
  if (!transaction.ok || transaction.value.to === null) throw new Error('a call decodes')
  return { ...transaction.value, to: transaction.value.to, sender }
}

describe('calls with the consensus key', () => {
  it('go to the module of the validators, cost nothing, and take one nonce after the other', () => {
    const bench = new Bench()
    for (const number of [1, 2, 3]) bench.sender.send(`purpose ${number}`, call(number))
    expect(bench.executable).toEqual([1, 2, 3])
    for (const { to, value, maxFeePerGas, chainId } of bench.pooled)
      expect({ to, value, maxFeePerGas, chainId }).toEqual({
        to: SYSTEM_ADDRESS,
        value: 0n,
        maxFeePerGas: 0n,
        chainId: CHAIN_ID,
      })
  })

  it('wait for each other while the intake checks them', () => {
    const bench = new Bench()
    bench.isSlow = true
    for (const number of [1, 2]) bench.sender.send(`purpose ${number}`, call(number))
    expect(bench.waiting).toHaveLength(1)
    for (let next = bench.waiting.shift(); next !== undefined; next = bench.waiting.shift()) next()
    expect(bench.executable).toEqual([1, 2])
  })

  it('are not sent twice for one purpose until their nonce is used', () => {
    const bench = new Bench()
    bench.isSlow = true
    const verdicts: boolean[] = []
    const note = (verdict: IntakeVerdict): void => void verdicts.push(verdict.ok)
    for (const number of [1, 1, 2, 2]) bench.sender.send(`purpose ${number}`, call(number), note)
    for (let next = bench.waiting.shift(); next !== undefined; next = bench.waiting.shift()) next()
    bench.sender.send('purpose 1', call(1), note)
    expect(bench.executable).toEqual([1, 2])
    expect(verdicts).toEqual([false, false, true, true, false])
    bench.finalise(1)
    bench.sender.send('purpose 1', call(1))
    bench.isSlow = false
    for (let next = bench.waiting.shift(); next !== undefined; next = bench.waiting.shift()) next()
    expect(bench.executable).toEqual([2, 1])
  })

  it('are bounded', () => {
    const bench = new Bench()
    let refused = 0
    for (let number = 0; number < 200; number++)
      bench.sender.send(`purpose ${number}`, call(number), (verdict) => {
        if (!verdict.ok) refused += 1
      })
    expect(bench.pool.size).toBe(8)
    expect(refused).toBe(200 - 8 - 64)
    bench.finalise(8)
    expect(bench.pool.size).toBe(8)
  })

  it('leave no gap where one of them is refused', () => {
    const bench = new Bench()
    bench.isSlow = true
    for (const number of [1, 2, 3]) bench.sender.send(`purpose ${number}`, call(number))
    bench.waiting.shift()?.()
    bench.pool.discard(bench.pool.all()[0]?.hash ?? ZERO_HASH)
    bench.nowMs += 1
    for (let next = bench.waiting.shift(); next !== undefined; next = bench.waiting.shift()) next()
    bench.isSlow = false
    bench.sender.repeat()
    expect(bench.executable).toEqual([1, 2, 3])
  })

  it('come again when the pool has lost them, byte for byte', () => {
    const bench = new Bench()
    bench.sender.send('purpose', call(1))
    const [before] = bench.pooled
    bench.pool.discard(before?.hash ?? ZERO_HASH)
    expect(bench.executable).toEqual([])
    bench.sender.repeat()
    expect(bench.pooled.map(({ hash }) => hash)).toEqual([before?.hash])
  })

  it('that the ledger refuses are not asked of it again at once', () => {
    const bench = new Bench()
    bench.sender.send('purpose', call(1))
    bench.finalise(1, 0)
    bench.sender.send('purpose', call(1))
    expect(bench.executable).toEqual([])
    bench.nowMs += 10_000
    bench.sender.send('purpose', call(1))
    expect(bench.executable).toEqual([1])
  })
})

describe('the nonce of the consensus key', () => {
  it('goes on behind what a restart has left in the pool', () => {
    const bench = new Bench()
    bench.sender.send('purpose 1', call(1))
    bench.restart(true)
    bench.sender.send('purpose 2', call(2))
    expect(bench.executable).toEqual([1, 2])
  })

  it('begins at the account when nothing is left', () => {
    const bench = new Bench()
    bench.sender.send('purpose 1', call(1))
    bench.restart(false)
    bench.sender.send('purpose 2', call(2))
    expect(bench.executable).toEqual([2])
  })

  it('that another transaction has used is left behind, and the call sent with the next', () => {
    const bench = new Bench()
    bench.sender.send('purpose', call(1))
    const [own] = bench.pooled
    bench.pool.discard(own?.hash ?? ZERO_HASH)
    bench.nonce = 1
    bench.sender.onFinal({
      transactions: [{ ...own, hash: '0xother', data: call(9) }],
      receipts: [{ status: 1 }],
    } as never)
    bench.sender.send('purpose', call(1))
    expect(bench.pooled.map(({ nonce, data }) => [nonce, data[0]])).toEqual([[1, 1]])
  })

  it('is never locked by a transaction that nobody includes', () => {
    const bench = new Bench()
    const stuck = signTransaction(
      {
        ...{ type: 2, chainId: CHAIN_ID, nonce: 0, gasLimit: 21_000, to: SYSTEM_ADDRESS, value: 1n, data: call(9) },
        ...{ accessList: [], maxFeePerGas: 5n, maxPriorityFeePerGas: 0n },
      },
      signer,
    )
    bench.submit(stuck, () => undefined)
    bench.sender.send('purpose 1', call(1))
    expect(bench.executable).toEqual([9, 1])
    bench.nowMs = 10_000
    bench.sender.send('purpose 2', call(2))
    expect(bench.executable).toEqual([2, 1])
  })

  it('sends again at once what was overtaken: another call has used its nonce while the pool looked at it', () => {
    const bench = new Bench()
    const verdicts: IntakeVerdict[] = []
    bench.isSlow = true
    bench.sender.send('vote', call(1), (verdict) => verdicts.push(verdict))
    bench.nonce = 1
    bench.waiting.shift()?.()
    expect(verdicts).toEqual([])
    expect(bench.sender.isBusyWith('vote')).toBe(true)
    bench.waiting.shift()?.()
    expect(bench.executable).toEqual([1])
    expect(verdicts).toMatchObject([{ ok: true }])
  })
})
