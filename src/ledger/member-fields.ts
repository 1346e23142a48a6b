/**
 * What a validator says of itself and of others, in genesis as in a proposal. Lengths in code points, as JSON Schema
 * counts. Operators read it in their terminals: no text has control characters, or such as turn a line around or break
 * it (Unicode Standard Annex #9, 2), which could say there what is not so.
 */
import { utf8 } from '../base/bytes.ts'

export const NAME_LENGTH_MAX = 64
export const PEER_LENGTH_MAX = 256
const REASON_BYTES_MAX = 256

const PEER = /^\/.+\/p2p\/[1-9A-HJ-NP-Za-km-z]{32,64}$/
/** And the byte order mark at its beginning, which a decoder takes away: the text that is read would be another. */
const CONTROL = /[\p{Cc}\u2028-\u202e\u2066-\u2069\ufeff]/u

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
