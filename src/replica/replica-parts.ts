/** The parts of a replica that outlive its epochs, put together. */
import { mayBeFree } from '../ledger/free-calls.ts'
import { systemWordsIn } from '../ledger/system/state-records.ts'
import { Mempool } from '../mempool/mempool.ts'
import { DEFAULT_MEMPOOL_LIMITS } from '../mempool/mempool-limits.ts'
import type { FinalBlock } from '../types/final-block.ts'
import { BlockExecutor } from './block-executor.ts'
import { resultAt } from './block-result.ts'
import { CommitPipeline } from './commit-pipeline.ts'
import { DurableQueue } from './durable-queue.ts'
import { type EpochContext, leaderOf } from './epoch-context.ts'
import type { ReplicaPorts } from './ports.ts'
import type { ReplicaConfig } from './replica-config.ts'
import { OWN_WORK } from './shared-work.ts'
import { TransactionVerifier } from './transaction-verifier.ts'

export interface ReplicaParts {
  readonly pool: Mempool
  readonly verifier: TransactionVerifier
  readonly executor: BlockExecutor
  readonly durable: DurableQueue
  readonly pipeline: CommitPipeline
}

/** `context`: the epoch that the replica starts in. */
export function createReplicaParts(
  config: ReplicaConfig,
  ports: ReplicaPorts,
  context: EpochContext,
  onFinal: (final: FinalBlock) => void,
): ReplicaParts {
  const { genesis, rules, recovered } = config
  const pool: Mempool = new Mempool(
    DEFAULT_MEMPOOL_LIMITS,
    { isFree: (transaction) => mayBeFree(transaction, systemWordsIn(pipeline.state)) },
    { onExecutable: (transaction) => ports.observer.onPendingTransaction?.(transaction) },
  )
  const verifier = new TransactionVerifier({ chainId: genesis.chainId }, ports.recover, (hash) => pool.get(hash))
  const { tip } = ports.store
  const shared = ports.shared ?? OWN_WORK
  const state = shared.state(ports.store.tipState)
  const executor = new BlockExecutor(
    { rules, genesis },
    { validators: context.validators, leaderOf: leaderOf(context) },
    { pool, verifier, clock: ports.clock, logger: ports.logger, shared },
    resultAt(tip, state),
  )
  const durable = new DurableQueue(ports.journal, (error) => ports.stop({ kind: 'storage', error }))
  const pipeline = new CommitPipeline(
    { journal: ports.journal, store: ports.store, durable, executor, pool, runTask: ports.runTask, shared, onFinal },
    recovered.positions,
  )
  return { pool, verifier, executor, durable, pipeline }
}
