/** Recovery by libsecp256k1 compiled to WebAssembly: no native code needed, a third of its speed. */
import { type Recoverer, strictRecoverer } from '../secp256k1.ts'

/** Loads the library only when it is asked for: it is large, and not needed where the native one runs. */
export async function createWasmRecoverer(): Promise<Recoverer> {
  const { instantiateSecp256k1 } = await import('@bitauth/libauth')
  const library = await instantiateSecp256k1()
  return strictRecoverer({
    name: 'wasm',
    recoverUncompressed(digest, signature, yParity) {
      // Failures are returned as text.
      const publicKey = library.recoverPublicKeyUncompressed(signature, yParity, digest)
      return typeof publicKey === 'string' ? undefined : publicKey
    },
    verify: (digest, signature, publicKey) => library.verifySignatureCompactLowS(signature, publicKey, digest),
  })
}
