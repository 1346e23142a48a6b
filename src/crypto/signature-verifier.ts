/** `publicKey`: 33 bytes; `signature`: 64 bytes; the one verification rule of secp256k1.ts. */
export interface SignatureVerifier {
  verify(digest: Uint8Array, signature: Uint8Array, publicKey: Uint8Array): boolean
}
