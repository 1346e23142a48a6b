/** What a replica tells of itself: for log lines, metrics, subscriptions and the simulator's checkers. */
import type { Effect } from '../consensus/effects.ts'
import type { Event } from '../consensus/events.ts'
import type { FinalBlock } from '../types/final-block.ts'
import type { SignedTransaction } from '../types/transaction.ts'
import type { Verified } from '../types/verified.ts'
import type { EpochContext } from './epoch-context.ts'
import type { HeldEvidence } from './governance/evidence-desk.ts'

export interface ReplicaObserver {
  /** Final, durable and readable; in order of height. */
  onFinalBlock?(block: FinalBlock): void
  /** Became executable in the pool. */
  onPendingTransaction?(transaction: Verified<SignedTransaction>): void
  /** A validator is proven guilty: told once for each offence. */
  onEvidence?(held: HeldEvidence): void
  /** An epoch has begun here; not the one that the replica starts in. */
  onEpoch?(context: EpochContext): void
  /** Each event that the core took, with what it asked for. */
  onCoreStep?(event: Event, effects: readonly Effect[]): void
}
