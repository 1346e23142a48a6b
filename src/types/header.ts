/**
 * The block header: Ethereum's sixteen London fields (EIP-1559), the consensus fields inside
 * extraData (docs/ledger.md, "The header"). blockHash = keccak256(rlp(header)).
 */

import { bigIntToBytes, bytesEqual, EMPTY_BYTES, fromHex } from '../base/bytes.ts'
import { DecodeError } from '../codec/decode-error.ts'
import { asBigUint, asBytes, asFixedBytes, asTuple, asUint, uintBytes } from '../codec/fields.ts'
import { decodeRlp, encodeRlp, type RlpItem } from '../codec/rlp.ts'
import {
  type Address,
  addressFromBytes,
  type Epoch,
  type Hash,
  type Height,
  hashFromBytes,
  idBytes,
  type View,
} from './ids.ts'

const EXTRA_DATA_VERSION = 1
/** keccak256(rlp([])): Tertia has no ommers. */
export const EMPTY_OMMERS_HASH = '0x1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347' as Hash

export interface ConsensusFields {
  readonly epoch: Epoch
  readonly view: View
  readonly justifyView: View
  /** keccak256 of the exact bytes of `justify`. */
  readonly justifyDigest: Hash
  /** keccak256 of the exact bytes of `tc`; null on the happy path. */
  readonly tcDigest: Hash | null
  readonly validatorsHash: Hash
  readonly nextValidatorsHash: Hash
  /** Last block of its epoch. */
  readonly end: boolean
  /** Behind the last block of an epoch, only to carry its commit; never part of the ledger. */
  readonly suffix: boolean
  /** Milliseconds since the Unix epoch, strictly increasing along the chain. */
  readonly timeMs: number
}

export interface Header {
  readonly parentHash: Hash
  /** The proposer. */
  readonly miner: Address
  /** Post-state of this block. */
  readonly stateRoot: Hash
  readonly transactionsRoot: Hash
  readonly receiptsRoot: Hash
  /** 256 bytes. */
  readonly logsBloom: Uint8Array
  readonly height: Height
  readonly gasLimit: number
  readonly gasUsed: number
  readonly baseFeePerGas: bigint
  readonly consensus: ConsensusFields
}

const ZERO_MIX_HASH = new Uint8Array(32)
const ZERO_NONCE = new Uint8Array(8)
const END_FLAG = 1
const SUFFIX_FLAG = 2

/** Seconds, as Ethereum's clients read it. */
export function timestampOf(header: Header): number {
  return Math.floor(header.consensus.timeMs / 1000)
}

export function encodeExtraData(fields: ConsensusFields): Uint8Array {
  return encodeRlp([
    uintBytes(EXTRA_DATA_VERSION),
    uintBytes(fields.epoch),
    uintBytes(fields.view),
    uintBytes(fields.justifyView),
    idBytes(fields.justifyDigest),
    fields.tcDigest === null ? EMPTY_BYTES : idBytes(fields.tcDigest),
    idBytes(fields.validatorsHash),
    idBytes(fields.nextValidatorsHash),
    uintBytes((fields.end ? END_FLAG : 0) | (fields.suffix ? SUFFIX_FLAG : 0)),
    uintBytes(fields.timeMs),
  ])
}

export function headerItem(header: Header): RlpItem {
  return [
    idBytes(header.parentHash),
    fromHex(EMPTY_OMMERS_HASH),
    idBytes(header.miner),
    idBytes(header.stateRoot),
    idBytes(header.transactionsRoot),
    idBytes(header.receiptsRoot),
    header.logsBloom,
    EMPTY_BYTES,
    uintBytes(header.height),
    uintBytes(header.gasLimit),
    uintBytes(header.gasUsed),
    uintBytes(timestampOf(header)),
    encodeExtraData(header.consensus),
    ZERO_MIX_HASH,
    ZERO_NONCE,
    bigIntToBytes(header.baseFeePerGas),
  ]
}

export function encodeHeader(header: Header): Uint8Array {
  return encodeRlp(headerItem(header))
}

export function readHeader(item: RlpItem | undefined): Header {
  const fields = asTuple(item, 16, 'header')
  expectConstant(fields[1], fromHex(EMPTY_OMMERS_HASH), 'header.ommersHash')
  expectConstant(fields[7], EMPTY_BYTES, 'header.difficulty')
  expectConstant(fields[13], ZERO_MIX_HASH, 'header.mixHash')
  expectConstant(fields[14], ZERO_NONCE, 'header.nonce')
  const header: Header = {
    parentHash: hashFromBytes(asFixedBytes(fields[0], 32, 'header.parentHash')),
    miner: addressFromBytes(asFixedBytes(fields[2], 20, 'header.miner')),
    stateRoot: hashFromBytes(asFixedBytes(fields[3], 32, 'header.stateRoot')),
    transactionsRoot: hashFromBytes(asFixedBytes(fields[4], 32, 'header.transactionsRoot')),
    receiptsRoot: hashFromBytes(asFixedBytes(fields[5], 32, 'header.receiptsRoot')),
    logsBloom: asFixedBytes(fields[6], 256, 'header.logsBloom'),
    height: asUint(fields[8], 'header.number'),
    gasLimit: asUint(fields[9], 'header.gasLimit'),
    gasUsed: asUint(fields[10], 'header.gasUsed'),
    baseFeePerGas: asBigUint(fields[15], 'header.baseFeePerGas'),
    consensus: readExtraData(asBytes(fields[12], 'header.extraData', 512)),
  }
  if (asUint(fields[11], 'header.timestamp') !== timestampOf(header))
    throw new DecodeError('header.timestamp differs from the millisecond time')
  return header
}

function readExtraData(bytes: Uint8Array): ConsensusFields {
  const fields = asTuple(decodeRlp(bytes), 10, 'extraData')
  if (asUint(fields[0], 'extraData.version') !== EXTRA_DATA_VERSION)
    throw new DecodeError('extraData.version is unknown')
  const flags = asUint(fields[8], 'extraData.flags')
  if (flags > (END_FLAG | SUFFIX_FLAG)) throw new DecodeError('extraData.flags has an unknown flag')
  const tcDigest = asBytes(fields[5], 'extraData.tcDigest', 32)
  return {
    epoch: asUint(fields[1], 'extraData.epoch'),
    view: asUint(fields[2], 'extraData.view'),
    justifyView: asUint(fields[3], 'extraData.justifyView'),
    justifyDigest: hashFromBytes(asFixedBytes(fields[4], 32, 'extraData.justifyDigest')),
    tcDigest: tcDigest.length === 0 ? null : hashFromBytes(asFixedBytes(tcDigest, 32, 'extraData.tcDigest')),
    validatorsHash: hashFromBytes(asFixedBytes(fields[6], 32, 'extraData.validatorsHash')),
    nextValidatorsHash: hashFromBytes(asFixedBytes(fields[7], 32, 'extraData.nextValidatorsHash')),
    end: (flags & END_FLAG) !== 0,
    suffix: (flags & SUFFIX_FLAG) !== 0,
    timeMs: asUint(fields[9], 'extraData.timeMs'),
  }
}

function expectConstant(item: RlpItem | undefined, expected: Uint8Array, what: string): void {
  if (!bytesEqual(asBytes(item, what), expected)) throw new DecodeError(`${what} is not the constant it must be`)
}
