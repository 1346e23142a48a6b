import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { concatBytes, fromHex } from '../../../src/base/bytes.ts'
import { defined } from '../../../src/base/invariant.ts'
import { nobleRecoverer } from '../../../src/crypto/backends/noble.ts'
import { addressOfPublicKey, createSigner } from '../../../src/crypto/secp256k1.ts'
import { decodeTransaction, signTransaction } from '../../../src/crypto/transaction-codec.ts'
import { intrinsicGas } from '../../../src/ledger/gas.ts'
import type { Address, Hash } from '../../../src/types/ids.ts'
import type { Transaction, TransactionFields } from '../../../src/types/transaction.ts'
import { checkTransaction, recoverItemOf, withSender } from '../../../src/validation/transaction.ts'
import { arbitraryFields, arbitraryPrivateKey, TEST_KEY, TRANSFER } from '../crypto/transaction-samples.ts'

const RULES = { chainId: TRANSFER.chainId }

function signed(fields: TransactionFields, key = TEST_KEY): Transaction {
  const result = decodeTransaction(signTransaction(fields, createSigner(key)))
  if (!result.ok) throw new Error(result.error.message)
  return result.value
}

function refusal(change: Partial<TransactionFields>) {
  const result = checkTransaction(signed({ ...TRANSFER, ...change }), RULES)
  if (result.ok) throw new Error('accepted')
  return result.error
}

describe('checkTransaction', () => {
  it('accepts a plain transfer with exactly 21000 gas', () => {
    expect(checkTransaction(signed(TRANSFER), RULES).ok).toBe(true)
  })

  it.each([
    ['chainId', { chainId: 1 }, 'invalid chain id for signer: have 1 want 13371', 'reject'],
    ['contractCreation', { to: null }, 'transaction rejected: contract creation not supported', 'reject'],
    ['nonceMax', { nonce: Number.MAX_SAFE_INTEGER }, 'nonce has max value', 'reject'],
    [
      'tipAboveCap',
      { maxPriorityFeePerGas: TRANSFER.maxFeePerGas + 1n },
      'max priority fee per gas higher than max fee per gas',
      'reject',
    ],
    ['intrinsicGas', { gasLimit: 20_999 }, 'intrinsic gas too low', 'reject'],
  ] as const)('refuses with the code %s in the words that clients look for', (code, change, message, verdict) => {
    expect(refusal(change)).toEqual({ code, message, verdict })
  })

  it('refuses on one chain what was signed for another with the same key', () => {
    const transaction = signed(TRANSFER)
    expect(checkTransaction(transaction, { ...RULES, chainId: RULES.chainId + 1 }).ok).toBe(false)
  })
})

describe('intrinsicGas', () => {
  it('charges calldata by its bytes and access lists by their entries (EIP-2028, EIP-2930)', () => {
    const address = `0x${'01'.repeat(20)}` as Address
    const key = `0x${'02'.repeat(32)}` as Hash
    const data = fromHex('0x00ff0000')
    expect(intrinsicGas({ data, accessList: [] })).toBe(21_000 + 3 * 4 + 16)
    expect(intrinsicGas({ data: new Uint8Array(0), accessList: [{ address, storageKeys: [key, key] }] })).toBe(
      21_000 + 2_400 + 2 * 1_900,
    )
  })
})

describe('withSender', () => {
  it('names the signer of every transaction, from keys in either form', () => {
    fc.assert(
      fc.property(arbitraryFields, arbitraryPrivateKey, (fields, key) => {
        const signer = createSigner(fromHex(key))
        const checked = checkTransaction(signed({ ...fields, nonce: 1, gasLimit: 10 ** 7 }, fromHex(key)), {
          chainId: fields.chainId,
        })
        if (!checked.ok) throw new Error(checked.error.message)
        const { digest, signature, yParity } = recoverItemOf(checked.value)
        const expected = addressOfPublicKey(signer.publicKey)
        for (const publicKey of [
          nobleRecoverer.recover(digest, signature, yParity),
          nobleRecoverer.recoverUncompressed(digest, signature, yParity),
        ]) {
          const sender = withSender(checked.value, addressOfPublicKey(defined(publicKey, 'a key')))
          expect(sender.ok && sender.value.sender).toBe(expected)
        }
      }),
      { numRuns: 20 },
    )
  })

  it('refuses a signature that no key made', () => {
    // No point of the curve has x = 5.
    const envelope = signTransaction(TRANSFER, {
      publicKey: new Uint8Array(33),
      sign: () => ({ signature: concatBytes(word(5), word(1)), yParity: 0 }),
    })
    const decoded = decodeTransaction(envelope)
    if (!decoded.ok) throw new Error(decoded.error.message)
    const checked = checkTransaction(decoded.value, RULES)
    if (!checked.ok) throw new Error(checked.error.message)
    const { digest, signature, yParity } = recoverItemOf(checked.value)
    expect(nobleRecoverer.recover(digest, signature, yParity)).toBeUndefined()
    const result = withSender(checked.value, undefined)
    expect(result).toEqual({ ok: false, error: { code: 'signature', message: 'invalid sender', verdict: 'reject' } })
  })
})

function word(value: number): Uint8Array {
  const bytes = new Uint8Array(32)
  bytes[31] = value
  return bytes
}
