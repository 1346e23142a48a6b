/**
 * The key that names a node on the network: Ed25519, in libp2p's protobuf form. It is not the
 * consensus key, and losing it costs a name, not a vote.
 */
import './node20-compat.ts'
import { generateKeyPair, privateKeyFromProtobuf, privateKeyToProtobuf } from '@libp2p/crypto/keys'
import type { PrivateKey } from '@libp2p/interface'
import { peerIdFromPrivateKey, peerIdFromString } from '@libp2p/peer-id'
import type { PeerId } from '../port.ts'

/** A fresh private key as protobuf bytes. */
export async function createNetworkKey(): Promise<Uint8Array> {
  return privateKeyToProtobuf(await generateKeyPair('Ed25519'))
}

/** Throws when the bytes are no private key (Ed25519 or secp256k1). */
export function peerIdOfKey(privateKey: Uint8Array): PeerId {
  return peerIdFromPrivateKey(privateKeyFromProtobuf(privateKey)).toString() as PeerId
}

export function networkKeyFromBytes(privateKey: Uint8Array): PrivateKey {
  return privateKeyFromProtobuf(privateKey)
}

/** Text from a configuration file or from a peer; undefined when it names no peer. */
export function parsePeerId(text: string): PeerId | undefined {
  try {
    return peerIdFromString(text).toString() as PeerId
  } catch {
    return undefined
  }
}
