/** The tip that a key-value store was left at: written with every atomic batch, checked at every start. */
import { asFixedBytes, asTuple, asUint, uintBytes } from '../codec/fields.ts'
import { decodeRlp, encodeRlp } from '../codec/rlp.ts'
import { type Hash, type Height, hashFromBytes, idBytes } from '../types/ids.ts'
import { META } from './keyspaces.ts'

export const SENTINEL = META.key('sentinel')
/** Of the keyspaces and their values; a store of another schema has to be made anew from the journal. */
export const STORE_SCHEMA = 2

export interface Sentinel {
  readonly schema: number
  readonly genesisHash: Hash
  readonly height: Height
  readonly blockHash: Hash
}

export function sentinelValue(genesisHash: Hash, height: Height, blockHash: Hash): Uint8Array {
  return encodeRlp([uintBytes(STORE_SCHEMA), idBytes(genesisHash), uintBytes(height), idBytes(blockHash)])
}

export function decodeSentinel(bytes: Uint8Array): Sentinel {
  const [schema, genesisHash, height, blockHash] = asTuple(decodeRlp(bytes), 4, 'sentinel')
  return {
    schema: asUint(schema, 'sentinel.schema'),
    genesisHash: hashFromBytes(asFixedBytes(genesisHash, 32, 'sentinel.genesisHash')),
    height: asUint(height, 'sentinel.height'),
    blockHash: hashFromBytes(asFixedBytes(blockHash, 32, 'sentinel.blockHash')),
  }
}
