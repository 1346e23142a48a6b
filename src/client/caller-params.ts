/** What the caller asks with: if it is not as it should be that is the caller's fault, and no server's. */
import { InvalidParamsRpcError } from 'viem'
import { type Address, type Hash, parseHash } from '../types/ids.ts'
import { type Json, readAddress, readBytes, readHash } from './read-json.ts'
import type { BlockId } from './verified-reader.ts'

const HASH_LENGTH = 66
const QUANTITY = /^0x(?:0|[1-9a-fA-F][0-9a-fA-F]{0,13})$/
const TAGS = new Set<unknown>(['latest', 'safe', 'finalized', 'pending'])

/** @throws InvalidParamsRpcError, code -32602, as all below. */
function ofCaller<T>(value: unknown, what: string, read: (value: unknown, what: string) => T): T {
  try {
    return read(value, what)
  } catch {
    throw invalidParam(value, what)
  }
}

function invalidParam(value: unknown, what: string): InvalidParamsRpcError {
  return new InvalidParamsRpcError(new Error(`invalid ${what}: ${String(value)}`))
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
  if (!isGiven(value)) return 'latest'
  if (typeof value !== 'object') return namedBlock(value)
  const { blockHash, blockNumber } = value as Json
  if (isGiven(blockHash) === isGiven(blockNumber)) throw invalidParam(value, 'block: want its hash or its number')
  return isGiven(blockHash) ? hashParam(blockHash, 'block hash') : namedBlock(blockNumber)
}

/** Whether a block parameter means the newest block. */
export function isNewest(value: unknown): boolean {
  return !isGiven(value) || TAGS.has(tagIn(value))
}

export function isPending(value: unknown): boolean {
  return tagIn(value) === 'pending'
}

/** By itself, or in an object (EIP-1898). */
function tagIn(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  const { blockHash, blockNumber } = value as Json
  return isGiven(blockHash) ? undefined : blockNumber
}

function namedBlock(value: unknown): BlockId {
  if (value === 'earliest') return 0
  if (TAGS.has(value)) return 'latest'
  const text = typeof value === 'string' ? value : ''
  const hash = text.length === HASH_LENGTH ? parseHash(text) : undefined
  if (hash !== undefined) return hash
  const height = QUANTITY.test(text) ? Number(text) : Number.NaN
  if (Number.isSafeInteger(height)) return height
  throw invalidParam(value, 'block number')
}

/** Null is as good as absent. */
function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null
}
