/** What a valid transaction does: it pays, moves value, and calls a module if one is at its address. */
import { EMPTY_BYTES } from '../base/bytes.ts'
import { isPlanted } from '../base/planted-bug.ts'
import type { Address } from '../types/ids.ts'
import type { Receipt } from '../types/receipt.ts'
import type { AccessListEntry, SignedTransaction } from '../types/transaction.ts'
import type { BlockEnvironment } from './block-environment.ts'
import { effectiveGasPrice } from './fees.ts'
import { intrinsicGas } from './gas.ts'
import { GasMeter } from './gas-meter.ts'
import { callModule, type ModuleOutcome } from './module-frame.ts'
import { bloomOf } from './receipt-codec.ts'
import type { LedgerRules } from './rules.ts'
import type { StateOverlay } from './state-overlay.ts'
import { wordsOf } from './storage-words.ts'

/** A message to an address, whose sender is good for the value. */
export interface Message {
  readonly sender: Address
  readonly to: Address
  readonly value: bigint
  readonly data: Uint8Array
  readonly accessList: readonly AccessListEntry[]
  /** At least the intrinsic gas. */
  readonly gasLimit: number
}

export interface MessageResult {
  readonly outcome: ModuleOutcome
  readonly gasUsed: number
}

const MOVED: ModuleOutcome = { status: 'returned', data: EMPTY_BYTES, logs: [] }

/** The transaction is one that `whyInvalid` finds nothing wrong with. */
export function executeTransaction(
  rules: LedgerRules,
  overlay: StateOverlay,
  environment: BlockEnvironment,
  transaction: SignedTransaction,
  { isFree, gasUsedBefore }: { readonly isFree: boolean; readonly gasUsedBefore: number },
): Receipt {
  const { sender, gasLimit } = transaction
  const price = isFree ? 0n : effectiveGasPrice(transaction, environment.baseFeePerGas)
  const account = overlay.account(sender)
  overlay.setAccount(sender, {
    ...account,
    nonce: account.nonce + 1,
    balance: account.balance - BigInt(gasLimit) * price,
  })
  const { outcome, gasUsed } = executeMessage(rules, overlay, environment, transaction)
  if (!(__CANARIES__ && isPlanted('refund-forgotten'))) overlay.credit(sender, BigInt(gasLimit - gasUsed) * price)
  if (!(__CANARIES__ && isPlanted('fee-lost'))) overlay.credit(environment.feeRecipient, BigInt(gasUsed) * price)
  const logs = outcome.status === 'returned' ? outcome.logs : []
  return {
    type: transaction.type,
    status: outcome.status === 'returned' ? 1 : 0,
    gasUsed,
    cumulativeGasUsed: gasUsedBefore + gasUsed,
    effectiveGasPrice: price,
    logsBloom: bloomOf(logs),
    logs,
  }
}

/** Moves the value and runs the module; nothing of either remains unless the outcome is 'returned'. */
export function executeMessage(
  rules: LedgerRules,
  overlay: StateOverlay,
  environment: BlockEnvironment,
  message: Message,
): MessageResult {
  const meter = new GasMeter(message.gasLimit)
  meter.charge(intrinsicGas(message))
  overlay.checkpoint()
  const isMinting = __CANARIES__ && isPlanted('self-transfer-mints') && message.sender === message.to
  if (!isMinting) overlay.debit(message.sender, message.value)
  overlay.credit(message.to, message.value)
  const module = rules.modules.get(message.to)
  if (module === undefined) return { outcome: MOVED, gasUsed: meter.used }
  const { height, timeMs, proposer } = environment
  const outcome = callModule(module, {
    sender: message.sender,
    value: message.value,
    data: message.data,
    block: { height, timeMs, proposer },
    words: wordsOf(overlay, module.address),
    meter,
    rules,
  })
  if (outcome.status !== 'returned' && !(__CANARIES__ && isPlanted('revert-forgotten'))) overlay.revert()
  return { outcome, gasUsed: meter.used }
}
