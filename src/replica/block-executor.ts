/**
 * Executes proposed blocks and builds our own, in slices, and keeps the result of each until it
 * is final or abandoned: what was executed for a vote is never executed again for the commit.
 *
 * DETERMINISM: whether a block is valid depends on the block and its parent's state alone.
 */

import { BoundedMap } from '../base/bounded.ts'
import { defined } from '../base/invariant.ts'
import type { Logger } from '../base/logger.ts'
import { isPlanted } from '../base/planted-bug.ts'
import type { BuildRequest } from '../consensus/effects.ts'
import { hashHeader } from '../crypto/digests.ts'
import { BlockExecution, type ExecutedBlock } from '../ledger/block-execution.ts'
import type { LedgerRules } from '../ledger/rules.ts'
import { parametersIn } from '../ledger/system/state-records.ts'
import type { ParentView } from '../mempool/candidates.ts'
import type { Mempool } from '../mempool/mempool.ts'
import type { Block } from '../types/block.ts'
import type { Genesis } from '../types/genesis.ts'
import type { Address, Hash } from '../types/ids.ts'
import type { SignedTransaction } from '../types/transaction.ts'
import type { Verified } from '../types/verified.ts'
import { ownStatement } from '../validation/own-statement.ts'
import type { BlockResult } from './block-result.ts'
import { difference, type ExecutorEpoch, environmentOn, justification, seal } from './block-sealing.ts'
import type { Clock } from './ports.ts'
import type { ExecutionInput, SharedWork } from './shared-work.ts'
import { isEnd, suffixFault, suffixHeader } from './suffix-block.ts'
import type { TransactionVerifier, VerifiedTransaction } from './transaction-verifier.ts'

/** `refused` is filled while blocks are built; it holds no more than the pool does. */
interface GrowingView extends ParentView {
  readonly refused: Set<Hash>
}

export interface ExecutorConfig {
  readonly rules: LedgerRules
  readonly genesis: Genesis
}

/** BOUND: parents whose views are remembered, with what did not execute on them. */
const PARENT_VIEWS_MAX = 8
/** A leader stops filling a block after this share of the view timeout … */
const FILL_TIME_SHARE = 1 / 4
/** … or after this long, whichever is less. */
const FILL_MS_MAX = 250
const TRANSACTIONS_PER_SLICE = 32
/** BOUND: results of our own that a header contradicts; of use only if a quorum certifies one. */
const CONTRADICTED_MAX = 4

export class BlockExecutor {
  readonly #config: ExecutorConfig
  readonly #pool: Mempool
  readonly #verifier: TransactionVerifier
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #shared: SharedWork
  readonly #results = new Map<Hash, BlockResult>()
  /** By hash of the parent; of no use once the tip has moved. */
  readonly #parentViews = new BoundedMap<Hash, { readonly tip: BlockResult; readonly view: GrowingView }>(
    PARENT_VIEWS_MAX,
  )
  readonly #contradicted = new BoundedMap<Hash, BlockResult>(CONTRADICTED_MAX)
  #epoch: ExecutorEpoch
  #tip: BlockResult

  constructor(
    config: ExecutorConfig,
    epoch: ExecutorEpoch,
    parts: {
      readonly pool: Mempool
      readonly verifier: TransactionVerifier
      readonly clock: Clock
      readonly logger: Logger
      readonly shared: SharedWork
    },
    tip: BlockResult,
  ) {
    this.#config = config
    this.#epoch = epoch
    this.#pool = parts.pool
    this.#verifier = parts.verifier
    this.#clock = parts.clock
    this.#logger = parts.logger
    this.#shared = parts.shared
    this.#tip = tip
    this.#results.set(tip.hash, tip)
  }

  get tip(): BlockResult {
    return this.#tip
  }

  /** What is asked for from now on is of this epoch; what was asked for before is still of its own. */
  enterEpoch(epoch: ExecutorEpoch): void {
    this.#epoch = epoch
  }

  result(hash: Hash): BlockResult | undefined {
    return this.#results.get(hash)
  }

  /** What our own execution gave for a block whose header says otherwise; undefined when it came to no end. */
  contradicted(hash: Hash): BlockResult | undefined {
    return this.#contradicted.get(hash)
  }

  /** Moves the tip to an executed block; results of blocks not above it are dropped. */
  commit(hash: Hash): void {
    this.#tip = defined(this.#results.get(hash), 'the result of a committed block')
    for (const [other, result] of this.#results)
      if (other !== hash && result.header.height <= this.#tip.header.height) this.#results.delete(other)
  }

  /** What a block on top of this one, or else of the tip, would be filled from. */
  parentView(hash: Hash): ParentView {
    const parent = this.#results.get(hash) ?? this.#tip
    return this.#view(parent)
  }

  #view(parent: BlockResult): GrowingView {
    const known = this.#parentViews.get(parent.hash)
    if (known?.tip === this.#tip) return known.view
    const { state } = parent.executed
    const { baseFeePerGas, gasLimit } = parametersIn(state)
    const view = {
      excluded: this.#transactionsUpTo(parent),
      refused: new Set<Hash>(),
      nonceOf: (sender: Address): number => state.account(sender).nonce,
      baseFeePerGas,
      gasLimit,
    }
    this.#parentViews.set(parent.hash, { tip: this.#tip, view })
    return view
  }

  /** Hashes of all transactions between the tip, exclusive, and this block, inclusive. */
  #transactionsUpTo(block: BlockResult): ReadonlySet<Hash> {
    const hashes = new Set<Hash>()
    for (
      let at: BlockResult | undefined = block;
      at !== undefined && at !== this.#tip;
      at = this.#results.get(at.header.parentHash)
    )
      for (const transaction of at.transactionHashes) hashes.add(transaction)
    return hashes
  }

  /** `done` gets null when the block is valid, otherwise what is wrong with it. */
  execute(block: Block, run: (task: Iterator<void, void>) => void, done: (fault: string | null) => void): void {
    const epoch = this.#epoch
    this.#verifier.verify(block.transactions, (verdicts) => {
      const bad = verdicts.find((verdict) => !verdict.ok)
      if (bad?.ok === false) {
        done(`a transaction is invalid: ${bad.error.message}`)
        return
      }
      const transactions = verdicts.flatMap((verdict) => (verdict.ok ? [verdict.value] : []))
      if (__CANARIES__ && isPlanted('map-order'))
        transactions.sort((a, b) => Number(this.#pool.has(b.hash)) - Number(this.#pool.has(a.hash)))
      run(this.#execution(block, transactions, epoch, done))
    })
  }

  *#execution(
    block: Block,
    transactions: readonly VerifiedTransaction[],
    epoch: ExecutorEpoch,
    done: (fault: string | null) => void,
  ): Generator<void, void> {
    const parent = this.#results.get(block.header.parentHash)
    // The parent was final on another branch before this task had its turn.
    if (parent === undefined) return
    if (block.header.consensus.suffix || isEnd(parent, block.header.consensus.epoch)) {
      const fault = suffixFault(block.header, parent)
      if (fault === null) this.#keepSuffix(block, parent)
      done(fault)
      return
    }
    const environment = environmentOn(parent, block.header.miner, block.header.consensus.timeMs, epoch)
    const input: ExecutionInput = { parent: parent.executed.state, block: block.hash, transactions }
    const known = this.#shared.executed(input)
    const execution =
      known === undefined ? new BlockExecution(this.#config.rules, parent.executed.state, environment) : null
    for (const [index, transaction] of transactions.entries()) {
      const applied = execution?.apply(transaction)
      if (applied?.ok === false) {
        done(`transaction ${transaction.hash} is invalid here: ${applied.error.message}`)
        return
      }
      if (index % TRANSACTIONS_PER_SLICE === TRANSACTIONS_PER_SLICE - 1) yield
    }
    yield
    const { view } = block.header.consensus
    const finish = (): ExecutedBlock =>
      defined(execution, 'the execution of a block').finish(justification(view, block.justify, epoch))
    const executed = known ?? this.#shared.executed(input) ?? this.#shared.finished(input, finish())
    const fault = difference(block.header, parent, environment, executed)
    const result = resultOf(block, executed, transactions)
    if (fault === null) this.#results.set(block.hash, result)
    else this.#contradicted.set(block.hash, result)
    done(fault)
  }

  /** Fills a block from the pool and seals it. Null when nothing in the pool was valid and it must not be empty. */
  *build(request: BuildRequest, self: Address, done: (block: Verified<Block> | null) => void): Generator<void, void> {
    const parent = this.#results.get(request.parentHash)
    if (parent === undefined) {
      done(null)
      return
    }
    const epoch = this.#epoch
    if (request.suffix) {
      const header = suffixHeader(request, parent, self)
      const block = { hash: hashHeader(header), header, justify: request.justify, tc: request.tc, transactions: [] }
      this.#keepSuffix(block, parent)
      done(ownStatement(block))
      return
    }
    const timeMs = Math.max(parent.header.consensus.timeMs + 1, Math.floor(this.#clock.wallMs()))
    const environment = environmentOn(parent, self, timeMs, epoch)
    const execution = new BlockExecution(this.#config.rules, parent.executed.state, environment)
    const chosen: VerifiedTransaction[] = []
    if (!request.empty) yield* this.#fill(execution, parent, chosen)
    if (!request.empty && chosen.length === 0) {
      done(null)
      return
    }
    const own = execution.finish(justification(request.view, request.justify, epoch))
    const header = seal(request, parent, environment, own, epoch)
    const transactions = chosen.map(({ envelope }) => envelope)
    const block = { hash: hashHeader(header), header, justify: request.justify, tc: request.tc, transactions }
    const input: ExecutionInput = { parent: parent.executed.state, block: block.hash, transactions: chosen }
    const executed = this.#shared.finished(input, own)
    this.#results.set(block.hash, resultOf(block, executed, chosen))
    done(ownStatement(block))
  }

  *#fill(execution: BlockExecution, parent: BlockResult, chosen: VerifiedTransaction[]): Generator<void, void> {
    const { viewTimeoutMs, blockTransactionsMax, blockBytesMax } = this.#config.genesis.consensus
    const untilMs = this.#clock.monotonicMs() + Math.min(viewTimeoutMs * FILL_TIME_SHARE, FILL_MS_MAX)
    const view = this.#view(parent)
    const candidates = this.#pool.candidates(view)
    let bytes = 0
    for (const transaction of candidates) {
      if (chosen.length >= blockTransactionsMax || this.#clock.monotonicMs() > untilMs) return
      if (bytes + transaction.envelope.length > blockBytesMax || execution.mustWait(transaction)) {
        candidates.skip(transaction.sender)
        // What an empty block has no room for is left behind on this parent.
        if (chosen.length === 0) view.refused.add(transaction.hash)
        continue
      }
      const applied = execution.apply(transaction)
      if (applied.ok) {
        chosen.push(transaction)
        bytes += transaction.envelope.length
      } else {
        candidates.skip(transaction.sender)
        view.refused.add(transaction.hash)
        if (parent === this.#tip) this.#discard(transaction, applied.error.message)
      }
      if (chosen.length % TRANSACTIONS_PER_SLICE === TRANSACTIONS_PER_SLICE - 1) yield
    }
  }

  #discard(transaction: SignedTransaction, reason: string): void {
    this.#logger.debug('transaction left the pool', { hash: transaction.hash, reason })
    this.#pool.discard(transaction.hash)
  }

  #keepSuffix({ hash, header }: Pick<Block, 'hash' | 'header'>, parent: BlockResult): void {
    const { state, stateRoot } = parent.executed
    const executed = { state, stateRoot, receipts: [] }
    this.#results.set(hash, { hash, header, executed, transactions: [], transactionHashes: new Set() })
  }
}

function resultOf(
  { hash, header }: Pick<Block, 'hash' | 'header'>,
  executed: ExecutedBlock,
  transactions: readonly SignedTransaction[],
): BlockResult {
  return { hash, header, executed, transactions, transactionHashes: new Set(transactions.map((each) => each.hash)) }
}
