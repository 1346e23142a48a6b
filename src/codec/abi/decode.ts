/**
 * Strict reading of values by ABI type. The specification leaves a reader free to follow any
 * offset; here every tail has to lie exactly where the encoder puts it, padding is zero and
 * nothing follows. So encoding again gives the input, each byte is read once, and overlapping
 * offsets cannot blow a short input up into a long value.
 */
import { bytesToBigInt, toHex } from '../../base/bytes.ts'
import { DecodeError } from '../decode-error.ts'
import { type AbiType, WORD_LENGTH } from './abi-type.ts'

const ADDRESS_LENGTH = 20
/** Up to here an integer is a number, above it a bigint: the convention of abitype. */
const NUMBER_BITS_MAX = 48

// Keeps a byte order mark, which encoding again has to give back.
const utf8Decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

export function decodeSequence(types: readonly AbiType[], bytes: Uint8Array): unknown[] {
  const reader = new Reader(bytes)
  const values = reader.readSequence(types)
  reader.finish()
  return values
}

class Reader {
  readonly #bytes: Uint8Array
  #offset = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  finish(): void {
    const rest = this.#bytes.length - this.#offset
    if (rest !== 0) throw new DecodeError(`ABI: ${rest} bytes after the last value`)
  }

  /** Heads first; then the tails, in order and without gaps. */
  readSequence(types: readonly AbiType[]): unknown[] {
    const start = this.#offset
    const offsets: (number | undefined)[] = []
    const values = types.map((type, index) => {
      offsets[index] = type.isDynamic ? this.#readCount() : undefined
      return type.isDynamic ? undefined : this.#readValue(type)
    })
    for (const [index, type] of types.entries()) {
      if (!type.isDynamic) continue
      if (offsets[index] !== this.#offset - start) throw new DecodeError('ABI: an offset that no encoder writes')
      values[index] = this.#readValue(type)
    }
    return values
  }

  #readValue(type: AbiType): unknown {
    switch (type.kind) {
      case 'uint':
        return this.#readUint(type.bits)
      case 'int':
        return this.#readInt(type.bits)
      case 'bool':
        return this.#readUint(1) === 1
      case 'address':
        requireZeros(this.#take(WORD_LENGTH - ADDRESS_LENGTH))
        return toHex(this.#take(ADDRESS_LENGTH))
      case 'fixedBytes':
        return toHex(this.#takePadded(type.length))
      case 'bytes':
        return toHex(this.#takePadded(this.#readCount()))
      case 'string':
        return decodeText(this.#takePadded(this.#readCount()))
      case 'array':
        return this.readSequence(new Array<AbiType>(type.length ?? this.#readCount()).fill(type.element))
      case 'tuple': {
        const members = this.readSequence(type.members)
        return type.names === undefined
          ? members
          : Object.fromEntries(type.names.map((name, index) => [name, members[index]]))
      }
    }
  }

  #readUint(bits: number): number | bigint {
    const value = bytesToBigInt(this.#take(WORD_LENGTH))
    if (value >> BigInt(bits) !== 0n) throw new DecodeError(`ABI: an integer above ${bits} bits`)
    return bits <= NUMBER_BITS_MAX ? Number(value) : value
  }

  #readInt(bits: number): number | bigint {
    const value = BigInt.asIntN(256, bytesToBigInt(this.#take(WORD_LENGTH)))
    if (BigInt.asIntN(bits, value) !== value) throw new DecodeError(`ABI: an integer above ${bits} bits`)
    return bits <= NUMBER_BITS_MAX ? Number(value) : value
  }

  /** An offset or a length. BOUND: at most the bytes of the input, and so is every array made. */
  #readCount(): number {
    const value = bytesToBigInt(this.#take(WORD_LENGTH))
    if (value > BigInt(this.#bytes.length)) throw new DecodeError('ABI: an offset or length beyond the end')
    return Number(value)
  }

  /** `length` bytes and the zeros that fill the last word. */
  #takePadded(length: number): Uint8Array {
    const bytes = this.#take(length)
    requireZeros(this.#take((WORD_LENGTH - (length % WORD_LENGTH)) % WORD_LENGTH))
    return bytes
  }

  #take(length: number): Uint8Array {
    if (length > this.#bytes.length - this.#offset) throw new DecodeError('ABI: a value is missing')
    this.#offset += length
    return this.#bytes.subarray(this.#offset - length, this.#offset)
  }
}

function requireZeros(padding: Uint8Array): void {
  if (padding.some((byte) => byte !== 0)) throw new DecodeError('ABI: padding that is not zero')
}

function decodeText(bytes: Uint8Array): string {
  try {
    return utf8Decoder.decode(bytes)
  } catch {
    throw new DecodeError('ABI: a string that is not UTF-8')
  }
}
