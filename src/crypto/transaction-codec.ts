/**
 * Ethereum's transaction envelopes: legacy with replay protection (EIP-155), EIP-2930 and EIP-1559,
 * as EIP-2718 tells them apart. Reading is strict: decoding and encoding again gives the same bytes,
 * and a signature has one form (EIP-2).
 *
 * Deviation: chain ids, nonces and gas limits end at 2^53 − 1, where EIP-2681 and others allow 64 bits.
 */
import { bigIntToBytes, concatBytes, EMPTY_BYTES } from '../base/bytes.ts'
import { invariant } from '../base/invariant.ts'
import { type Rejection, rejection } from '../base/rejection.ts'
import { err, ok, type Result } from '../base/result.ts'
import { decodeWith } from '../codec/decode.ts'
import { DecodeError } from '../codec/decode-error.ts'
import { asBigUint, asBytes, asFixedBytes, asFlag, asList, asTuple, asUint, uintBytes } from '../codec/fields.ts'
import { encodeRlp, type RlpItem } from '../codec/rlp.ts'
import { type Address, addressFromBytes, hashFromBytes, idBytes } from '../types/ids.ts'
import { TRANSACTION_BYTES_MAX } from '../types/limits.ts'
import type { AccessListEntry, Transaction, TransactionFields, TransactionType } from '../types/transaction.ts'
import { keccak256, keccak256Hash } from './keccak.ts'
import { isCanonicalSignature, type Signer } from './secp256k1.ts'

export type TransactionDecodeCode =
  | 'malformed'
  | 'transactionType'
  | 'transactionTooLarge'
  | 'notReplayProtected'
  | 'signature'

const SCALAR_BYTES = 32

interface Decoded {
  readonly fields: TransactionFields
  readonly yParity: 0 | 1
  /** False for signatures from before EIP-155, whose chain id stands as 0. */
  readonly replayProtected: boolean
  readonly signature: Uint8Array
  /** The items that stand before the signature. */
  readonly unsigned: readonly RlpItem[]
}

/** Judges the form only: whose chain, which sender and whether it can pay is asked later. */
export function decodeTransaction(envelope: Uint8Array): Result<Transaction, Rejection<TransactionDecodeCode>> {
  const type = typeOf(envelope)
  if (type === undefined) return err(rejection('transactionType', 'transaction type not valid'))
  if (envelope.length > TRANSACTION_BYTES_MAX) {
    const sizes = `transaction size ${envelope.length}, limit ${TRANSACTION_BYTES_MAX}`
    return err(rejection('transactionTooLarge', `oversized data: ${sizes}`))
  }
  // A copy of its own: the fields are views of it and must not keep a whole message or block alive.
  const own = new Uint8Array(envelope)
  const decoded = decodeWith(type === 0 ? own : own.subarray(1), READERS[type])
  if (!decoded.ok) return decoded
  const { fields, yParity, replayProtected, signature, unsigned } = decoded.value
  if (!isCanonicalSignature(signature)) return err(rejection('signature', 'invalid transaction v, r, s values'))
  if (!replayProtected) {
    return err(rejection('notReplayProtected', 'only replay-protected (EIP-155) transactions allowed over RPC'))
  }
  const signingDigest = keccak256(encodeForSigning(type, fields.chainId, unsigned))
  return ok({ ...fields, hash: keccak256Hash(own), envelope: own, yParity, signature, signingDigest })
}

/** What is hashed and signed: EIP-155 for type 0, otherwise type ‖ rlp(fields). */
export function encodeTransactionForSigning(fields: TransactionFields): Uint8Array {
  return encodeForSigning(fields.type, fields.chainId, unsignedItems(fields))
}

/** The signed envelope. */
export function signTransaction(fields: TransactionFields, signer: Signer): Uint8Array {
  const { signature, yParity } = signer.sign(keccak256(encodeTransactionForSigning(fields)))
  const v = fields.type === 0 ? BigInt(fields.chainId) * 2n + 35n + BigInt(yParity) : BigInt(yParity)
  const scalars = [signature.subarray(0, SCALAR_BYTES), signature.subarray(SCALAR_BYTES)].map(withoutLeadingZeros)
  return encodeEnvelope(fields.type, [...unsignedItems(fields), bigIntToBytes(v), ...scalars])
}

/** Undefined for types that are not accepted; bytes that begin neither a type nor a list are left to the reader. */
function typeOf(envelope: Uint8Array): TransactionType | undefined {
  const first = envelope[0]
  if (first === undefined || first >= 0x80) return 0
  return first === 1 || first === 2 ? first : undefined
}

function encodeForSigning(type: TransactionType, chainId: number, unsigned: readonly RlpItem[]): Uint8Array {
  const items = type === 0 ? [...unsigned, uintBytes(chainId), EMPTY_BYTES, EMPTY_BYTES] : unsigned
  return encodeEnvelope(type, items)
}

function encodeEnvelope(type: TransactionType, items: readonly RlpItem[]): Uint8Array {
  return type === 0 ? encodeRlp(items) : concatBytes(Uint8Array.of(type), encodeRlp(items))
}

function unsignedItems(fields: TransactionFields): RlpItem[] {
  const { type, maxFeePerGas, maxPriorityFeePerGas } = fields
  invariant(type === 2 || maxFeePerGas === maxPriorityFeePerGas, 'types 0 and 1 have one gas price')
  invariant(type !== 0 || fields.accessList.length === 0, 'type 0 has no access list')
  const prices = type === 2 ? [maxPriorityFeePerGas, maxFeePerGas] : [maxFeePerGas]
  const items: RlpItem[] = [
    uintBytes(fields.nonce),
    ...prices.map(bigIntToBytes),
    uintBytes(fields.gasLimit),
    fields.to === null ? EMPTY_BYTES : idBytes(fields.to),
    bigIntToBytes(fields.value),
    fields.data,
  ]
  return type === 0 ? items : [uintBytes(fields.chainId), ...items, accessListItem(fields.accessList)]
}

function accessListItem(accessList: readonly AccessListEntry[]): RlpItem {
  return accessList.map((entry) => [idBytes(entry.address), entry.storageKeys.map(idBytes)])
}

const READERS: Readonly<Record<TransactionType, (item: RlpItem) => Decoded>> = {
  0: (item) => {
    const items = asTuple(item, 9, 'transaction')
    const [nonce, gasPrice, gasLimit, to, value, data, v, r, s] = items
    const { chainId, ...recovery } = readLegacyV(v)
    const call = readCall(nonce, gasLimit, to, value, data)
    const fields = { type: 0, chainId, ...call, accessList: [], ...readGasPrice(gasPrice) } as const
    return { fields, ...recovery, signature: readSignature(r, s), unsigned: items.slice(0, 6) }
  },
  1: (item) => {
    const items = asTuple(item, 11, 'transaction')
    const [chainId, nonce, gasPrice, gasLimit, to, value, data, accessList, ...signature] = items
    const fields = {
      type: 1,
      chainId: asUint(chainId, 'chainId'),
      ...readCall(nonce, gasLimit, to, value, data),
      accessList: readAccessList(accessList),
      ...readGasPrice(gasPrice),
    } as const
    return { fields, ...readTypedSignature(signature), unsigned: items.slice(0, 8) }
  },
  2: (item) => {
    const items = asTuple(item, 12, 'transaction')
    const [chainId, nonce, tip, cap, gasLimit, to, value, data, accessList, ...signature] = items
    const fields = {
      type: 2,
      chainId: asUint(chainId, 'chainId'),
      ...readCall(nonce, gasLimit, to, value, data),
      accessList: readAccessList(accessList),
      maxFeePerGas: asBigUint(cap, 'maxFeePerGas'),
      maxPriorityFeePerGas: asBigUint(tip, 'maxPriorityFeePerGas'),
    } as const
    return { fields, ...readTypedSignature(signature), unsigned: items.slice(0, 9) }
  },
}

type Field = RlpItem | undefined

function readCall(nonce: Field, gasLimit: Field, to: Field, value: Field, data: Field) {
  return {
    nonce: asUint(nonce, 'nonce'),
    gasLimit: asUint(gasLimit, 'gasLimit'),
    to: readRecipient(to),
    value: asBigUint(value, 'value'),
    data: asBytes(data, 'data'),
  }
}

function readRecipient(item: Field): Address | null {
  return asBytes(item, 'to').length === 0 ? null : addressFromBytes(asFixedBytes(item, 20, 'to'))
}

function readGasPrice(item: Field) {
  const gasPrice = asBigUint(item, 'gasPrice')
  return { maxFeePerGas: gasPrice, maxPriorityFeePerGas: gasPrice }
}

function readAccessList(item: Field): AccessListEntry[] {
  return asList(item, 'accessList').map((entry) => {
    const [address, storageKeys] = asTuple(entry, 2, 'accessList entry')
    return {
      address: addressFromBytes(asFixedBytes(address, 20, 'accessList address')),
      storageKeys: asList(storageKeys, 'accessList storage keys').map((key) =>
        hashFromBytes(asFixedBytes(key, 32, 'accessList storage key')),
      ),
    }
  })
}

/** EIP-155: v = 35 + 2·chainId + yParity; 27 and 28 are from before it. */
function readLegacyV(item: Field): { chainId: number; yParity: 0 | 1; replayProtected: boolean } {
  const v = asBigUint(item, 'v', 64)
  if (v === 27n || v === 28n) return { chainId: 0, yParity: v === 27n ? 0 : 1, replayProtected: false }
  if (v < 35n) throw new DecodeError(`v: ${v} names neither a chain nor a parity`)
  const chainId = (v - 35n) >> 1n
  if (chainId > Number.MAX_SAFE_INTEGER) throw new DecodeError('v: chain id above 2^53 - 1')
  return { chainId: Number(chainId), yParity: (v & 1n) === 1n ? 0 : 1, replayProtected: true }
}

function readTypedSignature([yParity, r, s]: readonly RlpItem[]) {
  const parity: 0 | 1 = asFlag(yParity, 'yParity') ? 1 : 0
  return { yParity: parity, replayProtected: true, signature: readSignature(r, s) }
}

function readSignature(r: Field, s: Field): Uint8Array {
  const signature = new Uint8Array(2 * SCALAR_BYTES)
  for (const [index, item] of [r, s].entries()) {
    const scalar = asBytes(item, 'signature', SCALAR_BYTES)
    if (scalar[0] === 0) throw new DecodeError('signature: an integer with leading zeros')
    signature.set(scalar, (index + 1) * SCALAR_BYTES - scalar.length)
  }
  return signature
}

function withoutLeadingZeros(bytes: Uint8Array): Uint8Array {
  const start = bytes.findIndex((byte) => byte !== 0)
  return start < 0 ? EMPTY_BYTES : bytes.subarray(start)
}
