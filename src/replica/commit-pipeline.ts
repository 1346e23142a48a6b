/**
 * From final to readable (docs/consensus.md, "What is on disk before what"): block and proof
 * are in the journal, synced; then one batch in the store, then the pool, then whoever waits for
 * receipts. In that order, so that nobody is told of what a crash could take back.
 */
import { BoundedMap } from '../base/bounded.ts'
import { defined } from '../base/invariant.ts'
import { isPlanted } from '../base/planted-bug.ts'
import type { LedgerParameters } from '../ledger/system/parameters.ts'
import { parametersIn, systemWordsIn } from '../ledger/system/state-records.ts'
import { readValidators } from '../ledger/system/validator-records.ts'
import type { WorldState } from '../ledger/world-state.ts'
import type { Mempool } from '../mempool/mempool.ts'
import type { AppliedBlock, ChainStore } from '../storage/chain-store.ts'
import type { Journal } from '../storage/journal/journal.ts'
import type { JournalPosition } from '../storage/journal/position.ts'
import { BLOCK_RECORD, COMMIT_RECORD, encodeBlockRecord, encodeCommitRecord } from '../storage/journal-records.ts'
import type { Block } from '../types/block.ts'
import type { FinalBlock } from '../types/final-block.ts'
import type { FinalityProof } from '../types/finality.ts'
import type { Hash } from '../types/ids.ts'
import type { BlockExecutor } from './block-executor.ts'
import type { BlockResult } from './block-result.ts'
import type { DurableQueue } from './durable-queue.ts'
import type { SharedWork } from './shared-work.ts'

export interface PipelinePorts {
  readonly journal: Journal
  readonly store: ChainStore
  readonly durable: DurableQueue
  readonly executor: BlockExecutor
  readonly pool: Mempool
  readonly runTask: (task: Iterator<void, void>) => void
  readonly shared: SharedWork
  readonly onFinal: (final: FinalBlock) => void
}

/** BOUND: blocks that were written to the journal since the start and are not final yet. */
const STORED_MAX = 1_024
/** States that can be asked for (docs/ledger.md, "State on disk"). */
const STATE_WINDOW_BLOCKS = 256
/** BOUND: memory for the nodes of the state, put right … */
const STATE_BYTES_MAX = 128 * 1024 * 1024
/** … after so many bytes of new nodes, or so many looks at the state: both leave nodes behind. */
const CREATED_BYTES_MAX = 32 * 1024 * 1024
const LOOKS_MAX = 100_000

export class CommitPipeline {
  readonly #ports: PipelinePorts
  /** Read from the journal at the start, however many they are: what lies there is not written once more. */
  readonly #recovered: Map<Hash, JournalPosition>
  readonly #positions = new BoundedMap<Hash, JournalPosition>(STORED_MAX)
  /** The newest block that is readable. */
  #applied: BlockResult
  #createdBytes = 0
  #looks = 0
  /** Asked for each transaction, they are read from the state once a block. */
  #parameters: LedgerParameters

  /** `recovered`: where the blocks lie that recovery found in the journal above the tip. */
  constructor(ports: PipelinePorts, recovered: ReadonlyMap<Hash, JournalPosition>) {
    this.#ports = ports
    this.#applied = ports.executor.tip
    this.#parameters = parametersIn(this.#applied.executed.state)
    this.#recovered = new Map(recovered)
  }

  /** The latest final one that can be read; the pool judges by it. */
  get state(): WorldState {
    this.#looks += 1
    if (this.#looks > LOOKS_MAX) this.#unload()
    return this.#applied.executed.state
  }

  /** Of the next block. */
  get parameters(): LedgerParameters {
    return this.#parameters
  }

  storeBlock(block: Block): void {
    if (__CANARIES__ && isPlanted('block-not-stored')) return
    this.#store(block)
  }

  #store(block: Block): JournalPosition {
    const known = this.#recovered.get(block.hash) ?? this.#positions.get(block.hash)
    if (known !== undefined) return known
    const position = this.#ports.journal.append(BLOCK_RECORD, encodeBlockRecord(block))
    this.#positions.set(block.hash, position)
    return position
  }

  /** Oldest first, all executed; the proof is of the last. */
  commit(blocks: readonly Block[], finality: FinalityProof): void {
    const { journal, executor, durable } = this.#ports
    // Who catches up while it hears the newest blocks may have heard so many that the first are forgotten.
    const positions = blocks.map((block) => this.#store(block))
    const last = defined(blocks.at(-1), 'a committed block')
    const results = blocks.map((block) => defined(executor.result(block.hash), 'the result of a committed block'))
    const finalityPosition = journal.append(COMMIT_RECORD, encodeCommitRecord(last.header.height, finality))
    executor.commit(last.hash)
    const finish = (): void => {
      const entries = [...blocks.entries()]
      if (__CANARIES__ && isPlanted('commit-order-reversed')) entries.reverse()
      for (const [index, block] of entries) {
        const isLast = block === last
        const result = defined(results[index], 'a result')
        const places = {
          position: defined(positions[index], 'the place of a final block in the journal'),
          finalityPosition: isLast ? finalityPosition : null,
        }
        this.#apply(block, result, isLast ? finality : null, places)
      }
    }
    if (__CANARIES__ && isPlanted('receipt-before-durable')) finish()
    else durable.after(finish)
  }

  #apply(
    block: Block,
    result: BlockResult,
    finality: FinalityProof | null,
    places: Pick<AppliedBlock, 'position' | 'finalityPosition'>,
  ): void {
    const { store, pool, runTask, shared, onFinal } = this.#ports
    const final: FinalBlock = {
      block,
      transactions: result.transactions,
      receipts: result.executed.receipts,
      finality,
    }
    const changes = shared.changes(result.executed.state, this.#applied.executed.state)
    store.apply({
      final,
      ...places,
      changes,
      nextValidators: block.header.consensus.end ? readValidators(systemWordsIn(result.executed.state)) : null,
    })
    this.#recovered.delete(block.hash)
    this.#positions.delete(block.hash)
    this.#applied = result
    this.#parameters = parametersIn(result.executed.state)
    const { height } = block.header
    this.#createdBytes += changes.created.reduce((sum, { encoding }) => sum + encoding.length, 0)
    if (this.#createdBytes > CREATED_BYTES_MAX) this.#unload()
    if (height > STATE_WINDOW_BLOCKS) runTask(store.prune(STATE_WINDOW_BLOCKS))
    pool.onCommitted(result.transactions, this.state, this.#parameters.baseFeePerGas)
    onFinal(final)
    if (__CANARIES__ && isPlanted('final-told-twice') && finality === null) onFinal(final)
  }

  #unload(): void {
    this.#createdBytes = 0
    this.#looks = 0
    this.#applied.executed.state.unload(STATE_BYTES_MAX)
  }
}
