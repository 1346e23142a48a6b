/** Who the node keeps connections to: the network's members, its configuration's peers and those that its operator adds. */
import { type Rejection, rejection } from '../base/rejection.ts'
import { err, ok, type Result } from '../base/result.ts'
import type { KnownPeer, Network, PeerId } from '../network/port.ts'
import { parsePeer, united } from './validator-peers.ts'

/** BOUND: peers that an operator may add while the node runs. */
const ADDED_MAX = 256

export class PeerBook {
  readonly #network: Pick<Network, 'setKnownPeers'>
  readonly #configured: readonly KnownPeer[]
  readonly #added = new Map<PeerId, KnownPeer>()
  /** Validators and candidates. */
  #members: readonly KnownPeer[]
  /** Those of the epoch before. */
  #leaving: readonly KnownPeer[] = []

  constructor(
    network: Pick<Network, 'setKnownPeers'>,
    configured: readonly KnownPeer[],
    members: readonly KnownPeer[],
  ) {
    this.#network = network
    this.#configured = configured
    this.#members = united(members)
  }

  /** What its operator says of a member counts besides what the state says: that may be older, or of another side of a router. */
  get all(): readonly KnownPeer[] {
    return united([...this.#configured, ...this.#added.values(), ...newest([...this.#leaving, ...this.#members])])
  }

  /** Until the node ends; what shall stay is written into the configuration. */
  add(address: string): Result<PeerId, Rejection<'badPeer' | 'tooManyPeers'>> {
    const peer = parsePeer(address, false)
    if (peer === undefined) return err(rejection('badPeer', `"${address}" is no peer address`))
    if (!this.#added.has(peer.peerId) && this.#added.size >= ADDED_MAX)
      return err(rejection('tooManyPeers', `${ADDED_MAX} peers were added: remove one first`))
    this.#added.set(peer.peerId, peer)
    this.#apply()
    return ok(peer.peerId)
  }

  /** Of one that was added. A connection that stands is not closed: there is room for strangers, too. */
  remove(peerId: PeerId): boolean {
    const removed = this.#added.delete(peerId)
    if (removed) this.#apply()
    return removed
  }

  known(peerId: PeerId): KnownPeer | undefined {
    return this.all.find((peer) => peer.peerId === peerId)
  }

  /** Those of the epoch before stay for one more: whoever lags among them is served. */
  enterEpoch(members: readonly KnownPeer[]): void {
    this.#leaving = this.#members
    this.update(members)
  }

  /** Within an epoch: a member has another address, or a candidate has come. */
  update(members: readonly KnownPeer[]): void {
    this.#members = united(members)
    this.#apply()
  }

  #apply(): void {
    this.#network.setKnownPeers(this.all)
  }
}

/** Who comes later stands. */
function newest(peers: readonly KnownPeer[]): Iterable<KnownPeer> {
  return new Map(peers.map((peer) => [peer.peerId, peer])).values()
}
