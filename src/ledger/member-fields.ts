/**
 * What a validator says of itself and of others, in genesis as in a proposal. Lengths in code points, as JSON Schema
 * counts. Operators read it in their terminals: no text has control characters, which could say there what is not so.
 */
import { utf8 } from '../base/bytes.ts'

export const NAME_LENGTH_MAX = 64
export const PEER_LENGTH_MAX = 256
const REASON_BYTES_MAX = 256

const PEER = /^\/.+\/p2p\/[1-9A-HJ-NP-Za-km-z]{32,64}$/
const CONTROL = /\p{Cc}/u

/** A multiaddr that ends with the peer id. */
export function isPeerAddress(text: string): boolean {
  return PEER.test(text) && isPlain(text) && Array.from(text).length <= PEER_LENGTH_MAX
}

export function isMemberName(text: string): boolean {
  const { length } = Array.from(text)
  return length >= 1 && length <= NAME_LENGTH_MAX && isPlain(text)
}

/** Of a removal. */
export function isReason(text: string): boolean {
  return utf8(text).length <= REASON_BYTES_MAX && isPlain(text)
}

export function isPlain(text: string): boolean {
  return !CONTROL.test(text)
}
