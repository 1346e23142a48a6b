/**
 * How transactions come into the pool and go on to others. A fresh one goes to the other
 * validators on the direct streams at once; what is still not final after a while is gossiped to
 * everybody (docs/network.md, "What travels how").
 */
import { BoundedMap } from '../base/bounded.ts'
import { type Rejection, rejection } from '../base/rejection.ts'
import { err, ok, type Result } from '../base/result.ts'
import { keccak256Hash } from '../crypto/keccak.ts'
import type { LedgerParameters } from '../ledger/system/parameters.ts'
import type { AccountReader, Mempool } from '../mempool/mempool.ts'
import type { Hash } from '../types/ids.ts'
import { ArrivalQueue, type IntakeOrigin } from './arrival-queue.ts'
import type { TransactionVerdict, TransactionVerifier, VerifiedTransaction } from './transaction-verifier.ts'

export type IntakeVerdict = Result<Hash, Rejection>

interface Arrival {
  readonly envelope: Uint8Array
  readonly origin: IntakeOrigin
  readonly done: (verdict: IntakeVerdict) => void
}

export interface IntakePorts {
  readonly nowMs: () => number
  readonly accounts: () => AccountReader
  /** Of the next block. */
  readonly parameters: () => Pick<LedgerParameters, 'baseFeePerGas' | 'gasLimit'>
  /** New here and brought by a client of this node. */
  readonly carry: (transactions: readonly VerifiedTransaction[]) => void
  /** The pool may have something to propose now, or nothing any more. */
  readonly poolChanged: () => void
}

/** BOUND: hashes of envelopes refused lately for their own sake, never for the sender's account. */
const REFUSED_MAX = 8_192
const BATCH_MAX = 512

export class TransactionIntake {
  readonly #pool: Mempool
  readonly #verifier: TransactionVerifier
  readonly #ports: IntakePorts
  readonly #arrivals = new ArrivalQueue<Arrival>()
  readonly #refused = new BoundedMap<Hash, Rejection>(REFUSED_MAX)
  #isVerifying = false

  constructor(pool: Mempool, verifier: TransactionVerifier, ports: IntakePorts) {
    this.#pool = pool
    this.#verifier = verifier
    this.#ports = ports
  }

  submit(envelope: Uint8Array, origin: IntakeOrigin, done: (verdict: IntakeVerdict) => void): void {
    this.submitAll([envelope], origin, done)
  }

  /** What came together is checked together; `done` is called for each. */
  submitAll(envelopes: readonly Uint8Array[], origin: IntakeOrigin, done: (verdict: IntakeVerdict) => void): void {
    for (const envelope of envelopes) {
      if (this.#arrivals.push({ envelope, origin, done })) continue
      done(err(rejection('intakeFull', 'too many transactions wait to be checked; try again', 'ignore')))
    }
    this.#verifyNext()
  }

  /** Takes it out of the pool, with what its sender has behind it. False when the pool does not hold it. */
  drop(hash: Hash): boolean {
    if (!this.#pool.has(hash)) return false
    this.#pool.discard(hash)
    this.#ports.poolChanged()
    return true
  }

  /** What arrives while a batch is being checked makes up the next one. */
  #verifyNext(): void {
    if (this.#isVerifying || this.#arrivals.size === 0) return
    const batch: Arrival[] = []
    for (let next = this.#arrivals.shift(); next !== undefined; next = this.#arrivals.shift()) {
      if (!this.#answerFromMemory(next)) batch.push(next)
      if (batch.length === BATCH_MAX) break
    }
    if (batch.length === 0) return
    this.#isVerifying = true
    this.#verifier.verify(
      batch.map(({ envelope }) => envelope),
      (verdicts) => {
        this.#isVerifying = false
        this.#admit(batch, verdicts)
        this.#verifyNext()
      },
    )
  }

  #answerFromMemory(arrival: Arrival): boolean {
    const refusal = this.#refused.get(keccak256Hash(arrival.envelope))
    if (refusal === undefined) return false
    arrival.done(err(refusal))
    return true
  }

  #admit(batch: readonly Arrival[], verdicts: readonly TransactionVerdict[]): void {
    const own: VerifiedTransaction[] = []
    let isChanged = false
    for (const [index, { origin, envelope, done }] of batch.entries()) {
      const verdict = verdicts[index]
      if (verdict === undefined) continue
      if (!verdict.ok) {
        this.#refused.set(keccak256Hash(envelope), verdict.error)
        done(err(verdict.error))
        continue
      }
      const transaction = verdict.value
      const added = this.#intoPool(transaction, origin)
      if (added.ok && added.value !== 'known') {
        isChanged = true
        if (origin === 'local') own.push(transaction)
      }
      done(added.ok ? ok(transaction.hash) : err(added.error))
    }
    if (own.length > 0) this.#ports.carry(own)
    if (isChanged) this.#ports.poolChanged()
  }

  #intoPool(transaction: VerifiedTransaction, origin: IntakeOrigin): Result<'added' | 'replaced' | 'known', Rejection> {
    const { nowMs, accounts, parameters } = this.#ports
    const { baseFeePerGas, gasLimit } = parameters()
    // Not the sender's fault for sure, nor for good: the limit is a parameter that governance changes.
    if (transaction.gasLimit > gasLimit) return err(rejection('gasLimit', 'exceeds block gas limit', 'ignore'))
    return this.#pool.add(transaction, origin === 'local' ? 'local' : 'remote', accounts(), baseFeePerGas, nowMs())
  }
}
