/**
 * A snapshot from the peers of a network: the newest that anybody offers and proves, its state in parts from all of
 * them at once. A peer that lies is found out by the proof of the part and asked no more; one that stalls or vanishes
 * is passed over.
 */
import { EMPTY_BYTES } from '../../base/bytes.ts'
import { type Rejection, rejection } from '../../base/rejection.ts'
import { err, ok, type Result } from '../../base/result.ts'
import type { PeerId } from '../../network/port.ts'
import type { Request } from '../../network/requests.ts'
import {
  decodeLinks,
  decodeManifest,
  decodeStateRecord,
  type SetLink,
  type SnapshotManifest,
} from '../../sync/snapshot/snapshot-records.ts'
import { CHUNK_BYTES, HIGHEST_KEY, LOWEST_KEY, verifyChunk } from '../../sync/snapshot/state-chunk.ts'
import { type Hash, idBytes } from '../../types/ids.ts'
import type { SnapshotSource, StateSink } from './begin-chain.ts'
import type { ProvenManifest } from './prove-manifest.ts'
import type { Answer, SnapshotPeers } from './snapshot-peers.ts'

interface Offer {
  readonly peer: PeerId
  /** Nothing of it is proven. */
  readonly manifest: SnapshotManifest
}

/** Ranges of accounts that are fetched at the same time. */
const LANES = 16
const PARTS_PER_STEP = 100
/** BOUND: links of one snapshot, which are held before they are proven. */
const LINKS_BYTES_MAX = 64 * 1024 * 1024
const POLL_MS = 100

export interface PeerSourceOptions {
  readonly peers: SnapshotPeers
  readonly prove: (manifest: SnapshotManifest) => Result<ProvenManifest, Rejection>
  readonly onStep: (line: string) => void
  /** How long peers are waited for … */
  readonly connectMs: number
  /** … and others than the first that offers something, which may have something newer. */
  readonly settleMs: number
  /** How long one peer may take to lead from genesis to what it offers. */
  readonly linksMs: number
}

export class PeerSource implements SnapshotSource {
  readonly lanes: number = LANES
  readonly isResumed = true
  readonly #options: PeerSourceOptions
  #parts = 0
  /** Accounts that were here before. */
  #accountsBefore = 0

  constructor(options: PeerSourceOptions) {
    this.#options = options
  }

  /** The newest that is proven; what was begun and is still given comes before. */
  async manifest(left: ProvenManifest | null): Promise<Result<ProvenManifest, Rejection>> {
    const { offers, asked } = await this.#offers()
    if (asked === 0) return missed('no peer could be reached: see p2p.peers in node.json, and that one of them runs')
    if (left !== null && (await this.#isGiven(left.final.block.header.stateRoot))) return ok(left)
    for (const { peer, manifest } of offers) {
      const links = await this.#links(peer, manifest.block.header.consensus.epoch - 1)
      const proven = links.ok ? this.#options.prove({ ...manifest, links: links.value }) : links
      if (proven.ok) return proven
      this.#accuse(peer, proven.error)
    }
    if (offers.length > 0) return refused(`nothing that ${offers.length} peer(s) offered could be proven`)
    return missed(
      `none of ${asked} peer(s) has a snapshot, since no epoch has ended there whose state is still kept: start the node without one`,
    )
  }

  async fill(sink: StateSink, { final }: ProvenManifest): Promise<Result<void, Rejection>> {
    this.#options.peers.beginPatience()
    this.#accountsBefore = sink.state.accountsCount
    const lanes = await Promise.all(Array.from({ length: LANES }, (_, lane) => this.#fillLane(sink, lane)))
    if (lanes.some((isFull) => !isFull))
      return missed(
        `no peer gives the state after block ${final.block.header.height} any more: try again, what has come of it is kept`,
      )
    this.#tell(sink)
    return ok(undefined)
  }

  /** The newest first. */
  async #offers(): Promise<{ readonly offers: readonly Offer[]; readonly asked: number }> {
    const { peers, connectMs, settleMs } = this.#options
    const offers: Offer[] = []
    const asked = new Map<PeerId, Promise<void>>()
    let endMs = performance.now() + connectMs
    const isOver = (): boolean => performance.now() >= endMs
    while (!isOver()) {
      for (const peer of peers.connected) if (!asked.has(peer)) asked.set(peer, this.#addOffer(offers, peer, isOver))
      await new Promise((resolve) => setTimeout(resolve, POLL_MS))
      if (offers.length > 0) endMs = Math.min(endMs, performance.now() + settleMs)
    }
    await Promise.all(asked.values())
    offers.sort((a, b) => b.manifest.block.header.height - a.manifest.block.header.height)
    return { offers, asked: asked.size }
  }

  async #addOffer(offers: Offer[], peer: PeerId, isOver: () => boolean): Promise<void> {
    const answer = await this.#askAgain(peer, { kind: 'snapshot' }, isOver)
    if (!answer.ok || answer.value.length === 0) return
    const manifest = decodeManifest(answer.value)
    if (manifest.ok) offers.push({ peer, manifest: manifest.value })
    else this.#accuse(peer, manifest.error)
  }

  /** Whether more peers prove a part of this state than do not: a few may not keep a newcomer at a state that nobody else has. */
  async #isGiven(stateRoot: Hash): Promise<boolean> {
    const { peers, settleMs } = this.#options
    const endMs = performance.now() + settleMs
    const part = { owner: EMPTY_BYTES, root: idBytes(stateRoot), from: LOWEST_KEY, until: HIGHEST_KEY }
    const given = await Promise.all(
      peers.connected.map(async (peer) => {
        const answer = await this.#askAgain(peer, { kind: 'stateChunk', part }, () => performance.now() >= endMs)
        const record = answer.ok ? decodeStateRecord(answer.value) : answer
        if (!record.ok || record.value.kind !== 'chunk') return false
        return verifyChunk({ ...part, bytesMax: CHUNK_BYTES }, record.value.chunk).ok
      }),
    )
    return 2 * given.filter(Boolean).length > given.length
  }

  /** Of the epochs from the first to this one, as the peer has them. */
  async #links(peer: PeerId, epochs: number): Promise<Result<readonly SetLink[], Rejection>> {
    const endMs = performance.now() + this.#options.linksMs
    const isOver = (): boolean => performance.now() >= endMs
    const links: SetLink[] = []
    let bytes = 0
    while (links.length < epochs) {
      if (isOver()) return err(rejection('slow', 'it takes too long to prove what it offers', 'ignore'))
      const answer = await this.#askAgain(peer, { kind: 'setLinks', from: links.length + 1 }, isOver)
      if (!answer.ok) return answer
      const decoded = decodeLinks(answer.value)
      if (!decoded.ok) return decoded
      bytes += answer.value.length
      links.push(...decoded.value)
      if (decoded.value.length === 0) return refused('it has not the ends of the epochs before its snapshot')
      if (bytes > LINKS_BYTES_MAX) return refused(`more than ${LINKS_BYTES_MAX} bytes of validator sets`)
    }
    return ok(links.slice(0, epochs))
  }

  /** A peer that is busy, or that a message was lost to, has not said no. */
  async #askAgain(peer: PeerId, request: Request, isOver: () => boolean): Promise<Answer> {
    for (;;) {
      const answer = await this.#options.peers.ask(peer, request)
      if (answer.ok || isOver() || !this.#options.peers.connected.includes(peer)) return answer
      await new Promise((resolve) => setTimeout(resolve, POLL_MS))
    }
  }

  /** False when nobody gives what comes next. */
  async #fillLane(sink: StateSink, lane: number): Promise<boolean> {
    for (let wanted = sink.state.wanted(lane); wanted !== null; wanted = sink.state.wanted(lane)) {
      const { peers } = this.#options
      const asked = await peers.askAnybody(wanted)
      if (asked === null) return false
      const { peer, answer } = asked
      if (!answer.ok) continue
      if (answer.value.length === 0) {
        peers.exclude(peer)
        continue
      }
      const record = decodeStateRecord(answer.value)
      const taken = record.ok ? sink.state.take(lane, record.value) : record
      if (taken.ok) peers.praise(peer, answer.value.length)
      else this.#accuse(peer, taken.error)
      this.#parts += 1
      if (this.#parts % PARTS_PER_STEP === 0) this.#tell(sink)
      await sink.room()
    }
    return true
  }

  #accuse(peer: PeerId, { message, verdict }: Rejection): void {
    const { peers, onStep } = this.#options
    // Of what else is under way from it.
    if (peers.isExcluded(peer)) return
    if (verdict === 'reject') peers.blame(peer, message)
    else peers.exclude(peer)
    onStep(`peer ${peer} is not asked any more: ${message}`)
  }

  #tell({ state }: StateSink): void {
    const { peers, bytes } = this.#options.peers.tally
    this.#options.onStep(
      `${state.accountsCount - this.#accountsBefore} accounts in ${(bytes / 1024 ** 2).toFixed(1)} MiB from ${peers} peer(s), each part proven`,
    )
  }
}

function refused(message: string): { readonly ok: false; readonly error: Rejection } {
  return err(rejection('noSnapshot', message))
}

/** What may be there later. */
function missed(message: string): { readonly ok: false; readonly error: Rejection } {
  return err(rejection('noSnapshot', message, 'ignore'))
}
