/**
 * Recovery by native libsecp256k1, the prebuilt binding of the package `secp256k1`.
 *
 * Deviation: the package's main file falls back to pure JavaScript (`elliptic`, with its record
 * of malleability bugs) without saying so. Its file `bindings` either is native or throws.
 */
import { createRequire } from 'node:module'
import type * as Secp256k1 from 'secp256k1'
import { type Recoverer, strictRecoverer } from '../../crypto/secp256k1.ts'

/** @throws when there is no binding for this platform. */
export function createNativeRecoverer(): Recoverer {
  const require = createRequire(import.meta.url)
  const binding = require('secp256k1/bindings') as typeof Secp256k1
  return strictRecoverer({
    name: 'native',
    recoverUncompressed: (digest, signature, yParity) =>
      orUndefined(() => binding.ecdsaRecover(signature, yParity, digest, false)),
    verify: (digest, signature, publicKey) =>
      orUndefined(() => binding.ecdsaVerify(signature, digest, publicKey)) ?? false,
  })
}

/** The binding throws where no point has the given x, which a hostile signature may well ask for. */
function orUndefined<T>(compute: () => T): T | undefined {
  try {
    return compute()
  } catch {
    return undefined
  }
}
