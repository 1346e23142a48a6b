/**
 * What a transaction has to fulfil beside its own form: nonce, funds, fee, and what it would replace
 * (docs/ledger.md, "The pool"). None of it is the relaying peer's fault, so the verdict is always 'ignore'.
 */
import { type Rejection, rejection } from '../base/rejection.ts'
import type { MempoolLimits } from './mempool-limits.ts'
import type { PooledTransaction } from './pooled-transaction.ts'

export type AdmissionCode =
  | 'nonceTooLow'
  | 'nonceTooHigh'
  | 'insufficientFunds'
  | 'feeTooLow'
  | 'replacement'
  | 'poolFull'

/** What admission asks of the sender's account; the balance in wei. */
export interface Account {
  readonly nonce: number
  readonly balance: bigint
}

export interface AdmissionContext {
  readonly account: Account
  /** Wei that the sender's transactions in the pool may cost. */
  readonly pooledCost: bigint
  /** The one with the same nonce. */
  readonly replaced: PooledTransaction | undefined
  readonly baseFeePerGas: bigint
}

const MESSAGES: Readonly<Record<AdmissionCode, string>> = {
  nonceTooLow: 'nonce too low',
  nonceTooHigh: 'nonce too high',
  insufficientFunds: 'insufficient funds for gas * price + value',
  feeTooLow: 'max fee per gas less than block base fee',
  replacement: 'replacement transaction underpriced',
  poolFull: 'txpool is full',
}

export function admissionRejection(code: AdmissionCode): Rejection<AdmissionCode> {
  return rejection(code, MESSAGES[code], 'ignore')
}

export function findAdmissionFault(
  candidate: PooledTransaction,
  context: AdmissionContext,
  limits: MempoolLimits,
): AdmissionCode | undefined {
  const { nonce, maxFeePerGas } = candidate.transaction
  const { account, replaced } = context
  if (nonce < account.nonce) return 'nonceTooLow'
  if (nonce > account.nonce + limits.nonceGapMax) return 'nonceTooHigh'
  if (!candidate.free) {
    const costOfAll = context.pooledCost - (replaced?.cost ?? 0n) + candidate.cost
    if (costOfAll > account.balance) return 'insufficientFunds'
    if (maxFeePerGas < context.baseFeePerGas) return 'feeTooLow'
  }
  return replaced !== undefined && !mayReplace(replaced, candidate) ? 'replacement' : undefined
}

/** Both caps have to rise by a tenth; where they are zero, as on networks without fees, any rise will do. */
function mayReplace(old: PooledTransaction, fresh: PooledTransaction): boolean {
  if (fresh.free) return true
  const before = old.transaction
  const after = fresh.transaction
  return (
    isRaised(before.maxFeePerGas, after.maxFeePerGas) &&
    isRaised(before.maxPriorityFeePerGas, after.maxPriorityFeePerGas)
  )
}

function isRaised(before: bigint, after: bigint): boolean {
  return after > before && after * 100n >= before * 110n
}
