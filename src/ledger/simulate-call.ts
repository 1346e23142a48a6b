/** `eth_call` and `eth_estimateGas`: a message run on a state, its effects thrown away. */
import { EMPTY_BYTES } from '../base/bytes.ts'
import { type Rejection, rejection } from '../base/rejection.ts'
import { err, ok, type Result } from '../base/result.ts'
import type { Address } from '../types/ids.ts'
import type { AccessListEntry } from '../types/transaction.ts'
import { beginBlock } from './block-beginning.ts'
import type { BlockEnvironment } from './block-environment.ts'
import { intrinsicGas } from './gas.ts'
import { calledFunction } from './module-interface.ts'
import type { LedgerRules } from './rules.ts'
import { StateOverlay } from './state-overlay.ts'
import { wordsOf } from './storage-words.ts'
import { SYSTEM_ADDRESS } from './system/system-account.ts'
import { executeMessage } from './transaction-execution.ts'
import type { WorldState } from './world-state.ts'

export interface CallRequest {
  readonly from: Address
  readonly to: Address | null
  readonly value: bigint
  readonly data: Uint8Array
  /** It is paid for, though nothing becomes cheaper by it. */
  readonly accessList?: readonly AccessListEntry[]
  readonly gasLimit: number
}

export interface SimulatedCall {
  readonly status: 'returned' | 'reverted' | 'outOfGas'
  /** Return values or the error, ABI-encoded. */
  readonly data: Uint8Array
  /**
   * Intrinsic gas included. A module cannot see how much gas is left, so this is exactly what
   * the same call takes with any limit from here up: it is the estimate.
   */
  readonly gasUsed: number
}

export type SimulationCode = 'contractCreation' | 'intrinsicGasTooLow' | 'insufficientFunds'

/**
 * As the first transaction of the block that `environment` is of would run, on what that block begins with; a
 * view is asked about `state` itself. Nothing is paid for gas; the value has to be there.
 */
export function simulateCall(
  rules: LedgerRules,
  state: WorldState,
  environment: BlockEnvironment,
  request: CallRequest,
): Result<SimulatedCall, Rejection<SimulationCode>> {
  const { from, to, value, data, accessList = [], gasLimit } = request
  if (to === null) return err(rejection('contractCreation', 'transaction rejected: contract creation not supported'))
  const message = { sender: from, to, value, data, accessList, gasLimit }
  const intrinsic = intrinsicGas(message)
  if (gasLimit < intrinsic)
    return err(rejection('intrinsicGasTooLow', `intrinsic gas too low: have ${gasLimit}, want ${intrinsic}`))
  const overlay = new StateOverlay(state)
  const { balance } = overlay.account(from)
  if (balance < value)
    return err(
      rejection('insufficientFunds', `insufficient funds for gas * price + value: have ${balance}, want ${value}`),
    )
  const module = rules.modules.get(to)
  const isView = module !== undefined && calledFunction(module, data)?.isView === true
  if (!isView) beginBlock(rules, wordsOf(overlay, SYSTEM_ADDRESS), environment)
  const { outcome, gasUsed } = executeMessage(rules, overlay, environment, message)
  return ok({ status: outcome.status, data: outcome.status === 'outOfGas' ? EMPTY_BYTES : outcome.data, gasUsed })
}
