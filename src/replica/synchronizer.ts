/**
 * How a replica comes level with the final chain, across epochs: first by what its own journal still
 * holds, then by ranges from peers that are far ahead.
 */
import type { Rejection } from '../base/rejection.ts'
import { ok, type Result } from '../base/result.ts'
import type { Event } from '../consensus/events.ts'
import type { PeerId } from '../network/port.ts'
import { RangeSync } from '../sync/range-sync.ts'
import type { Epoch, Height } from '../types/ids.ts'
import type { EpochSession } from './epoch-session.ts'
import { LocalReplay } from './local-replay.ts'
import type { ReplicaPorts } from './ports.ts'
import type { RecoveredChain } from './recovered-chain.ts'
import { syncPorts } from './sync-ports.ts'
import type { ValidatorLinks } from './validator-links.ts'

export interface SynchronizerParts {
  readonly ports: ReplicaPorts
  /** The one that is open. */
  readonly session: () => EpochSession
  readonly links: ValidatorLinks
  readonly recovered: RecoveredChain
  readonly feed: (event: Event) => void
}

/** A validator this far behind fetches ranges; closer, consensus itself catches up. */
const RANGE_SYNC_BLOCKS = 8

export class Synchronizer {
  readonly #parts: SynchronizerParts
  readonly #rangeSync: RangeSync
  readonly #replay: LocalReplay
  #isStopped = false

  constructor(parts: SynchronizerParts) {
    const { ports, session, links, recovered, feed } = parts
    this.#parts = parts
    this.#rangeSync = new RangeSync({
      ...syncPorts(ports, () => this.#isStopped),
      nowMs: () => ports.clock.monotonicMs(),
      judge: (block) => session().validators.proposals.anchoredBlock(block),
      judgeFinality: ({ hash, header }, proof) => session().validators.finality.finality(hash, header, proof),
      deliver: (blocks, finality) => {
        feed({ kind: 'blocks', blocks })
        feed({ kind: 'finality', finality })
      },
      committed: () => session().core.tip,
      epoch: () => session().epoch,
      isBetweenEpochs: () => session().core.hasEnded,
      patienceBlocks: () => (links.isValidator ? RANGE_SYNC_BLOCKS : 0),
      validators: () => links.others,
      amplification: () => session().context.validators.amplification,
    })
    this.#replay = new LocalReplay(recovered.ranges())
  }

  /** Null when level. */
  get progress(): RangeSync['progress'] {
    return this.#rangeSync.progress
  }

  /** Whether everything that the journal knows to be final can be read again. */
  get isReplayed(): boolean {
    return this.#replay.isDone(this.#parts.ports.store.tip.header.height)
  }

  stop(): void {
    this.#isStopped = true
  }

  peerHasHeight(peer: PeerId, height: Height, epoch: Epoch): void {
    this.#rangeSync.peerHasHeight(peer, height, epoch)
  }

  forget(peer: PeerId): void {
    this.#rangeSync.forget(peer)
  }

  /** At the start, and whenever blocks have become final. An error when the journal holds what cannot be. */
  advance(): Result<null, Rejection> {
    const { ports, session, feed } = this.#parts
    const next = this.#replay.next(ports.store.tip.header.height, session().validators)
    if (!next.ok) return next
    if (next.value !== null) {
      feed({ kind: 'blocks', blocks: next.value.blocks })
      feed({ kind: 'finality', finality: next.value.finality })
    }
    this.#rangeSync.advance()
    return ok(null)
  }
}
