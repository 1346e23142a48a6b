/** Who a node keeps connections to: the validators of its epoch and the peers of its configuration. */
import { type Rejection, rejection } from '../base/rejection.ts'
import { err, ok, type Result } from '../base/result.ts'
import { parsePeerId } from '../network/libp2p/network-key.ts'
import type { KnownPeer, PeerId } from '../network/port.ts'
import type { EpochContext } from '../replica/epoch-context.ts'

/** An address of a validator that cannot be read is its own fault: nobody connects to it. */
export function validatorPeers({ records }: Pick<EpochContext, 'records'>): readonly KnownPeer[] {
  return records.flatMap((record) => (record === undefined ? [] : (parsePeer(record.peer, true) ?? [])))
}

export function planPeers(
  epoch: Pick<EpochContext, 'records'>,
  configured: readonly string[],
): Result<readonly KnownPeer[], Rejection<'badPeer'>> {
  const known = new Map<PeerId, KnownPeer>()
  for (const peer of validatorPeers(epoch)) known.set(peer.peerId, peer)
  for (const peer of configured) {
    const parsed = parsePeer(peer, false)
    if (parsed === undefined) return badPeer(peer)
    if (!known.has(parsed.peerId)) known.set(parsed.peerId, parsed)
  }
  return ok([...known.values()])
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
