/** Puts a replica's parts together: the only place that knows how they hang on each other. */
import { defined } from '../base/invariant.ts'
import { Core } from '../consensus/core.ts'
import { Mempool } from '../mempool/mempool.ts'
import { DEFAULT_MEMPOOL_LIMITS } from '../mempool/mempool-limits.ts'
import { rootQc } from '../types/certificate.ts'
import type { FinalBlock } from '../types/final-block.ts'
import type { View } from '../types/ids.ts'
import { createEpochValidators, type EpochValidators } from '../validation/epoch-validators.ts'
import { ownStatement } from '../validation/own-statement.ts'
import { BlockExecutor, resultAt } from './block-executor.ts'
import { CommitPipeline } from './commit-pipeline.ts'
import { DurableQueue } from './durable-queue.ts'
import type { ReplicaPorts } from './ports.ts'
import type { ReplicaConfig } from './replica-config.ts'
import { TransactionVerifier } from './transaction-verifier.ts'

export interface ReplicaParts {
  readonly validators: EpochValidators
  readonly pool: Mempool
  readonly verifier: TransactionVerifier
  readonly executor: BlockExecutor
  readonly durable: DurableQueue
  readonly pipeline: CommitPipeline
  readonly core: Core
}

export function createReplicaParts(
  config: ReplicaConfig,
  ports: ReplicaPorts,
  onFinal: (final: FinalBlock) => void,
): ReplicaParts {
  const { genesis, genesisHash, rules, schedule, recovered } = config
  const leaderOf = (view: View): number => defined(schedule[view % schedule.length], 'a leader')
  const bounds = genesis.consensus
  const validators = createEpochValidators(
    { genesisHash, validators: config.validators, rootHash: config.rootHash, leaderOf, bounds },
    ports.verifier,
  )
  const pool = new Mempool(
    DEFAULT_MEMPOOL_LIMITS,
    { isFree: () => false },
    { onExecutable: (transaction) => ports.observer.onPendingTransaction?.(transaction) },
  )
  const verifier = new TransactionVerifier(
    { chainId: genesis.chainId, blockGasLimit: genesis.gasLimit },
    ports.recover,
    (hash) => pool.get(hash),
  )
  const { tip } = ports.store
  const state = defined(ports.store.stateAt(tip.header.height), 'the state of the tip')
  const executor = new BlockExecutor(
    { rules, genesis, validators: config.validators, leaderOf },
    { pool, verifier, clock: ports.clock, logger: ports.logger },
    resultAt(tip, state),
  )
  const durable = new DurableQueue(ports.journal, ports.signingRecord, (error) =>
    ports.stop({ kind: 'storage', error }),
  )
  const pipeline = new CommitPipeline(
    { journal: ports.journal, store: ports.store, durable, executor, pool, runTask: ports.runTask, onFinal },
    recovered.positions,
  )
  return { validators, pool, verifier, executor, durable, pipeline, core: createCore(config, ports, validators) }
}

function createCore(config: ReplicaConfig, ports: ReplicaPorts, validators: EpochValidators): Core {
  const { tip } = ports.store
  const { epoch } = config.validators
  const isOfEpoch = tip.header.height > 0 && tip.header.consensus.epoch === epoch
  const certificate = ports.store.certificate(tip.header.height)
  const blocks = config.recovered.pending().flatMap((block) => {
    const judged = validators.proposals.anchoredBlock(block)
    return judged.ok ? [judged.value] : []
  })
  return new Core(
    {
      validators: config.validators,
      self: config.self?.index ?? null,
      schedule: config.schedule,
      parameters: config.genesis.consensus,
    },
    {
      record: config.safetyRecord === null ? null : ownStatement(config.safetyRecord),
      root: ownStatement(rootQc(epoch, config.rootHash)),
      committed: {
        hash: tip.hash,
        height: tip.header.height,
        view: isOfEpoch ? tip.header.consensus.view : 0,
      },
      commitCertificate: certificate === null ? null : ownStatement(certificate),
      blocks,
    },
  )
}
