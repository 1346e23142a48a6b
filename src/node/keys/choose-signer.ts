/**
 * Signing by native libsecp256k1, a fifth of the time of the portable signer, where its binding
 * loads. RFC 6979 leaves no choice in a signature, so on trial both must give the same bytes.
 */
import { createRequire } from 'node:module'
import type * as Secp256k1 from 'secp256k1'
import { bytesEqual } from '../../base/bytes.ts'
import { invariant } from '../../base/invariant.ts'
import { keccak256 } from '../../crypto/keccak.ts'
import { createSigner, type Signer } from '../../crypto/secp256k1.ts'

export type SigningFunction = (digest: Uint8Array, privateKey: Uint8Array) => { signature: Uint8Array; recid: number }

/** @throws InvariantViolation for a key outside [1, n−1]. */
export function chooseSigner(privateKey: Uint8Array, load: () => SigningFunction = loadNative): Signer {
  const portable = createSigner(privateKey)
  const native = nativeSigner(privateKey, portable.publicKey, load)
  return native !== undefined && signsAlike(native, portable) ? native : portable
}

function nativeSigner(privateKey: Uint8Array, publicKey: Uint8Array, load: () => SigningFunction): Signer | undefined {
  const secret = Uint8Array.from(privateKey)
  let ecdsaSign: SigningFunction
  try {
    ecdsaSign = load()
  } catch {
    return undefined
  }
  return {
    publicKey,
    sign(digest) {
      const { signature, recid } = ecdsaSign(digest, secret)
      invariant(recid === 0 || recid === 1, 'a signature whose r exceeds the order')
      return { signature, yParity: recid }
    },
  }
}

function signsAlike(native: Signer, portable: Signer): boolean {
  const digest = keccak256(portable.publicKey)
  try {
    const [ours, theirs] = [native.sign(digest), portable.sign(digest)]
    return bytesEqual(ours.signature, theirs.signature) && ours.yParity === theirs.yParity
  } catch {
    return false
  }
}

function loadNative(): SigningFunction {
  const binding = createRequire(import.meta.url)('secp256k1/bindings') as typeof Secp256k1
  return (digest, privateKey) => binding.ecdsaSign(digest, privateKey)
}
