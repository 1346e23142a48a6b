/**
 * What a replica needs of the world. The node gives it sockets, disks, clocks and worker threads,
 * the simulator gives it their models; the replica cannot tell which.
 */

import type { Logger } from '../base/logger.ts'
import type { Rejection } from '../base/rejection.ts'
import type { Result } from '../base/result.ts'
import type { RecoverItem } from '../crypto/secp256k1.ts'
import type { SignatureVerifier } from '../crypto/signature-verifier.ts'
import type { GossipTopic, PeerId, RequestOptions } from '../network/port.ts'
import type { ChainStore } from '../storage/chain-store.ts'
import type { Journal } from '../storage/journal/journal.ts'
import type { Address } from '../types/ids.ts'
import type { ReplicaObserver } from './observer.ts'
import type { OwnKey } from './own-key.ts'
import type { SharedWork } from './shared-work.ts'

export interface ReplicaNetwork {
  sendDirect(to: PeerId, message: Uint8Array): boolean
  publish(topic: GossipTopic, data: Uint8Array): void
  request(
    to: PeerId,
    request: Uint8Array,
    options: RequestOptions,
    done: (response: Result<Uint8Array, Rejection>) => void,
  ): void
  connectedPeers(): readonly PeerId[]
  penalise(peer: PeerId, points: number, reason: string): void
}

export interface Clock {
  /** Never goes back; the origin means nothing. */
  monotonicMs(): number
  /** Since the Unix epoch; may jump. */
  wallMs(): number
}

export interface ReplicaPorts {
  readonly network: ReplicaNetwork
  readonly clock: Clock
  /** Calls back once at or after `atMs` of the monotonic clock; the result cancels. */
  readonly schedule: (atMs: number, callback: () => void) => () => void
  /** Steps the task to its end, letting other work in between the steps. One task after another. */
  readonly runTask: (task: Iterator<void, void>) => void
  /** Who made each signature, undefined where nobody could have. */
  readonly recover: (items: readonly RecoverItem[], done: (signers: readonly (Address | undefined)[]) => void) => void
  readonly verifier: SignatureVerifier
  /** Held now, in the order in which they were made; none for an observer. One that was held stays so. */
  readonly keys: () => readonly OwnKey[]
  readonly journal: Journal
  readonly store: ChainStore
  readonly observer: ReplicaObserver
  readonly logger: Logger
  /** None: this replica works for itself. */
  readonly shared?: SharedWork
  /** A halt that is certain, before its report is complete: whatever happens to the process, it is known from here on. */
  readonly halting: (halt: ReportedHalt) => void
  /** Something is wrong that only a restart, or a person, can mend. The replica does nothing any more. */
  readonly stop: (reason: StopReason) => void
}

export type StopReason =
  /** A disk failed: durable state is what it was. */
  { readonly kind: 'storage'; readonly error: Error } | ReportedHalt

/** Agreement is broken or execution diverged: `report` is for a person to read. */
export interface ReportedHalt {
  readonly kind: 'halt'
  readonly reason: string
  readonly report: string
}
