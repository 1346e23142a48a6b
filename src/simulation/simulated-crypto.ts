/**
 * Who signs what in the simulation. By default signatures are tokens: they name their maker and
 * carry the whole digest under its secret. Nothing but the maker's own signer object makes them, so
 * they are as unforgeable as the real ones and a thousand times faster.
 */
import { utf8 } from '../base/bytes.ts'
import { keccak256 } from '../crypto/keccak.ts'
import {
  addressOfPublicKey,
  createSigner,
  type Recoverer,
  type RecoverItem,
  SIGNATURE_LENGTH,
  type Signer,
} from '../crypto/secp256k1.ts'
import type { SignatureVerifier } from '../crypto/signature-verifier.ts'
import type { Address } from '../types/ids.ts'

export interface Identity {
  readonly address: Address
  /** 33 bytes. */
  readonly publicKey: Uint8Array
  readonly signer: Signer
}

export interface SimulatedCrypto {
  identity(name: string): Identity
  readonly verifier: SignatureVerifier
  recover(items: readonly RecoverItem[]): readonly (Address | undefined)[]
}

/** The real thing, for a few seeds: that tokens stand for it. */
export function realCrypto(recoverer: Recoverer): SimulatedCrypto {
  return {
    identity: (name) => {
      const signer = createSigner(privateKeyOf(name))
      return { signer, publicKey: signer.publicKey, address: addressOfPublicKey(signer.publicKey) }
    },
    verifier: recoverer,
    recover: (items) =>
      items.map(({ digest, signature, yParity }) => {
        const key = recoverer.recoverUncompressed(digest, signature, yParity)
        return key && addressOfPublicKey(key)
      }),
  }
}

/** First byte of each half of a token, so that it has the form of a canonical signature. */
const HALF_MARK = 0x40
const HALF_LENGTH = 32

export class TokenCrypto implements SimulatedCrypto {
  readonly #byName = new Map<string, Identity>()
  readonly #byIndex: (Identity & { readonly secret: Uint8Array })[] = []
  /** By the first bytes of the public key. */
  readonly #byKey = new Map<number, number>()

  readonly verifier: SignatureVerifier = {
    verify: (digest, signature, publicKey) => {
      const index = this.#byKey.get(keyNumber(publicKey))
      return index !== undefined && this.#isToken(index, digest, signature)
    },
  }

  /** The same name is the same key, in every run. */
  identity(name: string): Identity {
    const known = this.#byName.get(name)
    if (known !== undefined) return known
    const { publicKey } = createSigner(privateKeyOf(name))
    const index = this.#byIndex.length
    const secret = keccak256(utf8(`secret of ${name}`))
    const identity = {
      address: addressOfPublicKey(publicKey),
      publicKey,
      secret,
      signer: {
        publicKey,
        sign: (digest: Uint8Array) => ({ signature: token(index, secret, digest), yParity: 0 as const }),
      },
    }
    this.#byName.set(name, identity)
    this.#byIndex.push(identity)
    this.#byKey.set(keyNumber(publicKey), index)
    return identity
  }

  recover(items: readonly RecoverItem[]): readonly (Address | undefined)[] {
    return items.map(({ digest, signature }) => {
      const index = ((signature[1] as number) << 8) | (signature[2] as number)
      return this.#isToken(index, digest, signature) ? this.#byIndex[index]?.address : undefined
    })
  }

  #isToken(index: number, digest: Uint8Array, signature: Uint8Array): boolean {
    const identity = this.#byIndex[index]
    if (identity === undefined || signature.length !== SIGNATURE_LENGTH) return false
    if ((((signature[1] as number) << 8) | (signature[2] as number)) !== index) return false
    for (let at = 3; at < SIGNATURE_LENGTH; at++)
      if (signature[at] !== tokenByte(identity.secret, digest, at)) return false
    return signature[0] === HALF_MARK
  }
}

function privateKeyOf(name: string): Uint8Array {
  return keccak256(utf8(`tertia simulation: ${name}`))
}

function keyNumber(publicKey: Uint8Array): number {
  return (
    (((publicKey[1] as number) << 24) |
      ((publicKey[2] as number) << 16) |
      ((publicKey[3] as number) << 8) |
      (publicKey[4] as number)) >>>
    0
  )
}

function token(index: number, secret: Uint8Array, digest: Uint8Array): Uint8Array {
  const signature = new Uint8Array(SIGNATURE_LENGTH)
  signature[0] = HALF_MARK
  signature[1] = index >> 8
  signature[2] = index & 0xff
  for (let at = 3; at < SIGNATURE_LENGTH; at++) signature[at] = tokenByte(secret, digest, at)
  return signature
}

function tokenByte(secret: Uint8Array, digest: Uint8Array, at: number): number {
  if (at === HALF_LENGTH) return HALF_MARK
  return ((digest[at & 31] as number) ^ (secret[(at * 7 + (at >> 5)) & 31] as number)) & 0xff
}
