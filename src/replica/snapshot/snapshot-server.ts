/**
 * Serves newcomers the state after the end of the newest epoch, which is kept long enough to be fetched (docs/network.md,
 * "Snapshots"). A chunk is cut when it is asked for; it stands on its own, so nothing is remembered of what was asked.
 */
import { EMPTY_BYTES } from '../../base/bytes.ts'
import { type Rejection, rejection } from '../../base/rejection.ts'
import { err, ok, type Result } from '../../base/result.ts'
import { FairRate } from '../../network/fair-rate.ts'
import type { PeerId } from '../../network/port.ts'
import type { StatePart } from '../../network/requests.ts'
import type { ChainStore } from '../../storage/chain-store.ts'
import { cutPart } from '../../sync/snapshot/cut-state.ts'
import { encodeLinks, encodeManifest, encodeStateRecord, type SetLink } from '../../sync/snapshot/snapshot-records.ts'
import { SERVED_CHUNK_BYTES } from '../../sync/snapshot/state-chunk.ts'
import { MissingNodeError } from '../../trie/node-source.ts'
import { type Epoch, hashFromBytes, idBytes } from '../../types/ids.ts'
import type { Clock } from '../ports.ts'
import { bareManifestOf, setLink } from './manifest-of.ts'

/** BOUND: cutting a chunk takes some milliseconds, in which nothing else happens: agreement goes first. */
const CHUNKS_PER_SECOND_MAX = 20
/** BOUND: manifests and answers of links. */
const PROOFS_PER_SECOND_MAX = 10
/** BOUND: of one answer, which takes some milliseconds as well: a link of a few hundred bytes is a look at the journal and two at the database. */
const LINKS_BYTES_MAX = 128 * 1024
/** BOUND: what a message has room for. An end that is larger is left out. */
const MANIFEST_BYTES_MAX = 4 * 1024 * 1024

const BUSY = err(rejection('busy', 'too much of snapshots was asked for', 'ignore'))

export class SnapshotServer {
  readonly #store: ChainStore
  readonly #clock: Pick<Clock, 'monotonicMs'>
  readonly #chunks: FairRate
  readonly #proofs: FairRate

  constructor(store: ChainStore, clock: Pick<Clock, 'monotonicMs'>) {
    this.#store = store
    this.#clock = clock
    this.#chunks = new FairRate(CHUNKS_PER_SECOND_MAX, clock.monotonicMs())
    this.#proofs = new FairRate(PROOFS_PER_SECOND_MAX, clock.monotonicMs())
  }

  /** Empty while no epoch has ended whose state is here. Refused, without blame, like all of the following, to who has had its share for now. */
  manifest(asker: PeerId): Result<Uint8Array, Rejection> {
    return this.#proofs.take(asker, this.#clock.monotonicMs()) ? ok(this.#manifest()) : BUSY
  }

  #manifest(): Uint8Array {
    const end = this.#store.newestEnd
    const block = end && this.#store.block(end.header.height)
    if (end === undefined || block === undefined) return EMPTY_BYTES
    if (this.#store.accountNode(EMPTY_BYTES, idBytes(block.header.stateRoot)) === undefined) return EMPTY_BYTES
    const manifest = encodeManifest(bareManifestOf(this.#store, block, end.finality))
    return manifest.length > MANIFEST_BYTES_MAX ? EMPTY_BYTES : manifest
  }

  links(asker: PeerId, from: Epoch): Result<Uint8Array, Rejection> {
    if (!this.#proofs.take(asker, this.#clock.monotonicMs())) return BUSY
    const links: SetLink[] = []
    let bytes = 0
    for (let epoch = Math.max(1, from); bytes < LINKS_BYTES_MAX; epoch++) {
      const link = setLink(this.#store, epoch)
      if (link === undefined) break
      links.push(link)
      bytes += encodeLinks([link]).length
    }
    return ok(encodeLinks(links))
  }

  chunk(asker: PeerId, part: StatePart): Result<Uint8Array, Rejection> {
    if (!this.#chunks.take(asker, this.#clock.monotonicMs())) return BUSY
    try {
      return ok(encodeStateRecord(cutPart(part, this.#store.stateSource, SERVED_CHUNK_BYTES)))
    } catch (error) {
      if (!(error instanceof MissingNodeError)) throw error
      return ok(EMPTY_BYTES)
    }
  }

  code(hash: Uint8Array): Uint8Array {
    const code = this.#store.stateSource.code(hashFromBytes(hash))
    return code === undefined ? EMPTY_BYTES : encodeStateRecord({ kind: 'code', code })
  }
}
