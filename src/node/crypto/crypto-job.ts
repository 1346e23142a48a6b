/**
 * What passes between the pool and its workers: one buffer each way, transferred and not copied.
 * Request: digest (32) ‖ signature (64) ‖ y parity (1) for each item. Reply: an uncompressed key
 * (65) for each item, zeros where the signature is not one.
 */
import { invariant } from '../../base/invariant.ts'
import {
  DIGEST_LENGTH,
  type Recoverer,
  type RecoverItem,
  SIGNATURE_LENGTH,
  UNCOMPRESSED_KEY_LENGTH,
} from '../../crypto/secp256k1.ts'

const PARITY_OFFSET = DIGEST_LENGTH + SIGNATURE_LENGTH
const ITEM_LENGTH = PARITY_OFFSET + 1

export function packItems(items: readonly RecoverItem[]): Uint8Array {
  const request = new Uint8Array(items.length * ITEM_LENGTH)
  for (const [index, { digest, signature, yParity }] of items.entries()) {
    const offset = index * ITEM_LENGTH
    invariant(digest.length === DIGEST_LENGTH, 'a digest has 32 bytes')
    request.set(digest, offset)
    // A signature of another length stays zero, which is just as little a signature.
    if (signature.length === SIGNATURE_LENGTH) request.set(signature, offset + DIGEST_LENGTH)
    request[offset + PARITY_OFFSET] = yParity
  }
  return request
}

/** Several requests as one. */
export function joinRequests(requests: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(requests.reduce((sum, request) => sum + request.length, 0))
  let offset = 0
  for (const request of requests) {
    joined.set(request, offset)
    offset += request.length
  }
  return joined
}

/** The worker's half. */
export function recoverPacked(recoverer: Recoverer, request: Uint8Array): Uint8Array<ArrayBuffer> {
  const count = request.length / ITEM_LENGTH
  const reply = new Uint8Array(count * UNCOMPRESSED_KEY_LENGTH)
  for (let index = 0; index < count; index++) {
    const item = request.subarray(index * ITEM_LENGTH, (index + 1) * ITEM_LENGTH)
    const key = recoverer.recoverUncompressed(
      item.subarray(0, DIGEST_LENGTH),
      item.subarray(DIGEST_LENGTH, PARITY_OFFSET),
      item[PARITY_OFFSET] === 1 ? 1 : 0,
    )
    if (key !== undefined) reply.set(key, index * UNCOMPRESSED_KEY_LENGTH)
  }
  return reply
}

export function unpackKey(reply: Uint8Array, index: number): Uint8Array | undefined {
  const offset = index * UNCOMPRESSED_KEY_LENGTH
  return reply[offset] === 0 ? undefined : reply.subarray(offset, offset + UNCOMPRESSED_KEY_LENGTH)
}
