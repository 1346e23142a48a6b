/** Recovery in plain JavaScript: slow, available everywhere, and the oracle of the other backends. */
import { recoverPublicKey, verify } from '@noble/secp256k1'
import { type Recoverer, SIGNATURE_LENGTH, strictRecoverer } from '../secp256k1.ts'

export const nobleRecoverer: Recoverer = strictRecoverer({
  name: 'noble',
  recoverUncompressed(digest, signature, yParity) {
    const recovered = new Uint8Array(1 + SIGNATURE_LENGTH)
    recovered[0] = yParity
    recovered.set(signature, 1)
    return orUndefined(() => recoverPublicKey(recovered, digest, { prehash: false, isCompressed: false }))
  },
  verify(digest, signature, publicKey) {
    return orUndefined(() => verify(signature, digest, publicKey, { prehash: false })) ?? false
  },
})

/** The library throws where no point has the given x, which a hostile signature may well ask for. */
function orUndefined<T>(compute: () => T): T | undefined {
  try {
    return compute()
  } catch {
    return undefined
  }
}
