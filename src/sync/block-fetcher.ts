/**
 * Fetches blocks that a certificate names (docs/network.md, "Fetching blocks"). The hash is the
 * anchor: an answer can be useless, never harmful. The certificate's signers are asked first, two at a
 * time; a fetch is not given up while its certificate stands.
 */

import { BoundedMap } from '../base/bounded.ts'
import { isPlanted } from '../base/planted-bug.ts'
import type { Rejection } from '../base/rejection.ts'
import type { Result } from '../base/result.ts'
import type { PeerId } from '../network/port.ts'
import { decodeBlocks, encodeRequest } from '../network/requests.ts'
import type { Block } from '../types/block.ts'
import type { Hash, Height, View } from '../types/ids.ts'
import type { Verified } from '../types/verified.ts'

export interface FetcherPorts {
  readonly request: (
    peer: PeerId,
    body: Uint8Array,
    timeoutMs: number,
    done: (response: Result<Uint8Array, Rejection>) => void,
  ) => void
  /** Calls back after so many milliseconds. */
  readonly later: (delayMs: number, callback: () => void) => void
  /** Whoever may hold a block, best first. */
  readonly peers: (signers: readonly number[]) => readonly PeerId[]
  readonly judge: (block: Block) => Result<Verified<Block>, Rejection>
  readonly penalise: (peer: PeerId, reason: string) => void
  /** Oldest first. */
  readonly deliver: (blocks: readonly Verified<Block>[]) => void
  /** Final height: ancestors at or below it are not asked for. */
  readonly committed: () => { readonly height: Height; readonly view: View }
}

interface Fetch {
  readonly hash: Hash
  /** Of the certificate: once a block of this view or later is final, nobody wants this one. */
  readonly view: View
  readonly signers: readonly number[]
  attempt: number
  inFlight: number
}

/** BOUND: blocks fetched at a time. */
const FETCHES_MAX = 64
const PARALLEL_REQUESTS = 2
const REQUEST_TIMEOUT_MS = 1_000
const RETRY_MS = 200

export class BlockFetcher {
  readonly #ports: FetcherPorts
  readonly #fetches = new BoundedMap<Hash, Fetch>(FETCHES_MAX)

  constructor(ports: FetcherPorts) {
    this.#ports = ports
  }

  /** One fetch a hash, however often it is asked for. */
  fetch(hash: Hash, view: View, signers: readonly number[]): void {
    if (this.#fetches.has(hash)) return
    const fetch: Fetch = { hash, view, signers, attempt: 0, inFlight: 0 }
    this.#fetches.set(hash, fetch)
    for (let parallel = 0; parallel < PARALLEL_REQUESTS; parallel++) this.#try(fetch)
  }

  /** It came by another way. */
  cancel(hash: Hash): void {
    this.#fetches.delete(hash)
  }

  get size(): number {
    return this.#fetches.size
  }

  #isWanted(fetch: Fetch): boolean {
    return this.#fetches.get(fetch.hash) === fetch
  }

  #try(fetch: Fetch): void {
    if (!this.#isWanted(fetch)) return
    const committed = this.#ports.committed()
    if (committed.view >= fetch.view) {
      this.cancel(fetch.hash)
      return
    }
    const peers = this.#ports.peers(fetch.signers)
    const peer = peers[fetch.attempt % Math.max(1, peers.length)]
    fetch.attempt += 1
    if (peer === undefined) {
      this.#retryLater(fetch)
      return
    }
    const body = encodeRequest({ kind: 'blocks', hash: fetch.hash, above: committed.height })
    fetch.inFlight += 1
    this.#ports.request(peer, body, REQUEST_TIMEOUT_MS, (response) => {
      fetch.inFlight -= 1
      if (!this.#isWanted(fetch)) return
      if (!response.ok || !this.#accept(fetch, peer, response.value)) this.#retryLater(fetch)
    })
  }

  #retryLater(fetch: Fetch): void {
    if (fetch.inFlight > 0) return
    this.#ports.later(RETRY_MS, () => this.#try(fetch))
  }

  /** INVARIANT F1: every block taken is the one whose hash was asked for, or an ancestor by parent links. */
  #accept(fetch: Fetch, peer: PeerId, bytes: Uint8Array): boolean {
    const decoded = decodeBlocks(bytes)
    if (!decoded.ok) return this.#refuse(peer, decoded.error.message)
    if (decoded.value.length === 0) return false
    const blocks: Verified<Block>[] = []
    let expected = fetch.hash
    for (const block of decoded.value) {
      const mayBeAny = __CANARIES__ && isPlanted('fetched-block-unchecked')
      if (block.hash !== expected && !mayBeAny)
        return this.#refuse(peer, 'answered with a block that was not asked for')
      const judged = this.#ports.judge(block)
      if (!judged.ok) return this.#refuse(peer, judged.error.message)
      blocks.push(judged.value)
      expected = block.header.parentHash
    }
    this.cancel(fetch.hash)
    this.#ports.deliver(blocks.reverse())
    return true
  }

  #refuse(peer: PeerId, reason: string): false {
    this.#ports.penalise(peer, reason)
    return false
  }
}
