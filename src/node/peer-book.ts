/** Who the node keeps connections to, beside the validators: its configuration's peers and those that its operator adds. */
import { type Rejection, rejection } from '../base/rejection.ts'
import { err, ok, type Result } from '../base/result.ts'
import type { KnownPeer, Network, PeerId } from '../network/port.ts'
import { parsePeer } from './validator-peers.ts'

/** BOUND: peers that an operator may add while the node runs. */
const ADDED_MAX = 256

export class PeerBook {
  readonly #network: Network
  readonly #added = new Map<PeerId, KnownPeer>()
  #base: ReadonlyMap<PeerId, KnownPeer>
  /** Of the running epoch. */
  #validators: ReadonlyMap<PeerId, KnownPeer>

  /** @param base validators and configured peers, as the network has them already. */
  constructor(network: Network, base: readonly KnownPeer[]) {
    this.#network = network
    this.#base = byId(base)
    this.#validators = byId(base.filter(({ validator }) => validator))
  }

  /** Until the node ends; what shall stay is written into the configuration. */
  add(address: string): Result<PeerId, Rejection<'badPeer' | 'tooManyPeers'>> {
    const peer = parsePeer(address, false)
    if (peer === undefined) return err(rejection('badPeer', `"${address}" is no peer address`))
    if (this.#base.has(peer.peerId)) return ok(peer.peerId)
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
    return this.#base.get(peerId) ?? this.#added.get(peerId)
  }

  /** Those of the epoch before stay for one more: whoever lags among them is served. */
  enterEpoch(validators: readonly KnownPeer[]): void {
    const leaving = this.#validators
    this.#validators = byId(validators)
    const configured = [...this.#base.values()].filter(({ validator }) => !validator)
    this.#base = byId([...configured, ...leaving.values(), ...validators])
    this.#apply()
  }

  #apply(): void {
    this.#network.setKnownPeers([...this.#base.values(), ...this.#added.values()])
  }
}

function byId(peers: readonly KnownPeer[]): ReadonlyMap<PeerId, KnownPeer> {
  return new Map(peers.map((peer) => [peer.peerId, peer]))
}
