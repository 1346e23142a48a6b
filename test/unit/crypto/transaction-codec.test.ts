import { createCustomCommon, Mainnet } from '@ethereumjs/common'
import { createTxFromRLP } from '@ethereumjs/tx'
import { Transaction as EthersTransaction, Wallet } from 'ethers'
import fc from 'fast-check'
import { serializeTransaction } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { describe, expect, it } from 'vitest'
import { bigIntToFixedBytes, bytesToBigInt, concatBytes, fromHex, type Hex, toHex } from '../../../src/base/bytes.ts'
import { defined } from '../../../src/base/invariant.ts'
import { decodeRlp, encodeRlp, type RlpItem } from '../../../src/codec/rlp.ts'
import { nobleRecoverer } from '../../../src/crypto/backends/noble.ts'
import { addressOfPublicKey, createSigner } from '../../../src/crypto/secp256k1.ts'
import {
  decodeTransaction,
  encodeTransactionForSigning,
  signTransaction,
} from '../../../src/crypto/transaction-codec.ts'
import { TRANSACTION_BYTES_MAX } from '../../../src/types/limits.ts'
import type { Transaction, TransactionFields } from '../../../src/types/transaction.ts'
import { arbitraryFields, arbitraryPrivateKey, TEST_KEY, TRANSFER, viemTransaction } from './transaction-samples.ts'

const signer = createSigner(TEST_KEY)
const LEGACY: TransactionFields = { ...TRANSFER, type: 0, maxPriorityFeePerGas: TRANSFER.maxFeePerGas }
const ACCESS_LIST: TransactionFields = { ...LEGACY, type: 1 }
const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n

function decoded(envelope: Uint8Array): Transaction {
  const result = decodeTransaction(envelope)
  if (!result.ok) throw new Error(result.error.message)
  return result.value
}

function refusal(envelope: Uint8Array): { code: string; message: string } {
  const result = decodeTransaction(envelope)
  if (result.ok) throw new Error(`accepted ${toHex(envelope)}`)
  expect(result.error.verdict).toBe('reject')
  return { code: result.error.code, message: result.error.message }
}

/** The envelope with its fields changed, not signed again. */
function changed(envelope: Uint8Array, change: (items: RlpItem[]) => void): Uint8Array {
  const isLegacy = defined(envelope[0], 'a first byte') >= 0xc0
  const items = [...(decodeRlp(isLegacy ? envelope : envelope.subarray(1)) as readonly RlpItem[])]
  change(items)
  return isLegacy ? encodeRlp(items) : concatBytes(envelope.subarray(0, 1), encodeRlp(items))
}

/** viem's encoding of what we decoded. */
function encodedByViem(transaction: Transaction): Hex {
  const [r, s] = [transaction.signature.subarray(0, 32), transaction.signature.subarray(32)].map(toHex) as [Hex, Hex]
  const v = BigInt(transaction.chainId) * 2n + 35n + BigInt(transaction.yParity)
  const signature = transaction.type === 0 ? { r, s, v } : { r, s, yParity: transaction.yParity }
  return serializeTransaction(viemTransaction(transaction), signature)
}

function senderOf(transaction: Transaction): string {
  const { signingDigest, signature, yParity } = transaction
  return addressOfPublicKey(defined(nobleRecoverer.recover(signingDigest, signature, yParity), 'the sender'))
}

describe('envelopes of other implementations', () => {
  it('signs the same bytes as viem and ethers do', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryFields, arbitraryPrivateKey, async (fields, key) => {
        const ours = toHex(signTransaction(fields, createSigner(fromHex(key))))
        expect(ours).toBe(await privateKeyToAccount(key).signTransaction(viemTransaction(fields)))
        const unsigned = EthersTransaction.from(serializeTransaction(viemTransaction(fields)))
        expect(ours).toBe(await new Wallet(key).signTransaction(unsigned))
      }),
      { numRuns: 60 },
    )
  })

  it('decodes what viem serialised to the same fields, and back to the same bytes', () => {
    fc.assert(
      fc.property(arbitraryFields, (fields) => {
        const envelope = signTransaction(fields, signer)
        const transaction = decoded(envelope)
        expect(transaction).toMatchObject(fields)
        expect(encodedByViem(transaction)).toBe(toHex(envelope))
        expect(toHex(encodeTransactionForSigning(transaction))).toBe(serializeTransaction(viemTransaction(fields)))
      }),
    )
  })

  it('finds the hash, signing digest and sender that ethers and @ethereumjs/tx find', () => {
    fc.assert(
      fc.property(arbitraryFields, arbitraryPrivateKey, (fields, key) => {
        const envelope = signTransaction(fields, createSigner(fromHex(key)))
        const transaction = decoded(envelope)
        const ethers = EthersTransaction.from(toHex(envelope))
        expect(transaction.hash).toBe(ethers.hash)
        expect(toHex(transaction.signingDigest)).toBe(ethers.unsignedHash)
        expect(senderOf(transaction)).toBe(ethers.from?.toLowerCase())
        // Their implementation refuses gas · price and gas limits beyond its own bounds.
        fc.pre(fields.maxFeePerGas < 2n ** 128n)
        const chain = createCustomCommon({ chainId: fields.chainId }, Mainnet, { hardfork: 'london' })
        const ethereumjs = createTxFromRLP(envelope, { common: chain })
        expect(transaction.hash).toBe(toHex(ethereumjs.hash()))
        expect(senderOf(transaction)).toBe(ethereumjs.getSenderAddress().toString())
      }),
      { numRuns: 60 },
    )
  })

  it('keeps its own copy of the envelope', () => {
    const message = concatBytes(new Uint8Array(1000), signTransaction({ ...TRANSFER, data: TEST_KEY }, signer))
    const transaction = decoded(message.subarray(1000))
    const before = toHex(transaction.data)
    message.fill(0)
    expect(toHex(transaction.data)).toBe(before)
    expect(transaction.envelope.buffer.byteLength).toBe(transaction.envelope.length)
  })
})

describe('one encoding only', () => {
  it.each([
    ['legacy', LEGACY],
    ['EIP-2930', ACCESS_LIST],
    ['EIP-1559', TRANSFER],
  ] as const)('refuses leading zeros in every integer of %s', (_, fields) => {
    const envelope = signTransaction(fields, signer)
    const integers = { 0: [0, 1, 2, 4, 6, 7, 8], 1: [0, 1, 2, 3, 5, 8, 9, 10], 2: [0, 1, 2, 3, 4, 6, 9, 10, 11] }
    for (const index of integers[fields.type]) {
      const padded = changed(envelope, (items) => {
        items[index] = concatBytes(Uint8Array.of(0), items[index] as Uint8Array)
      })
      expect(refusal(padded).code, `field ${index}`).toBe('malformed')
    }
  })

  it('refuses bytes after the transaction, and a transaction cut short', () => {
    for (const fields of [LEGACY, ACCESS_LIST, TRANSFER]) {
      const envelope = signTransaction(fields, signer)
      expect(refusal(concatBytes(envelope, Uint8Array.of(0))).code).toBe('malformed')
      expect(refusal(envelope.subarray(0, -1)).code).toBe('malformed')
    }
    expect(refusal(new Uint8Array(0)).code).toBe('malformed')
  })

  it('refuses lengths in a longer form than needed', () => {
    const envelope = signTransaction(LEGACY, signer)
    expect(envelope[0]).toBe(0xf8)
    const longer = concatBytes(Uint8Array.of(0xf9, 0), envelope.subarray(1))
    expect(refusal(longer).code).toBe('malformed')
  })

  it('refuses missing and surplus fields', () => {
    for (const fields of [LEGACY, ACCESS_LIST, TRANSFER]) {
      const envelope = signTransaction(fields, signer)
      expect(refusal(changed(envelope, (items) => items.pop())).code).toBe('malformed')
      expect(refusal(changed(envelope, (items) => items.push(new Uint8Array(0)))).code).toBe('malformed')
    }
  })

  it('refuses recipients, addresses and storage keys of a wrong length', () => {
    const short = new Uint8Array(19)
    expect(refusal(changed(signTransaction(LEGACY, signer), (items) => (items[3] = short))).code).toBe('malformed')
    const envelope = signTransaction(TRANSFER, signer)
    expect(refusal(changed(envelope, (items) => (items[8] = [[short, []]]))).code).toBe('malformed')
    const key = [[new Uint8Array(20), [new Uint8Array(31)]]]
    expect(refusal(changed(envelope, (items) => (items[8] = key))).code).toBe('malformed')
  })

  it('accepts no change of a byte that it would not write itself', () => {
    const edit = fc.record({ at: fc.nat(), byte: fc.nat(255), kind: fc.constantFrom('set', 'insert', 'delete') })
    let accepted = 0
    fc.assert(
      fc.property(arbitraryFields, edit, (fields, { at, byte, kind }) => {
        const bytes = [...signTransaction(fields, signer)]
        const index = at % bytes.length
        bytes.splice(index, kind === 'insert' ? 0 : 1, ...(kind === 'delete' ? [] : [byte]))
        const result = decodeTransaction(Uint8Array.from(bytes))
        if (!result.ok) return
        accepted += 1
        expect(toHex(reencoded(result.value))).toBe(toHex(Uint8Array.from(bytes)))
      }),
      { numRuns: 500 },
    )
    expect(accepted).toBeGreaterThan(0)
  })

  it('never throws on random bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.constantFrom([], [1], [2], [0xf8, 0x6c]), (bytes, prefix) => {
        expect(decodeTransaction(Uint8Array.from([...prefix, ...bytes])).ok).toBe(false)
      }),
    )
  })
})

/** Our encoding of a decoded transaction with the signature that it came with. */
function reencoded(transaction: Transaction): Uint8Array {
  const { signature, yParity } = transaction
  return signTransaction(transaction, { publicKey: signer.publicKey, sign: () => ({ signature, yParity }) })
}

describe('signatures', () => {
  const indexOfV = { 0: 6, 1: 8, 2: 9 } as const

  it('refuses a high s and any r or s outside the order', () => {
    for (const fields of [LEGACY, ACCESS_LIST, TRANSFER]) {
      const envelope = signTransaction(fields, signer)
      const r = indexOfV[fields.type] + 1
      const s = r + 1
      const highS = changed(envelope, (items) => {
        items[s] = bigIntToFixedBytes(ORDER - bytesToBigInt(items[s] as Uint8Array), 32)
      })
      expect(refusal(highS)).toEqual({ code: 'signature', message: 'invalid transaction v, r, s values' })
      for (const [index, value] of [
        [r, 0n],
        [r, ORDER],
        [s, 0n],
        [s, ORDER / 2n + 1n],
        [s, ORDER],
      ] as const) {
        const scalar = value === 0n ? new Uint8Array(0) : bigIntToFixedBytes(value, 32)
        expect(refusal(changed(envelope, (items) => (items[index] = scalar))).code).toBe('signature')
      }
      expect(refusal(changed(envelope, (items) => (items[r] = new Uint8Array(33).fill(1)))).code).toBe('malformed')
    }
  })

  it('refuses a parity other than 0 and 1', () => {
    for (const fields of [ACCESS_LIST, TRANSFER]) {
      for (const parity of ['0x02', '0x1b', '0x00', '0x0001']) {
        const envelope = changed(signTransaction(fields, signer), (items) => {
          items[indexOfV[fields.type]] = fromHex(parity)
        })
        expect(refusal(envelope).code, parity).toBe('malformed')
      }
    }
  })

  it('refuses a legacy v that names no chain, and tells unprotected ones apart', () => {
    const envelope = signTransaction(LEGACY, signer)
    for (const v of [[], [1], [26], [29], [34]]) {
      expect(refusal(changed(envelope, (items) => (items[6] = Uint8Array.from(v)))).code).toBe('malformed')
    }
    for (const v of [27, 28]) {
      expect(refusal(changed(envelope, (items) => (items[6] = Uint8Array.of(v))))).toEqual({
        code: 'notReplayProtected',
        message: 'only replay-protected (EIP-155) transactions allowed over RPC',
      })
    }
  })

  it('refuses what ethers signed without a chain id', async () => {
    const unsigned = EthersTransaction.from({ type: 0, to: `0x${'11'.repeat(20)}`, gasLimit: 21_000, gasPrice: 1 })
    const signed = await new Wallet(toHex(TEST_KEY)).signTransaction(unsigned)
    expect(refusal(fromHex(signed)).code).toBe('notReplayProtected')
  })

  it('decodes a foreign chain id without judging it', () => {
    expect(decoded(signTransaction({ ...LEGACY, chainId: 1 }, signer)).chainId).toBe(1)
    expect(decoded(signTransaction({ ...TRANSFER, chainId: 1 }, signer)).chainId).toBe(1)
  })
})

describe('types and sizes', () => {
  it('answers every other type in the words that viem looks for', () => {
    for (const type of [0, 3, 4, 5, 0x7f]) {
      const envelope = signTransaction(TRANSFER, signer)
      envelope[0] = type
      expect(refusal(envelope)).toEqual({ code: 'transactionType', message: 'transaction type not valid' })
    }
  })

  it('names the type even of a transaction that is too large, as those with blobs are', () => {
    const envelope = new Uint8Array(TRANSACTION_BYTES_MAX + 1)
    envelope[0] = 3
    expect(refusal(envelope).code).toBe('transactionType')
  })

  it('takes envelopes of 128 KiB and not a byte more', () => {
    const overhead = signTransaction({ ...TRANSFER, data: new Uint8Array(70_000) }, signer).length - 70_000
    const largest = signTransaction({ ...TRANSFER, data: new Uint8Array(TRANSACTION_BYTES_MAX - overhead) }, signer)
    expect(largest.length).toBe(TRANSACTION_BYTES_MAX)
    expect(decoded(largest).data.length).toBe(TRANSACTION_BYTES_MAX - overhead)
    const larger = signTransaction({ ...TRANSFER, data: new Uint8Array(TRANSACTION_BYTES_MAX - overhead + 1) }, signer)
    expect(refusal(larger)).toEqual({
      code: 'transactionTooLarge',
      message: 'oversized data: transaction size 131073, limit 131072',
    })
  })

  it('decodes contract creation, which is refused by rule and not by form', () => {
    expect(decoded(signTransaction({ ...TRANSFER, to: null }, signer)).to).toBeNull()
  })
})
