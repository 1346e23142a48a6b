/**
 * Everything by which a replica gets blocks that it lacks: single ones that certificates name,
 * ranges from peers that are far ahead, and first of all what its own journal still holds.
 */
import type { Rejection } from '../base/rejection.ts'
import { ok, type Result } from '../base/result.ts'
import type { Core } from '../consensus/core.ts'
import type { Event } from '../consensus/events.ts'
import type { PeerId } from '../network/port.ts'
import { BlockFetcher } from '../sync/block-fetcher.ts'
import { RangeSync } from '../sync/range-sync.ts'
import type { Block } from '../types/block.ts'
import type { Hash, Height, View } from '../types/ids.ts'
import type { Verified } from '../types/verified.ts'
import type { EpochValidators } from '../validation/epoch-validators.ts'
import { LocalReplay } from './local-replay.ts'
import { FAULT_POINTS } from './penalty.ts'
import type { ReplicaPorts } from './ports.ts'
import type { RecoveredChain } from './recovered-chain.ts'
import type { ValidatorLinks } from './validator-links.ts'

export interface SynchronizerParts {
  readonly ports: ReplicaPorts
  readonly core: Core
  readonly validators: EpochValidators
  readonly links: ValidatorLinks
  readonly recovered: RecoveredChain
  readonly isObserver: boolean
  readonly feed: (event: Event) => void
}

/** A validator this far behind fetches ranges; closer, consensus itself catches up. */
const RANGE_SYNC_BLOCKS = 8
const RESPONSE_BYTES_MAX = 4 * 1024 * 1024

export class Synchronizer {
  readonly #parts: SynchronizerParts
  readonly #fetcher: BlockFetcher
  readonly #rangeSync: RangeSync
  readonly #replay: LocalReplay
  #isStopped = false

  constructor(parts: SynchronizerParts) {
    const { core, validators, recovered, isObserver, feed } = parts
    this.#parts = parts
    const shared = this.#sharedPorts()
    this.#fetcher = new BlockFetcher({
      ...shared,
      peers: (signers) => this.#holders(signers),
      deliver: (blocks) => feed({ kind: 'blocks', blocks }),
      committed: () => core.tip,
    })
    this.#rangeSync = new RangeSync(
      {
        ...shared,
        judgeCertificate: (certificate) => validators.certificates.commitCertificate(certificate),
        deliver: (blocks, certificate) => {
          feed({ kind: 'blocks', blocks })
          feed({ kind: 'commitCertificate', certificate })
        },
        committed: () => core.tip,
      },
      isObserver ? 0 : RANGE_SYNC_BLOCKS,
    )
    this.#replay = new LocalReplay(recovered.ranges(), validators)
  }

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

  fetch(hash: Hash, view: View, signers: readonly number[]): void {
    this.#fetcher.fetch(hash, view, signers)
  }

  /** The block is here, by whatever way. */
  arrived(hash: Hash): void {
    this.#fetcher.cancel(hash)
  }

  peerHasHeight(peer: PeerId, height: Height): void {
    this.#rangeSync.peerHasHeight(peer, height)
  }

  forget(peer: PeerId): void {
    this.#rangeSync.forget(peer)
  }

  /** At the start, and whenever blocks have become final. An error when the journal holds what cannot be. */
  advance(): Result<null, Rejection> {
    const { ports, feed } = this.#parts
    const next = this.#replay.next(ports.store.tip.header.height)
    if (!next.ok) return next
    if (next.value !== null) {
      feed({ kind: 'blocks', blocks: next.value.blocks })
      feed({ kind: 'commitCertificate', certificate: next.value.certificate })
    }
    this.#rangeSync.advance()
    return ok(null)
  }

  /** Signers hold the block durably; after them anybody. */
  #holders(signers: readonly number[]): readonly PeerId[] {
    const { links, ports } = this.#parts
    const holders = signers.flatMap((signer) => links.peerOf(signer) ?? [])
    const connected = ports.network.connectedPeers()
    const reachable = holders.filter((peer) => connected.includes(peer))
    return [...reachable, ...connected.filter((peer) => !reachable.includes(peer))]
  }

  #sharedPorts() {
    const { network, clock, schedule } = this.#parts.ports
    const { proposals } = this.#parts.validators
    return {
      request: (
        peer: PeerId,
        body: Uint8Array,
        timeoutMs: number,
        done: (response: Result<Uint8Array, Rejection>) => void,
      ): void =>
        network.request(peer, body, { timeoutMs, responseBytesMax: RESPONSE_BYTES_MAX }, (response) => {
          if (!this.#isStopped) done(response)
        }),
      later: (delayMs: number, callback: () => void): void => {
        schedule(clock.monotonicMs() + delayMs, () => {
          if (!this.#isStopped) callback()
        })
      },
      judge: (block: Block): Result<Verified<Block>, Rejection> => proposals.anchoredBlock(block),
      penalise: (peer: PeerId, reason: string): void => network.penalise(peer, FAULT_POINTS, reason),
    }
  }
}
