/** Who a node keeps connections to: the members of the network, as the state has them, and the peers of its configuration. */
import { type Rejection, rejection } from '../base/rejection.ts'
import { err, ok, type Result } from '../base/result.ts'
import type { WordReader } from '../ledger/storage-words.ts'
import { readCandidates } from '../ledger/system/candidate-queue.ts'
import { readValidatorRecord, readValidators } from '../ledger/system/validator-records.ts'
import { isMultiaddr } from '../network/libp2p/address.ts'
import { parsePeerId } from '../network/libp2p/network-key.ts'
import type { KnownPeer, PeerId } from '../network/port.ts'
import type { Address } from '../types/ids.ts'

/**
 * Validators, and the candidates that wait to be some: nobody gets ready without the others. An address that
 * cannot be read is its owner's fault: nobody connects to it.
 */
export function memberPeers(words: WordReader): readonly KnownPeer[] {
  const peersOf = (ids: readonly Address[], validator: boolean) =>
    ids.flatMap((id) => parsePeer(readValidatorRecord(words, id)?.peer ?? '', validator) ?? [])
  const validators = readValidators(words).map(({ address }) => address)
  return [...peersOf(readCandidates(words), false), ...peersOf(validators, true)]
}

export function configuredPeers(texts: readonly string[]): Result<readonly KnownPeer[], Rejection<'badPeer'>> {
  const peers: KnownPeer[] = []
  for (const text of texts) {
    const peer = parsePeer(text, false)
    if (peer === undefined)
      return err(rejection('badPeer', `"${text}" is no peer address: write /ip4/…/tcp/…/p2p/<peer id>`))
    peers.push(peer)
  }
  return ok(peers)
}

/** Undefined: no peer address. The ledger takes more than can be dialled: it knows no libp2p. */
export function parsePeer(text: string, validator: boolean): KnownPeer | undefined {
  const separator = text.lastIndexOf('/p2p/')
  const peerId = separator < 0 ? undefined : parsePeerId(text.slice(separator + '/p2p/'.length))
  return peerId === undefined || !isMultiaddr(text) ? undefined : { peerId, addresses: [text], validator }
}

/** Who is named more than once has all these addresses: who names another's peer id as its own takes none away. */
export function united(peers: readonly KnownPeer[]): readonly KnownPeer[] {
  const found = new Map<PeerId, KnownPeer>()
  for (const { peerId, addresses, validator } of peers) {
    const before = found.get(peerId)
    found.set(peerId, {
      peerId,
      addresses: [...new Set([...(before?.addresses ?? []), ...addresses])],
      validator: validator || before?.validator === true,
    })
  }
  return [...found.values()]
}
