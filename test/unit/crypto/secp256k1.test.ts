import { createRequire } from 'node:module'
import { Point } from '@noble/secp256k1'
import fc from 'fast-check'
import type * as Secp256k1 from 'secp256k1'
import { privateKeyToAccount, sign as signWithViem } from 'viem/accounts'
import { publicKeyToAddress } from 'viem/utils'
import { describe, expect, it } from 'vitest'
import { bigIntToFixedBytes, bytesToBigInt, concatBytes, fromHex, toHex, utf8 } from '../../../src/base/bytes.ts'
import { InvariantViolation } from '../../../src/base/invariant.ts'
import { nobleRecoverer } from '../../../src/crypto/backends/noble.ts'
import { createWasmRecoverer } from '../../../src/crypto/backends/wasm.ts'
import { keccak256 } from '../../../src/crypto/keccak.ts'
import {
  addressOfPublicKey,
  compressPublicKey,
  createSigner,
  isCanonicalSignature,
  isPrivateKey,
  isPublicKey,
} from '../../../src/crypto/secp256k1.ts'
import { selfTest } from '../../../src/crypto/self-test.ts'
import { createNativeRecoverer } from '../../../src/node/crypto/native-recoverer.ts'

const binding = createRequire(import.meta.url)('secp256k1/bindings') as typeof Secp256k1
const backends = [createNativeRecoverer(), await createWasmRecoverer(), nobleRecoverer]

const ORDER = Point.CURVE().n
const { p: FIELD, Gx } = Point.CURVE()
const word = (value: bigint): Uint8Array => bigIntToFixedBytes(value, 32)

const privateKey = fc.bigInt({ min: 1n, max: ORDER - 1n }).map(word)
const digest = fc.uint8Array({ minLength: 32, maxLength: 32 })
const parity = fc.constantFrom<0 | 1>(0, 1)

/** Numbers at which implementations differ, and any others. */
const scalar = fc
  .oneof(
    fc.constantFrom(0n, 1n, 5n, ORDER / 2n, ORDER / 2n + 1n, ORDER - 1n, ORDER, ORDER + 1n, FIELD, Gx, 2n ** 256n - 1n),
    fc.bigInt({ min: 0n, max: 2n ** 256n - 1n }),
  )
  .map(word)

/** What every backend says; the test fails when they do not all say the same. */
function recoverWithAll(hash: Uint8Array, signature: Uint8Array, yParity: 0 | 1): string | undefined {
  const [first, ...others] = backends.map((backend) => {
    const key = backend.recover(hash, signature, yParity)
    return key && toHex(key)
  })
  for (const other of others) expect(other).toBe(first)
  return first
}

function verifyWithAll(hash: Uint8Array, signature: Uint8Array, publicKey: Uint8Array): boolean | undefined {
  const [first, ...others] = backends.map((backend) => backend.verify(hash, signature, publicKey))
  for (const other of others) expect(other).toBe(first)
  return first
}

describe('signing', () => {
  it('gives the bytes of native libsecp256k1 and of viem', async () => {
    await fc.assert(
      fc.asyncProperty(privateKey, digest, async (key, hash) => {
        const { signature, yParity } = createSigner(key).sign(hash)
        const native = binding.ecdsaSign(hash, key)
        expect({ signature: toHex(signature), yParity }).toEqual({
          signature: toHex(native.signature),
          yParity: native.recid,
        })
        const theirs = await signWithViem({ hash: toHex(hash), privateKey: toHex(key) })
        expect(toHex(signature)).toBe(`${theirs.r}${theirs.s.slice(2)}`)
        expect(yParity).toBe(theirs.yParity)
      }),
      { numRuns: 25 },
    )
  })

  it('keeps its key when the caller clears his copy', () => {
    const key = word(7n)
    const signer = createSigner(key)
    const before = toHex(signer.sign(key).signature)
    const hash = Uint8Array.from(key)
    key.fill(0)
    expect(toHex(signer.sign(hash).signature)).toBe(before)
  })

  it.each([word(0n), word(ORDER), new Uint8Array(31).fill(1), new Uint8Array(33).fill(1)])(
    'refuses %o as a key',
    (key) => {
      expect(isPrivateKey(key)).toBe(false)
      expect(() => createSigner(key)).toThrow(InvariantViolation)
    },
  )

  it('signs nothing but a digest', () => {
    expect(() => createSigner(word(1n)).sign(new Uint8Array(31))).toThrow(InvariantViolation)
  })
})

describe('every backend', () => {
  it.each(backends)('passes the self-test: $name', (backend) => {
    expect(selfTest(backend)).toBeUndefined()
  })

  it('recovers and verifies the signer of good signatures', () => {
    fc.assert(
      fc.property(privateKey, digest, (key, hash) => {
        const signer = createSigner(key)
        const { signature, yParity } = signer.sign(hash)
        expect(recoverWithAll(hash, signature, yParity)).toBe(toHex(signer.publicKey))
        expect(verifyWithAll(hash, signature, signer.publicKey)).toBe(true)
        expect(recoverWithAll(hash, signature, yParity === 0 ? 1 : 0)).not.toBe(toHex(signer.publicKey))
      }),
      { numRuns: 25 },
    )
  })

  it('says the same of signatures at the borders of the field and the order', () => {
    const other = createSigner(word(3n)).publicKey
    fc.assert(
      fc.property(scalar, scalar, fc.oneof(scalar, digest), parity, (r, s, hash, yParity) => {
        const signature = concatBytes(r, s)
        const key = recoverWithAll(hash, signature, yParity)
        expect(verifyWithAll(hash, signature, key === undefined ? other : fromHex(key))).toBe(key !== undefined)
      }),
      { numRuns: 100 },
    )
  })

  it('refuses tampered signatures, digests and keys alike', () => {
    const signer = createSigner(word(11n))
    const hash = keccak256(utf8('tampered'))
    const { signature, yParity } = signer.sign(hash)
    fc.assert(
      fc.property(fc.nat({ max: 63 }), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const tampered = signature.map((byte, i) => (i === at ? byte ^ change : byte))
        expect(verifyWithAll(hash, tampered, signer.publicKey)).toBe(false)
        expect(recoverWithAll(hash, tampered, yParity)).not.toBe(toHex(signer.publicKey))
        const otherHash = hash.map((byte, i) => (i === at % 32 ? byte ^ change : byte))
        expect(verifyWithAll(otherHash, signature, signer.publicKey)).toBe(false)
        const otherKey = signer.publicKey.map((byte, i) => (i === at % 33 ? byte ^ change : byte))
        expect(verifyWithAll(hash, signature, otherKey)).toBe(false)
      }),
      { numRuns: 40 },
    )
  })

  it('refuses a high s, which any other holder of the message can make', () => {
    const signer = createSigner(word(12n))
    const hash = keccak256(utf8('high s'))
    const { signature, yParity } = signer.sign(hash)
    const high = concatBytes(signature.subarray(0, 32), word(ORDER - bytesToBigInt(signature.subarray(32))))
    // The mathematics would accept it: this is the rule, not the curve.
    expect(toHex(binding.ecdsaRecover(high, 1 - yParity, hash))).toBe(toHex(signer.publicKey))
    expect(recoverWithAll(hash, high, yParity === 0 ? 1 : 0)).toBeUndefined()
    expect(verifyWithAll(hash, high, signer.publicKey)).toBe(false)
  })

  it('draws the line between low and high s in the middle of the order', () => {
    const hash = keccak256(utf8('middle'))
    expect(recoverWithAll(hash, concatBytes(word(Gx), word(ORDER / 2n)), 0)).toBeDefined()
    expect(recoverWithAll(hash, concatBytes(word(Gx), word(ORDER / 2n + 1n)), 0)).toBeUndefined()
  })

  it('refuses signatures and keys of any other form', () => {
    const signer = createSigner(word(13n))
    const hash = keccak256(utf8('forms'))
    const { signature, yParity } = signer.sign(hash)
    const uncompressed = Point.fromBytes(signer.publicKey).toBytes(false)
    const hybrid = Uint8Array.from(uncompressed)
    hybrid[0] = 6 + ((uncompressed[64] as number) & 1)
    const forms = [
      new Uint8Array(0),
      signature.subarray(0, 63),
      concatBytes(signature, Uint8Array.of(yParity)),
      concatBytes(signature, Uint8Array.of(27 + yParity)),
      binding.signatureExport(signature),
    ]
    for (const form of forms) {
      expect(recoverWithAll(hash, form, yParity)).toBeUndefined()
      expect(verifyWithAll(hash, form, signer.publicKey)).toBe(false)
    }
    for (const key of [uncompressed, hybrid, signer.publicKey.subarray(1), new Uint8Array(33), new Uint8Array(0)]) {
      expect(verifyWithAll(hash, signature, key)).toBe(false)
    }
  })

  it('takes a digest of another length for our mistake', () => {
    for (const backend of backends) {
      expect(() => backend.recover(new Uint8Array(31), new Uint8Array(64), 0)).toThrow(InvariantViolation)
      expect(() => backend.verify(new Uint8Array(33), new Uint8Array(64), new Uint8Array(33))).toThrow(
        InvariantViolation,
      )
    }
  })
})

describe('the rule', () => {
  // Backends have checks of their own; the rule must not lean on them.
  it.each<[boolean, string, bigint, bigint]>([
    [true, 'the smallest', 1n, 1n],
    [true, 'the largest', ORDER - 1n, ORDER / 2n],
    [false, 'r of zero', 0n, 1n],
    [false, 's of zero', 1n, 0n],
    [false, 'r of the order', ORDER, 1n],
    [false, 'a high s', 1n, ORDER / 2n + 1n],
  ])('says %s for %s', (expected, _, r, s) => {
    expect(isCanonicalSignature(concatBytes(word(r), word(s)))).toBe(expected)
  })
})

describe('public keys and addresses', () => {
  it('have the addresses that viem gives them, from either form', () => {
    fc.assert(
      fc.property(privateKey, (key) => {
        const { publicKey } = createSigner(key)
        const account = privateKeyToAccount(toHex(key))
        expect(addressOfPublicKey(publicKey)).toBe(account.address.toLowerCase())
        expect(publicKeyToAddress(account.publicKey).toLowerCase()).toBe(addressOfPublicKey(fromHex(account.publicKey)))
        expect(toHex(compressPublicKey(fromHex(account.publicKey)))).toBe(toHex(publicKey))
      }),
      { numRuns: 25 },
    )
  })

  it('are points of the curve', () => {
    const { publicKey } = createSigner(word(1n))
    expect(isPublicKey(publicKey)).toBe(true)
    const x = (value: bigint): Uint8Array => concatBytes(Uint8Array.of(2), word(value))
    // 5 is no x of the curve; x + p would be a second name for the x of 1.
    for (const key of [x(5n), x(FIELD + 1n), x(0n), publicKey.subarray(1), Point.BASE.toBytes(false)]) {
      expect(isPublicKey(key)).toBe(false)
    }
  })
})

describe('the self-test', () => {
  const native = backends[0] as (typeof backends)[number]

  it.each([
    ['a wrong key', { ...native, recover: () => new Uint8Array(33) }],
    ['no key at all', { ...native, recover: () => undefined }],
    ['everything verified', { ...native, verify: () => true }],
    ['nothing verified', { ...native, verify: () => false }],
    [
      'a high s let through',
      {
        ...native,
        recover: (hash: Uint8Array, signature: Uint8Array, yParity: 0 | 1) => {
          try {
            return binding.ecdsaRecover(signature, yParity, hash, true)
          } catch {
            return undefined
          }
        },
      },
    ],
  ])('finds %s', (_, backend) => {
    expect(selfTest(backend)).toBeTypeOf('string')
  })
})
