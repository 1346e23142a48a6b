/** One byte that says what follows, then canonical RLP. */
import { type Rejection, rejection } from '../base/rejection.ts'
import { err, type Result } from '../base/result.ts'
import { decodeWith } from './decode.ts'
import { encodeRlp, type RlpItem } from './rlp.ts'

export function encodeTagged(tag: number, item: RlpItem): Uint8Array {
  const body = encodeRlp(item)
  const bytes = new Uint8Array(body.length + 1)
  bytes[0] = tag
  bytes.set(body, 1)
  return bytes
}

/** `read` throws a DecodeError for what it cannot take. */
export function decodeTagged<T>(
  bytes: Uint8Array,
  read: (tag: number, item: RlpItem) => T,
): Result<T, Rejection<'malformed'>> {
  const [tag] = bytes
  if (tag === undefined) return err(rejection('malformed', 'it is empty'))
  return decodeWith(bytes.subarray(1), (item) => read(tag, item))
}
