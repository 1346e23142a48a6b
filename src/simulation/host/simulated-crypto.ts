/**
 * Who signs what in the simulation. By default signatures are tokens: they name their maker and
 * carry the whole digest under its secret. Nothing but the maker's own signer object makes them, so
 * they are as unforgeable as the real ones and a thousand times faster.
 */
import { utf8 } from '../../base/bytes.ts'
import { invariant } from '../../base/invariant.ts'
import { keccak256 } from '../../crypto/keccak.ts'
import {
  addressOfPublicKey,
  createSigner,
  type Recoverer,
  type RecoverItem,
  SIGNATURE_LENGTH,
  type Signer,
} from '../../crypto/secp256k1.ts'
import type { SignatureVerifier } from '../../crypto/signature-verifier.ts'
import type { Address } from '../../types/ids.ts'

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
/** Where a token's number ends; what it leaves out of the digest, the second half has. */
const SECRET_AT = 5

interface TokenIdentity extends Identity {
  /** The beginning of its public key: the same in every process, whoever else was made before. */
  readonly number: number
  readonly secret: Uint8Array
}

export class TokenCrypto implements SimulatedCrypto {
  readonly #byName = new Map<string, Identity>()
  readonly #byNumber = new Map<number, TokenIdentity>()

  readonly verifier: SignatureVerifier = {
    verify: (digest, signature, publicKey) => {
      const identity = this.#byNumber.get(numberAt(publicKey))
      return identity !== undefined && isToken(identity, digest, signature)
    },
  }

  /** The same name is the same key, in every run. */
  identity(name: string): Identity {
    const known = this.#byName.get(name)
    if (known !== undefined) return known
    const { publicKey } = createSigner(privateKeyOf(name))
    const number = numberAt(publicKey)
    const secret = keccak256(utf8(`secret of ${name}`))
    const identity = {
      address: addressOfPublicKey(publicKey),
      publicKey,
      number,
      secret,
      signer: {
        publicKey,
        sign: (digest: Uint8Array) => ({ signature: token(number, secret, digest), yParity: 0 as const }),
      },
    }
    invariant(!this.#byNumber.has(number), 'public keys begin otherwise')
    this.#byName.set(name, identity)
    this.#byNumber.set(number, identity)
    return identity
  }

  recover(items: readonly RecoverItem[]): readonly (Address | undefined)[] {
    return items.map(({ digest, signature }) => {
      const identity = this.#byNumber.get(numberAt(signature))
      return identity !== undefined && isToken(identity, digest, signature) ? identity.address : undefined
    })
  }
}

function isToken({ number, secret }: TokenIdentity, digest: Uint8Array, signature: Uint8Array): boolean {
  if (signature.length !== SIGNATURE_LENGTH || numberAt(signature) !== number) return false
  for (let at = SECRET_AT; at < SIGNATURE_LENGTH; at++)
    if (signature[at] !== tokenByte(secret, digest, at)) return false
  return signature[0] === HALF_MARK
}

function privateKeyOf(name: string): Uint8Array {
  return keccak256(utf8(`tertia simulation: ${name}`))
}

/** The four bytes after the first: of a public key, or of a token that names its maker. */
function numberAt(bytes: Uint8Array): number {
  return (
    (((bytes[1] as number) << 24) |
      ((bytes[2] as number) << 16) |
      ((bytes[3] as number) << 8) |
      (bytes[4] as number)) >>>
    0
  )
}

function token(number: number, secret: Uint8Array, digest: Uint8Array): Uint8Array {
  const signature = new Uint8Array(SIGNATURE_LENGTH)
  signature[0] = HALF_MARK
  signature[1] = number >>> 24
  signature[2] = (number >>> 16) & 0xff
  signature[3] = (number >>> 8) & 0xff
  signature[4] = number & 0xff
  for (let at = SECRET_AT; at < SIGNATURE_LENGTH; at++) signature[at] = tokenByte(secret, digest, at)
  return signature
}

function tokenByte(secret: Uint8Array, digest: Uint8Array, at: number): number {
  if (at === HALF_LENGTH) return HALF_MARK
  return ((digest[at & 31] as number) ^ (secret[(at * 7 + (at >> 5)) & 31] as number)) & 0xff
}
