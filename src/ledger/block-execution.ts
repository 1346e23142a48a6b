/**
 * Execution of one block over its parent's state (docs/ledger.md, "The order inside a block"): the parent
 * into the ring and, in an epoch's first block, the schedule; then the transactions; then the counters
 * and the end of the epoch. A leader does the first two ahead of time and the third when it seals.
 *
 * DETERMINISM: parent state, environment, transactions and justification are all that goes in.
 */

import { bytesEqual } from '../base/bytes.ts'
import { invariant } from '../base/invariant.ts'
import { isPlanted } from '../base/planted-bug.ts'
import type { Rejection } from '../base/rejection.ts'
import { err, ok, type Result } from '../base/result.ts'
import { orderedTrieRoot } from '../trie/ordered-root.ts'
import { type Address, type Hash, hashFromBytes } from '../types/ids.ts'
import type { Receipt } from '../types/receipt.ts'
import type { SignedTransaction } from '../types/transaction.ts'
import { encodeValidators, type Validator } from '../types/validator-set.ts'
import { beginBlock } from './block-beginning.ts'
import type { BlockEnvironment, Justification } from './block-environment.ts'
import { costMax } from './fees.ts'
import { FREE_CALLS_MAX, mayBeFree } from './free-calls.ts'
import { type InvalidTransactionCode, whyInvalid } from './invalid-transaction.ts'
import { applyChanges } from './modules/validators/set-change.ts'
import { encodeReceipt, unionOfBlooms } from './receipt-codec.ts'
import type { LedgerRules } from './rules.ts'
import { StateOverlay } from './state-overlay.ts'
import { type WordReader, type Words, wordsIn, wordsOf } from './storage-words.ts'
import { countBlock } from './system/counters.ts'
import { type EpochSchedule, writeNextWeights } from './system/epoch-schedule.ts'
import { nextWeights } from './system/next-weights.ts'
import { SYSTEM_ADDRESS } from './system/system-account.ts'
import { readValidators } from './system/validator-records.ts'
import { executeTransaction } from './transaction-execution.ts'
import type { WorldState } from './world-state.ts'

export interface ExecutedBlock {
  readonly state: WorldState
  readonly stateRoot: Hash
  readonly transactionsRoot: Hash
  readonly receiptsRoot: Hash
  readonly logsBloom: Uint8Array
  readonly gasUsed: number
  readonly receipts: readonly Receipt[]
  readonly nextValidators: readonly Validator[]
  /** Whether it is the last block of its epoch. */
  readonly end: boolean
}

export class BlockExecution {
  readonly #rules: LedgerRules
  readonly #environment: BlockEnvironment
  readonly #overlay: StateOverlay
  readonly #system: Words
  /** As the block before left it: who governs is decided there. */
  readonly #parentSystem: WordReader
  readonly #schedule: EpochSchedule
  readonly #envelopes: Uint8Array[] = []
  readonly #receipts: Receipt[] = []
  /** By sender. */
  readonly #freeCalls = new Map<Address, number>()
  #gasUsed = 0
  #isFinished = false

  constructor(rules: LedgerRules, parentState: WorldState, environment: BlockEnvironment) {
    this.#rules = rules
    this.#environment = environment
    this.#overlay = new StateOverlay(parentState)
    this.#parentSystem = wordsIn(parentState, SYSTEM_ADDRESS)
    this.#system = wordsOf(this.#overlay, SYSTEM_ADDRESS)
    this.#schedule = beginBlock(rules, this.#system, environment)
  }

  get gasLeft(): number {
    return this.#environment.gasLimit - this.#gasUsed
  }

  /** Whether a later block may have room for what this one has none left for: gas, or free calls of its sender. */
  mustWait(transaction: SignedTransaction): boolean {
    if (transaction.gasLimit > this.gasLeft) return true
    return this.#freeCallsOf(transaction.sender) >= FREE_CALLS_MAX && !this.#canPay(transaction)
  }

  /** A rejection means that a block with this transaction here is invalid; nothing has changed then. */
  apply(transaction: SignedTransaction): Result<Receipt, Rejection<InvalidTransactionCode>> {
    invariant(!this.#isFinished, 'a finished block takes no transaction')
    const { sender } = transaction
    const isFree = this.#isFree(transaction)
    const invalid = whyInvalid(transaction, this.#overlay.account(sender), {
      chainId: this.#rules.chainId,
      baseFeePerGas: this.#environment.baseFeePerGas,
      gasLeft: this.gasLeft,
      isFree,
    })
    if (invalid !== undefined) return err(invalid)
    const terms = { isFree, gasUsedBefore: this.#gasUsed }
    const receipt = executeTransaction(this.#rules, this.#overlay, this.#environment, transaction, terms)
    this.#gasUsed = receipt.cumulativeGasUsed
    if (isFree) this.#freeCalls.set(sender, this.#freeCallsOf(sender) + 1)
    this.#envelopes.push(transaction.envelope)
    this.#receipts.push(receipt)
    return ok(receipt)
  }

  finish(justification: Justification): ExecutedBlock {
    invariant(!this.#isFinished, 'a block is finished once')
    this.#isFinished = true
    const { validators } = this.#schedule
    countBlock(this.#system, validators, this.#environment.proposer, justification)
    applyChanges(this.#system, this.#environment.height)
    const nextValidators = readValidators(this.#system)
    const end = this.#isEpochFull() || !isSameSet(nextValidators, validators)
    if (end) writeNextWeights(this.#system, nextWeights(this.#system, validators, nextValidators))
    const state = this.#overlay.commit()
    const receipts = this.#receipts.map(encodeReceipt)
    return {
      state,
      stateRoot: state.root,
      transactionsRoot: rootOfList(this.#envelopes),
      receiptsRoot: rootOfList(__CANARIES__ && isPlanted('receipts-reversed') ? receipts.toReversed() : receipts),
      logsBloom: unionOfBlooms(this.#receipts.map((receipt) => receipt.logsBloom)),
      gasUsed: this.#gasUsed,
      receipts: this.#receipts,
      nextValidators,
      end,
    }
  }

  #isFree(transaction: SignedTransaction): boolean {
    return mayBeFree(transaction, this.#parentSystem) && this.#freeCallsOf(transaction.sender) < FREE_CALLS_MAX
  }

  #canPay(transaction: SignedTransaction): boolean {
    const { balance } = this.#overlay.account(transaction.sender)
    return transaction.maxFeePerGas >= this.#environment.baseFeePerGas && balance >= costMax(transaction)
  }

  #freeCallsOf(sender: Address): number {
    if (__CANARIES__ && isPlanted('free-calls-unlimited')) return 0
    return this.#freeCalls.get(sender) ?? 0
  }

  #isEpochFull(): boolean {
    const { epochBlocksMax, epochMsMin } = this.#rules
    const { height, timeMs } = this.#environment
    const blocks = height - this.#schedule.startHeight + 1
    return epochBlocksMax > 0 && blocks >= epochBlocksMax && timeMs - this.#schedule.startTimeMs >= epochMsMin
  }
}

function isSameSet(a: readonly Validator[], b: readonly Validator[]): boolean {
  return bytesEqual(encodeValidators(a), encodeValidators(b))
}

function rootOfList(values: readonly Uint8Array[]): Hash {
  return hashFromBytes(orderedTrieRoot(values))
}
