/**
 * From envelopes to transactions with a known sender. A signature is recovered once in a node's
 * life: what the pool or a recent block knows is not checked again.
 */
import { WeightedMap } from '../base/bounded.ts'
import type { Rejection } from '../base/rejection.ts'
import { err, ok, type Result } from '../base/result.ts'
import { keccak256Hash } from '../crypto/keccak.ts'
import { decodeTransaction } from '../crypto/transaction-codec.ts'
import type { Hash } from '../types/ids.ts'
import type { SignedTransaction } from '../types/transaction.ts'
import type { Verified } from '../types/verified.ts'
import {
  type CheckedTransaction,
  checkTransaction,
  recoverItemOf,
  type TransactionRules,
  withSender,
} from '../validation/transaction.ts'
import type { ReplicaPorts } from './ports.ts'

export type VerifiedTransaction = Verified<SignedTransaction>
export type TransactionVerdict = Result<VerifiedTransaction, Rejection>

/** BOUND: transactions of recent blocks, for blocks that compete or come again, and bytes of their envelopes. */
const REMEMBERED = {
  entriesMax: 16_384,
  weightMax: 16 * 1024 * 1024,
  weightOf: ({ envelope }: VerifiedTransaction) => envelope.length,
}

export class TransactionVerifier {
  readonly #rules: TransactionRules
  readonly #recover: ReplicaPorts['recover']
  readonly #pooled: (hash: Hash) => VerifiedTransaction | undefined
  readonly #remembered = new WeightedMap<Hash, VerifiedTransaction>(REMEMBERED)

  constructor(
    rules: TransactionRules,
    recover: ReplicaPorts['recover'],
    pooled: (hash: Hash) => VerifiedTransaction | undefined,
  ) {
    this.#rules = rules
    this.#recover = recover
    this.#pooled = pooled
  }

  /** Verdicts in the order of the envelopes; at once when every one of them is known. */
  verify(envelopes: readonly Uint8Array[], done: (verdicts: readonly TransactionVerdict[]) => void): void {
    const verdicts: TransactionVerdict[] = []
    const unknown: { readonly index: number; readonly transaction: CheckedTransaction }[] = []
    for (const [index, envelope] of envelopes.entries()) {
      const known = this.known(keccak256Hash(envelope))
      const checked = known === undefined ? this.#check(envelope) : undefined
      if (known !== undefined) verdicts[index] = ok(known)
      else if (checked?.ok === true) unknown.push({ index, transaction: checked.value })
      else if (checked !== undefined) verdicts[index] = err(checked.error)
    }
    if (unknown.length === 0) {
      done(verdicts)
      return
    }
    this.#recover(
      unknown.map(({ transaction }) => recoverItemOf(transaction)),
      (signers) => {
        for (const [position, { index, transaction }] of unknown.entries()) {
          const verdict = withSender(transaction, signers[position])
          if (verdict.ok) this.#remembered.set(verdict.value.hash, verdict.value)
          verdicts[index] = verdict
        }
        done(verdicts)
      },
    )
  }

  known(hash: Hash): VerifiedTransaction | undefined {
    return this.#pooled(hash) ?? this.#remembered.get(hash)
  }

  #check(envelope: Uint8Array): Result<CheckedTransaction, Rejection> {
    const decoded = decodeTransaction(envelope)
    if (!decoded.ok) return err(decoded.error)
    return checkTransaction(decoded.value, this.#rules)
  }
}
