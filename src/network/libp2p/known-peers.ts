/**
 * The known peers of the moment: validators and configured peers. They have reserved connections;
 * everyone else shares what is left.
 */
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'
import type { NetworkLimits } from '../limits.ts'
import type { KnownPeer, PeerId } from '../port.ts'

export class KnownPeers {
  readonly #byId = new Map<PeerId, KnownPeer>()
  readonly validators: ReadonlySet<PeerId>

  constructor(peers: readonly KnownPeer[]) {
    for (const peer of peers) this.#byId.set(peer.peerId, peer)
    this.validators = new Set(peers.filter((peer) => peer.validator).map((peer) => peer.peerId))
  }

  has(peer: PeerId): boolean {
    return this.#byId.has(peer)
  }

  /** Gossip's direct peers of `self`: the other validators, if it is one. */
  fellowValidators(self: PeerId): ReadonlySet<PeerId> {
    if (!this.validators.has(self)) return new Set()
    return new Set([...this.validators].filter((peer) => peer !== self))
  }

  /** Where to dial each known peer but `self`; throws for text that is no multiaddr. */
  targets(self: PeerId): ReadonlyMap<PeerId, readonly Multiaddr[]> {
    const targets = new Map<PeerId, readonly Multiaddr[]>()
    for (const { peerId, addresses } of this.#byId.values()) {
      if (peerId !== self)
        targets.set(
          peerId,
          addresses.map((address) => dialAddress(address, peerId)),
        )
    }
    return targets
  }

  /** Room for every known peer, with a simultaneous dial, beside the strangers. */
  connectionsMax(limits: NetworkLimits): number {
    return Math.max(limits.connectionsMax, limits.strangersMax + limits.connectionsPerPeerMax * this.#byId.size)
  }
}

/** With the peer id in it, so that whoever else answers there is refused. */
function dialAddress(address: string, peer: PeerId): Multiaddr {
  const parsed = multiaddr(address)
  const named = parsed.getComponents().some(({ name }) => name === 'p2p')
  return named ? parsed : parsed.encapsulate(`/p2p/${peer}`)
}
