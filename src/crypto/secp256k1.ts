/**
 * ECDSA over secp256k1 (SEC 1, SEC 2) with one rule for what a signature is, applied here in
 * front of every backend, so that no backend's leniency can split the network:
 *
 * - a signature is 64 bytes, r ‖ s, with r in [1, n−1] and s in [1, n/2] (EIP-2, BIP 146);
 * - a public key is 33 bytes, compressed, a point of the curve;
 * - nothing else is accepted: no DER, no 65-byte forms, no high s, no recovery ids 2 and 3.
 *
 * Signing is RFC 6979 without extra entropy and low-s: the same bytes from every backend.
 */
import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { getPublicKey, hashes, Point, sign } from '@noble/secp256k1'
import { bigIntToFixedBytes, compareBytes } from '../base/bytes.ts'
import { invariant } from '../base/invariant.ts'
import { type Address, addressFromBytes } from '../types/ids.ts'
import { keccak256 } from './keccak.ts'

export const DIGEST_LENGTH = 32
export const SIGNATURE_LENGTH = 64
const PUBLIC_KEY_LENGTH = 33
/** 0x04 ‖ x ‖ y: what backends compute and addresses are made of; accepted from nobody. */
export const UNCOMPRESSED_KEY_LENGTH = 65
const PRIVATE_KEY_LENGTH = 32

export interface RecoverItem {
  readonly digest: Uint8Array
  readonly signature: Uint8Array
  readonly yParity: 0 | 1
}

export interface Backend {
  readonly name: string
  /** The 65-byte key that made the signature, or undefined when there is none. */
  recoverUncompressed(digest: Uint8Array, signature: Uint8Array, yParity: 0 | 1): Uint8Array | undefined
  verify(digest: Uint8Array, signature: Uint8Array, publicKey: Uint8Array): boolean
}

export interface Recoverer extends Backend {
  /** The same in 33 bytes. */
  recover(digest: Uint8Array, signature: Uint8Array, yParity: 0 | 1): Uint8Array | undefined
}

export interface Signer {
  readonly publicKey: Uint8Array
  sign(digest: Uint8Array): { signature: Uint8Array; yParity: 0 | 1 }
}

hashes.sha256 = sha256
hashes.hmacSha256 = (key, message) => hmac(sha256, key, message)

const { n } = Point.CURVE()
const ORDER = bigIntToFixedBytes(n, 32)
const HALF_ORDER = bigIntToFixedBytes(n >> 1n, 32)

/** A backend behind the rule: its functions see only well-formed input, and may still find no key or no point. */
export function strictRecoverer(backend: Backend): Recoverer {
  function recoverUncompressed(digest: Uint8Array, signature: Uint8Array, yParity: 0 | 1): Uint8Array | undefined {
    requireDigest(digest)
    return isCanonicalSignature(signature) ? backend.recoverUncompressed(digest, signature, yParity) : undefined
  }
  return {
    name: backend.name,
    recoverUncompressed,
    recover(digest, signature, yParity) {
      const uncompressed = recoverUncompressed(digest, signature, yParity)
      return uncompressed && compressPublicKey(uncompressed)
    },
    verify(digest, signature, publicKey) {
      requireDigest(digest)
      return isCanonicalSignature(signature) && hasKeyForm(publicKey) && backend.verify(digest, signature, publicKey)
    },
  }
}

export function isCanonicalSignature(signature: Uint8Array): boolean {
  if (signature.length !== SIGNATURE_LENGTH) return false
  const r = signature.subarray(0, 32)
  const s = signature.subarray(32)
  return !isZero(r) && !isZero(s) && compareBytes(r, ORDER) < 0 && compareBytes(s, HALF_ORDER) <= 0
}

/**
 * Signs with a 32-byte key.
 * @throws InvariantViolation for a key outside [1, n−1]: keys are checked where they are read.
 */
export function createSigner(privateKey: Uint8Array): Signer {
  invariant(isPrivateKey(privateKey), 'not a secp256k1 private key')
  const secret = Uint8Array.from(privateKey)
  return {
    publicKey: getPublicKey(secret),
    sign(digest) {
      requireDigest(digest)
      const recovered = sign(digest, secret, { prehash: false, format: 'recovered' })
      const yParity = recovered[0]
      // Ids 2 and 3 need r ≥ n, which a hash function would have to be broken for.
      invariant(yParity === 0 || yParity === 1, 'a signature whose r exceeds the order')
      return { signature: recovered.slice(1), yParity }
    },
  }
}

export function isPrivateKey(bytes: Uint8Array): boolean {
  return bytes.length === PRIVATE_KEY_LENGTH && !isZero(bytes) && compareBytes(bytes, ORDER) < 0
}

export function isPublicKey(bytes: Uint8Array): boolean {
  if (!hasKeyForm(bytes)) return false
  try {
    Point.fromBytes(bytes)
    return true
  } catch {
    return false
  }
}

/** The 33-byte form of a 65-byte key. */
export function compressPublicKey(uncompressed: Uint8Array): Uint8Array {
  invariant(uncompressed.length === UNCOMPRESSED_KEY_LENGTH, 'an uncompressed public key has 65 bytes')
  const publicKey = uncompressed.slice(0, PUBLIC_KEY_LENGTH)
  publicKey[0] = 2 + ((uncompressed[UNCOMPRESSED_KEY_LENGTH - 1] as number) & 1)
  return publicKey
}

/**
 * The last 20 bytes of keccak256(x ‖ y) (yellow paper, appendix F). Either form of key will do;
 * the compressed one costs a square root, twice the time of a native recovery.
 * @throws when `publicKey` is not one: it comes from a recovery or has passed `isPublicKey`.
 */
export function addressOfPublicKey(publicKey: Uint8Array): Address {
  const uncompressed =
    publicKey.length === UNCOMPRESSED_KEY_LENGTH ? publicKey : Point.fromBytes(publicKey).toBytes(false)
  return addressFromBytes(keccak256(uncompressed.subarray(1)).subarray(12))
}

function hasKeyForm(publicKey: Uint8Array): boolean {
  return publicKey.length === PUBLIC_KEY_LENGTH && (publicKey[0] === 2 || publicKey[0] === 3)
}

function isZero(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0)
}

function requireDigest(digest: Uint8Array): void {
  invariant(digest.length === DIGEST_LENGTH, 'a digest has 32 bytes')
}
