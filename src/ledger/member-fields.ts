/** What a validator says of itself, in genesis as in a proposal. Lengths in code points, as JSON Schema counts. */
export const NAME_LENGTH_MAX = 64
export const PEER_LENGTH_MAX = 256

const PEER = /^\/.+\/p2p\/[1-9A-HJ-NP-Za-km-z]{32,64}$/

/** A multiaddr that ends with the peer id. */
export function isPeerAddress(text: string): boolean {
  return PEER.test(text) && Array.from(text).length <= PEER_LENGTH_MAX
}

export function isMemberName(text: string): boolean {
  const { length } = Array.from(text)
  return length >= 1 && length <= NAME_LENGTH_MAX
}
