/** Who a node keeps connections to: the validators that genesis names and the peers of its configuration. */
import { type Rejection, rejection } from '../base/rejection.ts'
import { err, ok, type Result } from '../base/result.ts'
import { parsePeerId } from '../network/libp2p/network-key.ts'
import type { KnownPeer, PeerId } from '../network/port.ts'
import type { Genesis } from '../types/genesis.ts'
import type { ValidatorSet } from '../types/validator-set.ts'

export interface PeerPlan {
  readonly known: readonly KnownPeer[]
  /** By index in the validator set. */
  readonly validatorPeers: readonly PeerId[]
}

export function planPeers(
  genesis: Genesis,
  validators: ValidatorSet,
  configured: readonly string[],
): Result<PeerPlan, Rejection<'badPeer'>> {
  const known = new Map<PeerId, KnownPeer>()
  const validatorPeers: PeerId[] = []
  for (const member of validators.members) {
    const peer = genesis.validators.find(({ address }) => address === member.address)?.peer ?? ''
    const parsed = parsePeer(peer, true)
    if (parsed === undefined) return badPeer(peer)
    validatorPeers.push(parsed.peerId)
    known.set(parsed.peerId, parsed)
  }
  for (const peer of configured) {
    const parsed = parsePeer(peer, false)
    if (parsed === undefined) return badPeer(peer)
    if (!known.has(parsed.peerId)) known.set(parsed.peerId, parsed)
  }
  return ok({ known: [...known.values()], validatorPeers })
}

/** Undefined: no peer address. */
export function parsePeer(text: string, validator: boolean): KnownPeer | undefined {
  const separator = text.lastIndexOf('/p2p/')
  const peerId = separator < 0 ? undefined : parsePeerId(text.slice(separator + '/p2p/'.length))
  return peerId === undefined ? undefined : { peerId, addresses: [text], validator }
}

function badPeer(peer: string): { readonly ok: false; readonly error: Rejection<'badPeer'> } {
  return err(rejection('badPeer', `"${peer}" is no peer address: write /ip4/…/tcp/…/p2p/<peer id>`))
}
