/**
 * Keccak-256 as Ethereum uses it (the padding of the submission, not of FIPS 202).
 *
 * One WebAssembly hasher is reused for every call. That is safe because a call runs from `init`
 * to `digest` without giving up control, and `init` forgets whatever a call that threw left.
 */
import { createKeccak } from 'hash-wasm'
import { type Hash, hashFromBytes } from '../types/ids.ts'

const hasher = await createKeccak(256)

/** 32 bytes, the caller's own. */
export function keccak256(bytes: Uint8Array): Uint8Array {
  return hasher.init().update(bytes).digest('binary')
}

export function keccak256Hash(bytes: Uint8Array): Hash {
  return hashFromBytes(keccak256(bytes))
}
