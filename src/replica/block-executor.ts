/**
 * Executes proposed blocks and builds our own, in slices, and keeps the result of each until it
 * is final or abandoned: what was executed for a vote is never executed again for the commit.
 *
 * DETERMINISM: whether a block is valid depends on the block and its parent's state alone.
 */

import { BoundedMap } from '../base/bounded.ts'
import { bytesEqual } from '../base/bytes.ts'
import { defined } from '../base/invariant.ts'
import type { Logger } from '../base/logger.ts'
import { isPlanted } from '../base/planted-bug.ts'
import type { BuildRequest } from '../consensus/effects.ts'
import { hashHeader, hashValidators, qcDigest, tcDigest } from '../crypto/digests.ts'
import type { BlockEnvironment, Justification } from '../ledger/block-environment.ts'
import { BlockExecution, type ExecutedBlock } from '../ledger/block-execution.ts'
import type { LedgerRules } from '../ledger/rules.ts'
import { wordsIn } from '../ledger/storage-words.ts'
import { readParameters } from '../ledger/system/parameters.ts'
import { SYSTEM_ADDRESS } from '../ledger/system/system-account.ts'
import { readValidatorRecord } from '../ledger/system/validator-records.ts'
import type { WorldState } from '../ledger/world-state.ts'
import type { ParentView } from '../mempool/candidates.ts'
import type { Mempool } from '../mempool/mempool.ts'
import type { Block } from '../types/block.ts'
import type { QuorumCertificate } from '../types/certificate.ts'
import type { Genesis } from '../types/genesis.ts'
import type { Header } from '../types/header.ts'
import type { Address, Hash, Height, View } from '../types/ids.ts'
import { signersOf } from '../types/signer-bitmap.ts'
import type { SignedTransaction } from '../types/transaction.ts'
import type { ValidatorSet } from '../types/validator-set.ts'
import type { Verified } from '../types/verified.ts'
import { ownStatement } from '../validation/own-statement.ts'
import type { Clock } from './ports.ts'
import type { TransactionVerifier, VerifiedTransaction } from './transaction-verifier.ts'

/** A block whose post-state is known. */
export interface BlockResult {
  readonly hash: Hash
  readonly parentHash: Hash
  readonly height: Height
  readonly timeMs: number
  readonly executed: Pick<ExecutedBlock, 'state' | 'stateRoot' | 'receipts'>
  readonly transactions: readonly SignedTransaction[]
  readonly transactionHashes: ReadonlySet<Hash>
}

/** `refused` is filled while blocks are built; it holds no more than the pool does. */
interface GrowingView extends ParentView {
  readonly refused: Set<Hash>
}

export interface ExecutorConfig {
  readonly rules: LedgerRules
  readonly genesis: Genesis
  readonly validators: ValidatorSet
  readonly leaderOf: (view: View) => number
}

/** BOUND: parents whose views are remembered, with what did not execute on them. */
const PARENT_VIEWS_MAX = 8
/** BOUND: views between two blocks whose leaders are counted as missed, latest first. */
const MISSED_VIEWS_MAX = 256
/** A leader stops filling a block after this share of the view timeout … */
const FILL_TIME_SHARE = 1 / 4
/** … or after this long, whichever is less. */
const FILL_MS_MAX = 250
const TRANSACTIONS_PER_SLICE = 32

export class BlockExecutor {
  readonly #config: ExecutorConfig
  readonly #pool: Mempool
  readonly #verifier: TransactionVerifier
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #results = new Map<Hash, BlockResult>()
  /** By hash of the parent; of no use once the tip has moved. */
  readonly #parentViews = new BoundedMap<Hash, { readonly tip: BlockResult; readonly view: GrowingView }>(
    PARENT_VIEWS_MAX,
  )
  #tip: BlockResult

  constructor(
    config: ExecutorConfig,
    parts: {
      readonly pool: Mempool
      readonly verifier: TransactionVerifier
      readonly clock: Clock
      readonly logger: Logger
    },
    tip: BlockResult,
  ) {
    this.#config = config
    this.#pool = parts.pool
    this.#verifier = parts.verifier
    this.#clock = parts.clock
    this.#logger = parts.logger
    this.#tip = tip
    this.#results.set(tip.hash, tip)
  }

  get tip(): BlockResult {
    return this.#tip
  }

  result(hash: Hash): BlockResult | undefined {
    return this.#results.get(hash)
  }

  /** Moves the tip to an executed block; results of blocks not above it are dropped. */
  commit(hash: Hash): void {
    this.#tip = defined(this.#results.get(hash), 'the result of a committed block')
    for (const [other, result] of this.#results)
      if (other !== hash && result.height <= this.#tip.height) this.#results.delete(other)
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
    const view = {
      excluded: this.#transactionsUpTo(parent),
      refused: new Set<Hash>(),
      nonceOf: (sender: Address): number => state.account(sender).nonce,
      baseFeePerGas: readParameters(wordsIn(state, SYSTEM_ADDRESS)).baseFeePerGas,
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
      at = this.#results.get(at.parentHash)
    )
      for (const transaction of at.transactionHashes) hashes.add(transaction)
    return hashes
  }

  /** `done` gets null when the block is valid, otherwise what is wrong with it. */
  execute(block: Block, run: (task: Iterator<void, void>) => void, done: (fault: string | null) => void): void {
    this.#verifier.verify(block.transactions, (verdicts) => {
      const bad = verdicts.find((verdict) => !verdict.ok)
      if (bad?.ok === false) {
        done(`a transaction is invalid: ${bad.error.message}`)
        return
      }
      const transactions = verdicts.flatMap((verdict) => (verdict.ok ? [verdict.value] : []))
      if (__CANARIES__ && isPlanted('map-order'))
        transactions.sort((a, b) => Number(this.#pool.has(b.hash)) - Number(this.#pool.has(a.hash)))
      run(this.#execution(block, transactions, done))
    })
  }

  *#execution(
    block: Block,
    transactions: readonly VerifiedTransaction[],
    done: (fault: string | null) => void,
  ): Generator<void, void> {
    const parent = this.#results.get(block.header.parentHash)
    // The parent was final on another branch before this task had its turn.
    if (parent === undefined) return
    const environment = this.#environment(parent, block.header.miner, block.header.consensus.timeMs)
    const execution = new BlockExecution(this.#config.rules, parent.executed.state, environment)
    for (const [index, transaction] of transactions.entries()) {
      const applied = execution.apply(transaction)
      if (!applied.ok) {
        done(`transaction ${transaction.hash} is invalid here: ${applied.error.message}`)
        return
      }
      if (index % TRANSACTIONS_PER_SLICE === TRANSACTIONS_PER_SLICE - 1) yield
    }
    yield
    const { view } = block.header.consensus
    const executed = execution.finish(this.#justification(view, block.justify))
    const fault = this.#difference(block.header, parent, environment, executed)
    if (fault === null) this.#keep(block.hash, parent, environment, executed, transactions)
    done(fault)
  }

  /** Fills a block from the pool and seals it. Null when nothing in the pool was valid and it must not be empty. */
  *build(request: BuildRequest, self: Address, done: (block: Verified<Block> | null) => void): Generator<void, void> {
    const parent = this.#results.get(request.parentHash)
    if (parent === undefined) {
      done(null)
      return
    }
    const timeMs = Math.max(parent.timeMs + 1, Math.floor(this.#clock.wallMs()))
    const environment = this.#environment(parent, self, timeMs)
    const execution = new BlockExecution(this.#config.rules, parent.executed.state, environment)
    const chosen: VerifiedTransaction[] = []
    if (!request.empty) yield* this.#fill(execution, parent, chosen)
    if (!request.empty && chosen.length === 0) {
      done(null)
      return
    }
    const executed = execution.finish(this.#justification(request.view, request.justify))
    const header = this.#seal(request, parent, environment, executed)
    const hash = hashHeader(header)
    this.#keep(hash, parent, environment, executed, chosen)
    const transactions = chosen.map(({ envelope }) => envelope)
    done(ownStatement({ hash, header, justify: request.justify, tc: request.tc, transactions }))
  }

  *#fill(execution: BlockExecution, parent: BlockResult, chosen: VerifiedTransaction[]): Generator<void, void> {
    const { viewTimeoutMs, blockTransactionsMax, blockBytesMax } = this.#config.genesis.consensus
    const untilMs = this.#clock.monotonicMs() + Math.min(viewTimeoutMs * FILL_TIME_SHARE, FILL_MS_MAX)
    const view = this.#view(parent)
    const candidates = this.#pool.candidates(view)
    let bytes = 0
    for (const transaction of candidates) {
      if (chosen.length >= blockTransactionsMax || this.#clock.monotonicMs() > untilMs) return
      if (bytes + transaction.envelope.length > blockBytesMax || transaction.gasLimit > execution.gasLeft) {
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

  #environment(parent: BlockResult, proposer: Address, timeMs: number): BlockEnvironment {
    const words = wordsIn(parent.executed.state, SYSTEM_ADDRESS)
    const { baseFeePerGas, gasLimit } = readParameters(words)
    return {
      height: parent.height + 1,
      timeMs,
      proposer,
      feeRecipient: readValidatorRecord(words, proposer)?.feeRecipient ?? proposer,
      parentHash: parent.hash,
      parentStateRoot: parent.executed.stateRoot,
      epoch: this.#config.validators.epoch,
      gasLimit,
      baseFeePerGas,
    }
  }

  #justification(view: View, justify: QuorumCertificate): Justification {
    const { validators, leaderOf } = this.#config
    const addressOf = (index: number): Address => defined(validators.at(index), 'a member of the set').address
    const missedLeaders: Address[] = []
    for (let missed = Math.max(justify.view + 1, view - MISSED_VIEWS_MAX); missed < view; missed++)
      missedLeaders.push(addressOf(leaderOf(missed)))
    return { view, justifyView: justify.view, missedLeaders, voters: signersOf(justify.bitmap).map(addressOf) }
  }

  /** What the header says otherwise than our own execution; null when they agree. */
  #difference(
    header: Header,
    parent: BlockResult,
    environment: BlockEnvironment,
    executed: ExecutedBlock,
  ): string | null {
    const { consensus } = header
    if (header.height !== environment.height) return `height ${header.height} on a parent of height ${parent.height}`
    if (consensus.timeMs <= parent.timeMs) return 'its time is not after its parent'
    if (header.gasLimit !== environment.gasLimit) return 'another gas limit than the parent state says'
    if (header.baseFeePerGas !== environment.baseFeePerGas) return 'another base fee than the parent state says'
    if (header.gasUsed !== executed.gasUsed) return `gas used: header ${header.gasUsed}, ours ${executed.gasUsed}`
    if (header.receiptsRoot !== executed.receiptsRoot)
      return `receipts root: header ${header.receiptsRoot}, ours ${executed.receiptsRoot}`
    if (header.stateRoot !== executed.stateRoot)
      return `state root: header ${header.stateRoot}, ours ${executed.stateRoot}`
    if (!bytesEqual(header.logsBloom, executed.logsBloom)) return 'another logs bloom than ours'
    if (consensus.end !== executed.end) return 'ends the epoch at another block than we do'
    if (consensus.nextValidatorsHash !== hashValidators(executed.nextValidators))
      return 'other next validators than ours'
    return null
  }

  #seal(request: BuildRequest, parent: BlockResult, environment: BlockEnvironment, executed: ExecutedBlock): Header {
    const { validators } = this.#config
    return {
      parentHash: parent.hash,
      miner: environment.proposer,
      stateRoot: executed.stateRoot,
      transactionsRoot: executed.transactionsRoot,
      receiptsRoot: executed.receiptsRoot,
      logsBloom: executed.logsBloom,
      height: environment.height,
      gasLimit: environment.gasLimit,
      gasUsed: executed.gasUsed,
      baseFeePerGas: environment.baseFeePerGas,
      consensus: {
        epoch: validators.epoch,
        view: request.view,
        justifyView: request.justify.view,
        justifyDigest: qcDigest(request.justify),
        tcDigest: request.tc === null ? null : tcDigest(request.tc),
        validatorsHash: hashValidators(validators.members),
        nextValidatorsHash: hashValidators(executed.nextValidators),
        end: executed.end,
        suffix: false,
        timeMs: environment.timeMs,
      },
    }
  }

  #keep(
    hash: Hash,
    parent: BlockResult,
    environment: BlockEnvironment,
    executed: ExecutedBlock,
    transactions: readonly SignedTransaction[],
  ): void {
    this.#results.set(hash, {
      hash,
      parentHash: parent.hash,
      height: environment.height,
      timeMs: environment.timeMs,
      executed,
      transactions,
      transactionHashes: new Set(transactions.map((transaction) => transaction.hash)),
    })
  }
}

/** The result of a block that is final already, whose state is on disk. */
export function resultAt(block: Pick<Block, 'hash' | 'header'>, state: WorldState): BlockResult {
  return {
    hash: block.hash,
    parentHash: block.header.parentHash,
    height: block.header.height,
    timeMs: block.header.consensus.timeMs,
    executed: { state, stateRoot: block.header.stateRoot, receipts: [] },
    transactions: [],
    transactionHashes: new Set(),
  }
}
