/**
 * From a decoded envelope to a transaction with a known sender: the checks that need no state, and
 * the only place that makes a `Verified<SignedTransaction>`. What depends on the sender's account is
 * the pool's and the ledger's business. The wording is what wallets and libraries look for
 * (docs/json-rpc.md, "Errors").
 */
import type { Brand } from '../base/brand.ts'
import { type Rejection, rejection } from '../base/rejection.ts'
import { err, ok, type Result } from '../base/result.ts'
import type { RecoverItem } from '../crypto/secp256k1.ts'
import { intrinsicGas } from '../ledger/gas.ts'
import type { Address } from '../types/ids.ts'
import { mintVerified } from '../types/mint-verified.ts'
import type { SignedTransaction, Transaction } from '../types/transaction.ts'
import type { Verified } from '../types/verified.ts'

export interface TransactionRules {
  readonly chainId: number
}

export type TransactionRuleCode = 'chainId' | 'contractCreation' | 'nonceMax' | 'tipAboveCap' | 'intrinsicGas'

/** Has passed `checkTransaction`; its signature is still to be checked. */
export type CheckedTransaction = Brand<Transaction & { readonly to: Address }, 'CheckedTransaction'>

/** The rules that need no state: every one of them holds for transactions in blocks as well. */
export function checkTransaction(
  transaction: Transaction,
  rules: TransactionRules,
): Result<CheckedTransaction, Rejection<TransactionRuleCode>> {
  const broken = brokenRule(transaction, rules)
  return broken === undefined ? ok(transaction as CheckedTransaction) : err(broken)
}

/** What a batch of the recovery workers needs of it; the answer goes to `withSender`. */
export function recoverItemOf(transaction: Transaction): RecoverItem {
  return { digest: transaction.signingDigest, signature: transaction.signature, yParity: transaction.yParity }
}

/** `sender` is what recovery answered for this transaction: undefined if no key made the signature. */
export function withSender(
  transaction: CheckedTransaction,
  sender: Address | undefined,
): Result<Verified<SignedTransaction>, Rejection<'signature'>> {
  if (sender === undefined) return err(rejection('signature', 'invalid sender'))
  return ok(mintVerified({ ...transaction, sender }))
}

function brokenRule(transaction: Transaction, rules: TransactionRules): Rejection<TransactionRuleCode> | undefined {
  if (transaction.chainId !== rules.chainId) {
    const ids = `have ${transaction.chainId} want ${rules.chainId}`
    return rejection('chainId', `invalid chain id for signer: ${ids}`)
  }
  if (transaction.to === null) {
    return rejection('contractCreation', 'transaction rejected: contract creation not supported')
  }
  // The account's nonce after it has to be a safe integer, too (EIP-2681 for 64 bits).
  if (transaction.nonce === Number.MAX_SAFE_INTEGER) return rejection('nonceMax', 'nonce has max value')
  if (transaction.maxPriorityFeePerGas > transaction.maxFeePerGas) {
    return rejection('tipAboveCap', 'max priority fee per gas higher than max fee per gas')
  }
  if (transaction.gasLimit < intrinsicGas(transaction)) return rejection('intrinsicGas', 'intrinsic gas too low')
  return undefined
}
