/**
 * Writing of values by ABI type (Solidity ABI specification, "Formal Specification of the
 * Encoding"). A value that does not fit its type is our mistake: an InvariantViolation.
 */
import { bigIntToFixedBytes, fromHex, type Hex, isHex, utf8 } from '../../base/bytes.ts'
import { invariant } from '../../base/invariant.ts'
import { type AbiType, sumOfHeads, WORD_LENGTH } from './abi-type.ts'

const ADDRESS_LENGTH = 20

/** Pieces of the encoding in order, joined once at the end. */
interface Pieces {
  readonly list: Uint8Array[]
  length: number
}

export function encodeSequence(types: readonly AbiType[], values: readonly unknown[]): Uint8Array {
  const pieces = piecesOfSequence(types, values)
  const bytes = new Uint8Array(pieces.length)
  let offset = 0
  for (const piece of pieces.list) {
    bytes.set(piece, offset)
    offset += piece.length
  }
  return bytes
}

/** Heads, then tails; an offset counts from the beginning of the heads. */
function piecesOfSequence(types: readonly AbiType[], values: readonly unknown[]): Pieces {
  invariant(types.length === values.length, `ABI: ${types.length} types for ${values.length} values`)
  const headLength = sumOfHeads(types)
  const heads: Pieces = { list: [], length: 0 }
  const tails: Pieces = { list: [], length: 0 }
  for (const [index, type] of types.entries()) {
    const pieces = piecesOf(type, values[index])
    if (type.isDynamic) {
      append(heads, single(word(BigInt(headLength + tails.length))))
      append(tails, pieces)
    } else {
      append(heads, pieces)
    }
  }
  append(heads, tails)
  return heads
}

function piecesOf(type: AbiType, value: unknown): Pieces {
  switch (type.kind) {
    case 'uint':
      return single(word(integerOf(value, 0n, (1n << BigInt(type.bits)) - 1n)))
    case 'int': {
      const half = 1n << BigInt(type.bits - 1)
      return single(word(BigInt.asUintN(256, integerOf(value, -half, half - 1n))))
    }
    case 'bool':
      invariant(typeof value === 'boolean', 'ABI: not a boolean')
      return single(word(value ? 1n : 0n))
    case 'address':
      return single(leftPadded(bytesOf(value, ADDRESS_LENGTH)))
    case 'fixedBytes':
      return single(rightPadded(bytesOf(value, type.length)))
    case 'bytes':
      return lengthPrefixed(bytesOf(value))
    case 'string':
      invariant(typeof value === 'string', 'ABI: not a string')
      return lengthPrefixed(utf8(value))
    case 'array':
      return piecesOfArray(type.element, type.length, value)
    case 'tuple':
      return piecesOfSequence(type.members, membersOf(type.names, value))
  }
}

function piecesOfArray(element: AbiType, length: number | undefined, value: unknown): Pieces {
  invariant(Array.isArray(value), 'ABI: not an array')
  invariant(length === undefined || length === value.length, `ABI: ${value.length} elements, expected ${length}`)
  const elements = piecesOfSequence(new Array<AbiType>(value.length).fill(element), value)
  if (length !== undefined) return elements
  const pieces = single(word(BigInt(value.length)))
  append(pieces, elements)
  return pieces
}

function membersOf(names: readonly string[] | undefined, value: unknown): readonly unknown[] {
  invariant(typeof value === 'object' && value !== null, 'ABI: not a tuple')
  if (Array.isArray(value)) return value
  invariant(names !== undefined, 'ABI: a tuple with unnamed members is an array')
  const members = value as Readonly<Record<string, unknown>>
  return names.map((name) => members[name])
}

function integerOf(value: unknown, min: bigint, max: bigint): bigint {
  invariant(typeof value === 'bigint' || Number.isSafeInteger(value), 'ABI: not an integer')
  const integer = BigInt(value as bigint | number)
  invariant(integer >= min && integer <= max, `ABI: ${integer} does not fit its type`)
  return integer
}

function bytesOf(value: unknown, length?: number): Uint8Array {
  invariant(typeof value === 'string' && isHex(value), 'ABI: not a hexadecimal byte string')
  const bytes = fromHex(value satisfies Hex)
  invariant(length === undefined || bytes.length === length, `ABI: ${bytes.length} bytes, expected ${length}`)
  return bytes
}

function lengthPrefixed(bytes: Uint8Array): Pieces {
  const pieces = single(word(BigInt(bytes.length)))
  append(pieces, single(rightPadded(bytes)))
  return pieces
}

function word(value: bigint): Uint8Array {
  return bigIntToFixedBytes(value, WORD_LENGTH)
}

function leftPadded(bytes: Uint8Array): Uint8Array {
  const padded = new Uint8Array(WORD_LENGTH)
  padded.set(bytes, WORD_LENGTH - bytes.length)
  return padded
}

function rightPadded(bytes: Uint8Array): Uint8Array {
  const padded = new Uint8Array(Math.ceil(bytes.length / WORD_LENGTH) * WORD_LENGTH)
  padded.set(bytes)
  return padded
}

function single(piece: Uint8Array): Pieces {
  return { list: [piece], length: piece.length }
}

function append(to: Pieces, pieces: Pieces): void {
  for (const piece of pieces.list) to.list.push(piece)
  to.length += pieces.length
}
