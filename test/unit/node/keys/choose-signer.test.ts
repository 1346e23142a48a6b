import { hexToBytes } from '@ethereumjs/util'
import fc from 'fast-check'
import { ecdsaSign } from 'secp256k1'
import { describe, expect, it } from 'vitest'
import { createSigner, isPrivateKey } from '../../../../src/crypto/secp256k1.ts'
import { chooseSigner } from '../../../../src/node/keys/choose-signer.ts'

const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 })
const KEY = hexToBytes(`0x${'11'.repeat(32)}`)
const DIGEST = hexToBytes(`0x${'22'.repeat(32)}`)

describe('the chosen signer', () => {
  it('is native, and gives the bytes of the portable one for every key and digest', () => {
    let calls = 0
    const counted = (digest: Uint8Array, key: Uint8Array) => {
      calls += 1
      return ecdsaSign(digest, key)
    }
    fc.assert(
      fc.property(bytes32.filter(isPrivateKey), bytes32, (key, digest) => {
        const before = calls
        expect(chooseSigner(key, () => counted).sign(digest)).toEqual(createSigner(key).sign(digest))
        expect(calls).toBe(before + 2)
        expect(chooseSigner(key).sign(digest)).toEqual(createSigner(key).sign(digest))
      }),
      { numRuns: 50 },
    )
  })

  it('is the portable one where the binding is missing, throws or signs otherwise', () => {
    const missing = () => {
      throw new Error('no binding')
    }
    const throwing = () => missing
    const different = () => (digest: Uint8Array, key: Uint8Array) => ecdsaSign(digest, key, { data: digest })
    for (const load of [missing, throwing, different])
      expect(chooseSigner(KEY, load).sign(DIGEST)).toEqual(createSigner(KEY).sign(DIGEST))
  })

  it('does not follow the key when its owner wipes it', () => {
    const key = Uint8Array.from(KEY)
    const signer = chooseSigner(key)
    key.fill(0)
    expect(signer.sign(DIGEST)).toEqual(createSigner(KEY).sign(DIGEST))
  })
})
