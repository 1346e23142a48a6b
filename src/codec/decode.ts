/** The border between bytes from outside and our types: a malformed message becomes a rejection. */
import { type Rejection, rejection } from '../base/rejection.ts'
import { err, ok, type Result } from '../base/result.ts'
import { DecodeError } from './decode-error.ts'
import { decodeRlp, type RlpItem } from './rlp.ts'

/** What `read` makes of the RLP item in `bytes`. Only a DecodeError is the sender's fault; others pass through. */
export function decodeWith<T>(bytes: Uint8Array, read: (item: RlpItem) => T): Result<T, Rejection<'malformed'>> {
  try {
    return ok(read(decodeRlp(bytes)))
  } catch (error) {
    if (error instanceof DecodeError) return err(rejection('malformed', error.message))
    throw error
  }
}
