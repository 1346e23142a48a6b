/** What the caller asks with: if it is not as it should be that is the caller's fault, and no server's. */
import { InvalidParamsRpcError } from 'viem'
import { type Address, type Hash, parseHash } from '../types/ids.ts'
import { type Json, readAddress, readBytes, readHash, readNatural } from './read-json.ts'
import type { BlockId } from './verified-reader.ts'

const HASH_LENGTH = 66
const TAGS = new Set<unknown>(['latest', 'safe', 'finalized', 'pending'])

/** @throws InvalidParamsRpcError, code -32602, as all below. */
function ofCaller<T>(value: unknown, what: string, read: (value: unknown, what: string) => T): T {
  try {
    return read(value, what)
  } catch {
    throw new InvalidParamsRpcError(new Error(`invalid ${what}: ${String(value)}`))
  }
}

export function addressParam(value: unknown): Address {
  return ofCaller(value, 'address', readAddress)
}

export function hashParam(value: unknown, what: string): Hash {
  return ofCaller(value, what, readHash)
}

/** A storage slot of up to 32 bytes, filled up with zeros on the left. */
export function slotParam(value: unknown): Hash {
  const digits = typeof value === 'string' ? value.replace(/^0x/, '') : ''
  return hashParam(`0x${digits.padStart(64, '0')}`, 'storage slot')
}

export function envelopeParam(value: unknown): Uint8Array {
  return ofCaller(value, 'transaction', readBytes)
}

/** Reads at pending are reads at latest, and all that is latest is final. */
export function blockParam(value: unknown): BlockId {
  if (value === undefined || value === null) return 'latest'
  if (typeof value === 'object') {
    const { blockHash, blockNumber } = value as Json
    return blockHash === undefined ? blockParam(blockNumber) : hashParam(blockHash, 'block hash')
  }
  if (value === 'earliest') return 0
  if (TAGS.has(value)) return 'latest'
  const hash = typeof value === 'string' && value.length === HASH_LENGTH ? parseHash(value) : undefined
  return hash ?? ofCaller(value, 'block number', readNatural)
}
