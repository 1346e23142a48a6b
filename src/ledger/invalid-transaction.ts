/**
 * Why a transaction cannot stand in a block at all (docs/ledger.md, "Transactions"). The
 * messages are worded as Ethereum's libraries recognise them.
 */
import { isPlanted } from '../base/planted-bug.ts'
import { type Rejection, rejection } from '../base/rejection.ts'
import type { SignedTransaction } from '../types/transaction.ts'
import type { Account } from './account.ts'
import { costMax } from './fees.ts'
import { intrinsicGas } from './gas.ts'

export type InvalidTransactionCode =
  | 'wrongChainId'
  | 'nonceTooLow'
  | 'nonceTooHigh'
  | 'tipAboveFeeCap'
  | 'feeCapBelowBaseFee'
  | 'intrinsicGasTooLow'
  | 'blockGasExceeded'
  | 'insufficientFunds'

export interface TransactionConditions {
  readonly chainId: number
  readonly baseFeePerGas: bigint
  /** What the block has left. */
  readonly gasLeft: number
  /** It pays nothing, whatever its caps say (docs/ledger.md, "Governance"). */
  readonly isFree: boolean
}

/** Undefined when the sender's transaction may be executed now. */
export function whyInvalid(
  transaction: SignedTransaction,
  sender: Account,
  conditions: TransactionConditions,
): Rejection<InvalidTransactionCode> | undefined {
  const { nonce, gasLimit, maxFeePerGas, maxPriorityFeePerGas } = transaction
  const intrinsic = intrinsicGas(transaction)
  if (transaction.chainId !== conditions.chainId)
    return rejection('wrongChainId', `invalid chain id: have ${transaction.chainId}, want ${conditions.chainId}`)
  const isNonceFree = __CANARIES__ && isPlanted('nonce-unchecked')
  if (nonce < sender.nonce && !isNonceFree)
    return rejection('nonceTooLow', `nonce too low: next nonce ${sender.nonce}, tx nonce ${nonce}`)
  // The last safe integer could not be followed by another nonce.
  if ((nonce > sender.nonce && !isNonceFree) || nonce === Number.MAX_SAFE_INTEGER)
    return rejection('nonceTooHigh', `nonce too high: next nonce ${sender.nonce}, tx nonce ${nonce}`)
  if (maxPriorityFeePerGas > maxFeePerGas)
    return rejection(
      'tipAboveFeeCap',
      `max priority fee per gas higher than max fee per gas: maxPriorityFeePerGas: ${maxPriorityFeePerGas}, maxFeePerGas: ${maxFeePerGas}`,
    )
  if (maxFeePerGas < conditions.baseFeePerGas && !conditions.isFree)
    return rejection(
      'feeCapBelowBaseFee',
      `max fee per gas less than block base fee: maxFeePerGas: ${maxFeePerGas}, baseFee: ${conditions.baseFeePerGas}`,
    )
  if (gasLimit < intrinsic)
    return rejection('intrinsicGasTooLow', `intrinsic gas too low: have ${gasLimit}, want ${intrinsic}`)
  if (gasLimit > conditions.gasLeft)
    return rejection(
      'blockGasExceeded',
      `gas limit reached: the block has ${conditions.gasLeft} gas left, tx ${gasLimit}`,
    )
  const mayOwe = __CANARIES__ && isPlanted('balance-unchecked')
  if (sender.balance < costMax(transaction) && !conditions.isFree && !mayOwe)
    return rejection(
      'insufficientFunds',
      `insufficient funds for gas * price + value: have ${sender.balance}, want ${costMax(transaction)}`,
    )
  return undefined
}
